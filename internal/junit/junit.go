// Package junit writes results as JUnit XML, the form in which CI shows tests: a
// testsuite for each group of things tried and a testcase for each of them. What
// a testcase means is its caller's; the counts follow from the cases.
//
// Start from [Report].
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// Report is a document.
type Report struct {
	Name   string
	Suites []Suite
}

// Suite is a group of cases. Took is 0 for the sum of its cases'.
type Suite struct {
	Name  string
	Took  time.Duration
	Cases []Case
}

// Case is one thing that was tried. At most one of Failure, Error and Skipped is
// set; none of them is a pass.
type Case struct {
	Name      string
	Classname string
	File      string // "" is none
	Took      time.Duration
	Failure   *Problem // it does not do what it should
	Error     *Problem // it could not be tried
	Skipped   *Problem
}

// Problem is why a case did not pass.
type Problem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

type document struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	counts
	Suites []suite `xml:"testsuite"`
}

type suite struct {
	Name string `xml:"name,attr"`
	counts
	Cases []testcase `xml:"testcase"`
}

type counts struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"` // seconds
}

type testcase struct {
	Name      string   `xml:"name,attr"`
	Classname string   `xml:"classname,attr"`
	File      string   `xml:"file,attr,omitempty"`
	Time      string   `xml:"time,attr"`
	Failure   *Problem `xml:"failure,omitempty"`
	Error     *Problem `xml:"error,omitempty"`
	Skipped   *Problem `xml:"skipped,omitempty"`
}

// Write writes the report.
func (r Report) Write(w io.Writer) error {
	doc := document{Name: r.Name}
	var total time.Duration
	for _, s := range r.Suites {
		out, took := s.form()
		total += took
		doc.Tests += out.Tests
		doc.Failures += out.Failures
		doc.Errors += out.Errors
		doc.Skipped += out.Skipped
		doc.Suites = append(doc.Suites, out)
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

func (s Suite) form() (suite, time.Duration) {
	out := suite{Name: s.Name}
	var sum time.Duration
	for _, c := range s.Cases {
		sum += c.Took
		out.Tests++
		switch {
		case c.Failure != nil:
			out.Failures++
		case c.Error != nil:
			out.Errors++
		case c.Skipped != nil:
			out.Skipped++
		}
		out.Cases = append(out.Cases, testcase{Name: c.Name, Classname: c.Classname, File: c.File, Time: seconds(c.Took),
			Failure: c.Failure, Error: c.Error, Skipped: c.Skipped})
	}
	if s.Took > 0 {
		sum = s.Took
	}
	out.Time = seconds(sum)
	return out, sum
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
