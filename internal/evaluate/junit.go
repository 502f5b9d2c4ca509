package evaluate

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"` // seconds
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
	ms       float64
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Classname string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as JUnit XML: a testsuite for each suite, a testcase
// for each case, which fails when any repeat did.
func (r Report) JUnit(w io.Writer) error {
	doc := junitSuites{Name: r.Agent}
	var total float64
	index := map[string]int{}
	for _, c := range r.Cases {
		i, ok := index[c.Suite]
		if !ok {
			i = len(doc.Suites)
			index[c.Suite] = i
			doc.Suites = append(doc.Suites, junitSuite{Name: c.Suite})
		}
		s := &doc.Suites[i]
		tc, ms := r.junitCase(c)
		s.Cases, s.ms, total = append(s.Cases, tc), s.ms+ms, total+ms
		s.Tests++
		doc.Tests++
		if tc.Failure != nil {
			s.Failures++
			doc.Failures++
		}
	}
	for i := range doc.Suites {
		doc.Suites[i].Time = seconds(doc.Suites[i].ms)
	}
	doc.Time = seconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r Report) junitCase(c CaseReport) (junitCase, float64) {
	tc := junitCase{Name: c.Name, Classname: r.Agent + "." + c.Suite}
	var ms float64
	var text []string
	kind := ""
	for i, run := range c.Runs {
		ms += run.LatencyMs
		if run.Passed {
			continue
		}
		text = append(text, fmt.Sprintf("repeat %d: %s", i+1, run.Message))
		if kind == "" {
			kind = string(run.Outcome)
		}
	}
	tc.Time = seconds(ms)
	if len(text) > 0 {
		tc.Failure = &junitFailure{
			Message: fmt.Sprintf("%d of %d repeats passed", c.Passes, len(c.Runs)),
			Type:    kind,
			Text:    strings.Join(text, "\n"),
		}
	}
	return tc, ms
}

func seconds(ms float64) string { return fmt.Sprintf("%.3f", ms/1000) }
