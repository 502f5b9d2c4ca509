package evaluate

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/junit"
)

// JUnit writes the report as JUnit XML: a testsuite for each suite, a testcase
// for each case, which fails when any repeat did.
func (r Report) JUnit(w io.Writer) error {
	doc := junit.Report{Name: r.Agent}
	index := map[string]int{}
	for _, c := range r.Cases {
		i, ok := index[c.Suite]
		if !ok {
			i = len(doc.Suites)
			index[c.Suite] = i
			doc.Suites = append(doc.Suites, junit.Suite{Name: c.Suite})
		}
		doc.Suites[i].Cases = append(doc.Suites[i].Cases, r.junitCase(c))
	}
	return doc.Write(w)
}

func (r Report) junitCase(c CaseReport) junit.Case {
	out := junit.Case{Name: c.Name, Classname: r.Agent + "." + c.Suite}
	var text []string
	kind := ""
	for i, run := range c.Runs {
		out.Took += time.Duration(run.LatencyMs * float64(time.Millisecond))
		if run.Passed {
			continue
		}
		text = append(text, fmt.Sprintf("repeat %d: %s", i+1, run.Message))
		if kind == "" {
			kind = string(run.Outcome)
		}
	}
	if len(text) > 0 {
		out.Failure = &junit.Problem{
			Message: fmt.Sprintf("%d of %d repeats passed", c.Passes, len(c.Runs)),
			Type:    kind,
			Text:    strings.Join(text, "\n"),
		}
	}
	return out
}
