package ci

import (
	"bytes"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/junit"
)

// JUnit is the result as JUnit XML: a testsuite for each step of each blueprint
// and a testcase for each thing that the step tried. What was blocked is a failure,
// what could not be tried an error, what waits for people is skipped.
func (r Result) JUnit() ([]byte, error) {
	doc := junit.Report{Name: "aureus"}
	for _, a := range r.Agents {
		for _, s := range a.Steps {
			doc.Suites = append(doc.Suites, a.junit(s))
		}
	}
	var b bytes.Buffer
	if err := doc.Write(&b); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the result could not be written as JUnit")
	}
	return b.Bytes(), nil
}

func (a Agent) junit(s Step) junit.Suite {
	name := a.Agent
	if name == "" {
		name = a.File
	}
	suite := junit.Suite{Name: name + "." + s.Name, Took: time.Duration(s.Ms) * time.Millisecond}
	for _, c := range s.tried() {
		suite.Cases = append(suite.Cases, c.junit(suite.Name, a.File))
	}
	return suite
}

func (c Case) junit(suite, file string) junit.Case {
	out := junit.Case{Name: c.Name, Classname: suite, File: file, Took: time.Duration(c.Ms * float64(time.Millisecond))}
	why := &junit.Problem{Message: c.Message}
	switch c.Verdict {
	case Block:
		out.Failure = why
	case Fail:
		out.Error = why
	case Skip, Wait:
		out.Skipped = why
	}
	return out
}

// tried are the step's cases. A step without any is one itself, and so is one
// that does not pass though its cases do: that has to be seen.
func (s Step) tried() []Case {
	var vs []Verdict
	for _, c := range s.Cases {
		vs = append(vs, c.Verdict)
	}
	if len(vs) > 0 && Worst(append(vs, s.Verdict)...) == Worst(vs...) {
		return s.Cases
	}
	return append(s.Cases[:len(s.Cases):len(s.Cases)], Case{Name: s.Name, Verdict: s.Verdict, Message: s.Message, Ms: float64(s.Ms)})
}
