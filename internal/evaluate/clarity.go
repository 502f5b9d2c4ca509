package evaluate

import (
	"fmt"
	"math"
)

// clarity follows the cases in their order and says when the answer is clear. Its
// looks cost no error: the bounds hold at every moment together (sequential.go).
type clarity struct {
	pairs    pairs
	margin   float64
	compares bool
	failed   int // cases of the candidate that did not pass
	may      int // how many may fail before passRate is out of reach
}

func newClarity(e *evaluation) clarity {
	need := *e.bp.Spec.Evaluation.Resolved().PassRate
	n := len(e.cases)
	c := clarity{compares: len(e.arms) > 1, may: n - int(math.Ceil(need*float64(n)-1e-9))}
	if c.compares && e.StopEarly {
		c.margin = marginOf(e.Margin, n, true)
	}
	return c
}

// after looks at one more whole case; "" is not clear yet.
func (c *clarity) after(e *evaluation, at int) string {
	now := caseRuns(e.arms[0].runs[at]).whole()
	c.pairs.n++
	if !now {
		c.failed++
	}
	if c.compares {
		switch was := caseRuns(e.arms[1].runs[at]).whole(); {
		case now && !was:
			c.pairs.fixed++
		case was && !now:
			c.pairs.broken++
		}
	}
	if c.failed > c.may {
		return fmt.Sprintf("Stopped after %d of %d cases: so many failed that the pass rate is out of reach.", c.pairs.n, len(e.cases))
	}
	if !c.compares {
		return ""
	}
	if _, noWorse, worse := c.pairs.clear(c.margin, confidence); noWorse || worse {
		return fmt.Sprintf("Stopped after %d of %d cases: the comparison is clear.", c.pairs.n, len(e.cases))
	}
	return ""
}
