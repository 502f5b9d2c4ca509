package canary

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// beforeDrawsWere is a canary as builds kept it that kept no draws: the harm of its
// outcomes, and promoting values that nothing in its record leads to.
func beforeDrawsWere(p resource.CanaryPlan, failures int, verdict string) (resource.CanaryState, []resource.CanaryOutcome) {
	s := Start(p)
	var outcomes []resource.CanaryOutcome
	for i := range 200 {
		o := resource.CanaryOutcome{Seq: int64(i + 1), Run: fmt.Sprint("r", i), Session: fmt.Sprint("s", i), Canary: i%5 == 0, Weight: 20}
		o.Failed = o.Canary && i/5 < failures
		seen, _ := See(s, nil, o)
		s = Observe(p, s, o.Canary, o.Failed, o.Weight, seen)
		o = Mark(o, s)
		o.ESafe, o.EAbs = 1.5, float64(i)
		outcomes = append(outcomes, o)
	}
	s.Outcomes, s.Settled, s.Open = 0, 0, nil
	s.LogSafe[0], s.LogAbs[0], s.ESafe, s.EAbs = 0.5, 4, 1.5, 199
	s.Verdict = verdict
	return s, outcomes
}

// TestVerifyBeforeDraws: of a canary from before draws were kept the harm is
// recomputed; it is no forgery, and its promotion is not said to follow.
func TestVerifyBeforeDraws(t *testing.T) {
	p := Plan(blueprint.Canary{})
	for _, tt := range []struct {
		name     string
		failures int
		verdict  string
		change   func(*resource.CanaryState, []resource.CanaryOutcome)
		problem  string
		open     bool // something of it cannot be recomputed
	}{
		{"promoted", 0, Promote, nil, "", true},
		{"continues", 0, Continue, nil, "", true},
		{"rolled back", 30, Rollback, nil, "", false},
		{"harm is hidden", 30, Promote, nil, `the outcomes lead to "rollback"`, true},
		{"harm is made up", 0, Rollback, nil, `"rollback" is recorded`, false},
		{"a value of harm", 3, Promote, func(_ *resource.CanaryState, o []resource.CanaryOutcome) { o[9].EHarm++ }, "after outcome 10", true},
		{"a count", 3, Promote, func(s *resource.CanaryState, _ []resource.CanaryOutcome) { s.Canary.Failures-- }, "the recorded state is not", true},
		{"an outcome less", 3, Promote, func(_ *resource.CanaryState, o []resource.CanaryOutcome) { o[4].Seq = 6 }, "is missing or there twice", true},
		{"of today, its draws dropped", 0, Promote, func(s *resource.CanaryState, _ []resource.CanaryOutcome) { s.Outcomes = 200 }, "the values recorded after outcome", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, outcomes := beforeDrawsWere(p, tt.failures, tt.verdict)
			if tt.change != nil {
				tt.change(&s, outcomes)
			}
			_, problem := Verify(p, s, nil, slices.Clone(outcomes))
			if !strings.Contains(problem, tt.problem) || (problem == "") != (tt.problem == "") {
				t.Errorf("Verify() = %q, want %q", problem, tt.problem)
			}
			if got := Unverified(s, nil, outcomes); (got != "") != tt.open {
				t.Errorf("Unverified() = %q, want something: %t", got, tt.open)
			}
		})
	}
}
