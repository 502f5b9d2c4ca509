package evaluate

import "fmt"

// clarity follows the cases in their order and says when the answer is clear. Its
// looks cost no error: the bounds hold at every moment together (sequential.go,
// passrate.go).
type clarity struct {
	pairs    pairs
	margin   float64
	compares bool
	rate     rateSoFar // of the candidate
}

func newClarity(e *evaluation) clarity {
	c := clarity{compares: len(e.arms) > 1, rate: rateSoFar{planned: len(e.cases), need: e.need()}}
	if c.compares && e.StopEarly {
		c.margin = marginOf(e.Margin, len(e.cases), true)
	}
	return c
}

// need is the share of cases that has to pass.
func (e *evaluation) need() float64 { return *e.bp.Spec.Evaluation.Resolved().PassRate }

// after looks at one more whole case; "" is not clear yet. What loses is clear at
// once; what passes has to be clear by itself and beside the baseline.
func (c *clarity) after(e *evaluation, at int) string {
	now := caseRuns(e.arms[0].runs[at]).whole()
	c.rate.cases++
	if now {
		c.rate.passed++
	}
	c.pairs.n++
	if c.compares {
		switch was := caseRuns(e.arms[1].runs[at]).whole(); {
		case now && !was:
			c.pairs.fixed++
		case was && !now:
			c.pairs.broken++
		}
	}
	if c.rate.outOfReach() {
		return fmt.Sprintf("Stopped after %d of %d cases: so many failed that the pass rate is out of reach.", c.pairs.n, len(e.cases))
	}
	if !c.compares {
		if c.rate.reached() {
			return fmt.Sprintf("Stopped after %d of %d cases: the pass rate is clear.", c.pairs.n, len(e.cases))
		}
		return ""
	}
	if _, noWorse, worse := c.pairs.clear(c.margin, confidence); worse || noWorse && c.rate.reached() {
		return fmt.Sprintf("Stopped after %d of %d cases: the comparison is clear.", c.pairs.n, len(e.cases))
	}
	return ""
}
