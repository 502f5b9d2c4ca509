package ci

import (
	"encoding/xml"
	"fmt"

	"github.com/aureus-agents/aureus/internal/fault"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"` // seconds
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string     `xml:"name,attr"`
	Classname string     `xml:"classname,attr"`
	File      string     `xml:"file,attr"`
	Time      string     `xml:"time,attr"`
	Failure   *junitText `xml:"failure,omitempty"`
	Error     *junitText `xml:"error,omitempty"`
	Skipped   *junitText `xml:"skipped,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
}

// JUnit is the result as JUnit XML: a testsuite for each step of each blueprint
// and a testcase for each thing that the step tried. What was blocked is a failure,
// what could not be tried an error, what waits for people is skipped.
func (r Result) JUnit() ([]byte, error) {
	doc := junitSuites{Name: "aureus"}
	for _, a := range r.Agents {
		for _, s := range a.Steps {
			suite := a.junit(s)
			doc.Tests, doc.Failures, doc.Errors = doc.Tests+suite.Tests, doc.Failures+suite.Failures, doc.Errors+suite.Errors
			doc.Suites = append(doc.Suites, suite)
		}
	}
	data, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the result could not be written as JUnit")
	}
	return append([]byte(xml.Header), append(data, '\n')...), nil
}

func (a Agent) junit(s Step) junitSuite {
	name := a.Agent
	if name == "" {
		name = a.File
	}
	suite := junitSuite{Name: name + "." + s.Name, Time: fmt.Sprintf("%.3f", float64(s.Ms)/1000)}
	for _, c := range s.tried() {
		suite.add(junitCase{Name: c.Name, Classname: suite.Name, File: a.File, Time: fmt.Sprintf("%.3f", c.Ms/1000)}, c)
	}
	return suite
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

func (s *junitSuite) add(j junitCase, c Case) {
	s.Tests++
	text := &junitText{Message: c.Message}
	switch c.Verdict {
	case Block:
		j.Failure = text
		s.Failures++
	case Fail:
		j.Error = text
		s.Errors++
	case Skip, Wait:
		j.Skipped = text
		s.Skipped++
	}
	s.Cases = append(s.Cases, j)
}
