package evaluate

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	r := Report{Agent: "echo", Baseline: "sha256:b", Repeats: 2, Message: "1 of 2 cases passed.", PassK: []float64{0.75, 0.5}, P50Ms: 10, P95Ms: 20.4, CostUSD: 0.01,
		Cases: []CaseReport{{Suite: "s", Name: "good", Passes: 2, Runs: []RunReport{{Passed: true}, {Passed: true}}},
			{Suite: "s", Name: "bad", Passes: 1, Runs: []RunReport{{Passed: true}, {Message: "first\nsecond"}}}},
		AtK: []float64{0.75, 1}, Stopped: &Stopped{Message: "Stopped after 2 of 9 cases."},
		Compare: &Comparison{BaselinePassRate: 1, CandidatePassRate: 0.75, PValue: 1, Verdict: Unclear, Message: "Not enough evidence.",
			Score: &ScoreComparison{Baseline: 1, Candidate: 0.75, Difference: -0.25, Low: -0.5},
			Flips: []Flip{{Case: "s/bad", Baseline: 2, Candidate: 1, Graders: []string{"tone"}, Call: "call 1: before a, now b", Why: "tone: rude"}}}}
	want := `Evaluation of echo, 2 cases x 2 repeats: FAILED
1 of 2 cases passed.

      SUITE  CASE  PASSED
ok    s      good  2/2
FAIL  s      bad   1/2

s / bad, repeat 2
  first
  second

pass^1 0.750  pass^2 0.500  p50 10 ms  p95 20 ms  cost $0.0100
pass@1 0.750  pass@2 1.000  
Stopped after 2 of 9 cases.

Against sha256:b
Not enough evidence.
Runs passed: 100.0 % -> 75.0 %, p = 1.000
Score: 1.000 -> 0.750 (-0.250, -0.500 to +0.000)
  broken s/bad, 2 -> 1 repeats; tone; call 1: before a, now b; tone: rude
`
	var b bytes.Buffer
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("Text (-want +got)\n%s", d)
	}
}

func TestUSD(t *testing.T) {
	for x, want := range map[float64]string{0: "unpriced", 0.000001: "$0.000001", 0.5: "$0.5000"} {
		if got := USD(x); got != want {
			t.Errorf("USD(%v) = %q, want %q", x, got, want)
		}
	}
}
