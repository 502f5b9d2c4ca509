package canary

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// drawn is a canary of drawn outcomes, with what was kept of it.
func drawn(t *rapid.T, p resource.CanaryPlan) (resource.CanaryState, []resource.CanaryOutcome) {
	var runs []resource.Run
	for i := range rapid.SampledFrom([]int{0, 60}).Draw(t, "runs before") {
		runs = append(runs, resource.Run{EndedAt: 1, LatencyMs: int64(i), Stats: resource.RunStats{Cost: resource.MicroUSD(i)}})
	}
	s := Freeze(p, Start(p), runs)
	if rapid.Bool().Draw(t, "evaluation") {
		s = WithEvaluation(p, s, "sha256:e", 12, 1)
	}
	step, sessions := 0, map[string]resource.CanarySession{}
	var kept []resource.CanaryOutcome
	for i := range rapid.IntRange(0, 120).Draw(t, "n") {
		o := resource.CanaryOutcome{Seq: int64(i + 1), Run: fmt.Sprint("r", i), Session: fmt.Sprint("s", rapid.IntRange(0, 60).Draw(t, "session")),
			Step: step, Failed: rapid.IntRange(0, 9).Draw(t, "failed") == 0, Weight: p.Steps[step].Weight,
			LatencyMs: rapid.Int64Range(0, 150).Draw(t, "latency"), Cost: resource.MicroUSD(rapid.IntRange(0, 70).Draw(t, "cost")),
			Denials: rapid.IntRange(0, 1).Draw(t, "denials")}
		o.Canary = len(o.Session)%2 == 0
		var before *resource.CanarySession
		if b, ok := sessions[o.Session]; ok {
			before = &b
		}
		seen, after := See(s, before, o)
		sessions[o.Session] = after
		s = Observe(p, s, o.Canary, o.Failed, o.Weight, seen)
		kept = append(kept, Mark(o, s))
		if s.Verdict != Rollback && StepDone(p, s, step) && !LastStep(p, step) && rapid.Bool().Draw(t, "not held") {
			s, step = NextStep(s), step+1
		}
	}
	return s, kept
}

func TestRecompute(t *testing.T) {
	p := Plan(blueprint.Canary{UseEvaluation: true})
	rapid.Check(t, func(t *rapid.T) {
		s, kept := drawn(t, p)
		got, again := Replay(p, s, rapid.Permutation(kept).Draw(t, "order"))
		got.AtStep = s.AtStep // a step that was entered after the last outcome
		if diff := cmp.Diff(s, got); diff != "" {
			t.Fatalf("the recomputed state differs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(kept, again[:len(kept):len(kept)]); diff != "" && len(kept) > 0 {
			t.Fatalf("the recomputed outcomes differ (-want +got):\n%s", diff)
		}
	})
}
