package attest

import (
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// TestResultPredicate is in-toto test-result v0.1, the predicate of validation,
// simulation, evaluation and smoke. Report is ours: the digest of the full report
// that the result was made from.
type TestResultPredicate struct {
	Result        string       `json:"result"` // PASSED, WARNED or FAILED
	Configuration []Descriptor `json:"configuration"`
	URL           string       `json:"url,omitempty"`
	PassedTests   []string     `json:"passedTests,omitempty"`
	WarnedTests   []string     `json:"warnedTests,omitempty"`
	FailedTests   []string     `json:"failedTests,omitempty"`
	Report        *Descriptor  `json:"report,omitempty"`
}

// TestResult is the predicate of a test run: a verdict, what was tested with
// (suites, fixtures, rules), and the names of the tests by result. Names are
// sorted. Every verdict but pass and warn is FAILED.
func TestResult(v resource.Verdict, configuration []Descriptor, passed, warned, failed []string, report *Descriptor) TestResultPredicate {
	return TestResultPredicate{
		Result:        testResult(v),
		Configuration: append([]Descriptor{}, configuration...), // required: never null
		PassedTests:   slices.Sorted(slices.Values(passed)),
		WarnedTests:   slices.Sorted(slices.Values(warned)),
		FailedTests:   slices.Sorted(slices.Values(failed)),
		Report:        report,
	}
}

func testResult(v resource.Verdict) string {
	switch v {
	case resource.Pass:
		return "PASSED"
	case resource.Warn:
		return "WARNED"
	}
	return "FAILED"
}
