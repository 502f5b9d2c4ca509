package junit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/junit"
)

func TestWrite(t *testing.T) {
	r := junit.Report{Name: "desk", Suites: []junit.Suite{
		{Name: "smoke", Cases: []junit.Case{
			{Name: "a & b", Classname: "desk.smoke", Took: 1500 * time.Millisecond},
			{Name: "c", Classname: "desk.smoke", Failure: &junit.Problem{Message: "0 of 2", Type: "failure", Text: "<why>"}},
		}},
		{Name: "release", Took: 2 * time.Second, Cases: []junit.Case{
			{Name: "d", Classname: "release", File: "desk.yaml", Error: &junit.Problem{Message: "no answer"}},
			{Name: "e", Classname: "release", Skipped: &junit.Problem{Message: "waits"}},
		}},
	}}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="desk" tests="4" failures="1" errors="1" skipped="1" time="3.500">
  <testsuite name="smoke" tests="2" failures="1" errors="0" skipped="0" time="1.500">
    <testcase name="a &amp; b" classname="desk.smoke" time="1.500"></testcase>
    <testcase name="c" classname="desk.smoke" time="0.000">
      <failure message="0 of 2" type="failure">&lt;why&gt;</failure>
    </testcase>
  </testsuite>
  <testsuite name="release" tests="2" failures="0" errors="1" skipped="1" time="2.000">
    <testcase name="d" classname="release" file="desk.yaml" time="0.000">
      <error message="no answer"></error>
    </testcase>
    <testcase name="e" classname="release" time="0.000">
      <skipped message="waits"></skipped>
    </testcase>
  </testsuite>
</testsuites>
`
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("Write (-want +got)\n%s", d)
	}
}
