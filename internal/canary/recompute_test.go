package canary

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// history is a canary's with what was kept of it.
type history struct {
	state    resource.CanaryState
	draws    []resource.CanaryDraw
	outcomes []resource.CanaryOutcome
}

// drawn is a canary of drawn outcomes: sessions of several runs, which end in any
// order, some never, some by a stop of the server.
func drawn(t *rapid.T, p resource.CanaryPlan) (h history) {
	var before []resource.Run
	for i := range rapid.SampledFrom([]int{0, 60}).Draw(t, "runs before") {
		before = append(before, resource.Run{EndedAt: 1, LatencyMs: int64(i), Stats: resource.RunStats{Cost: resource.MicroUSD(i)}})
	}
	h.state = Freeze(p, Start(p), before)
	if rapid.Bool().Draw(t, "evaluation") {
		h.state = WithEvaluation(p, h.state, "sha256:e", 12, 1)
	}
	step, sessions, open := 0, map[string]resource.CanarySession{}, []resource.CanaryOutcome{}
	for i := range rapid.IntRange(0, 120).Draw(t, "n") {
		o := resource.CanaryOutcome{Run: fmt.Sprint("r", i), Draw: rapid.Int64Range(0, int64(len(h.draws))+1).Draw(t, "session"),
			LatencyMs: rapid.Int64Range(0, 150).Draw(t, "latency"), Cost: resource.MicroUSD(rapid.IntRange(0, 70).Draw(t, "cost")),
			Denials: rapid.IntRange(0, 1).Draw(t, "denials"), Interrupted: rapid.IntRange(0, 9).Draw(t, "interrupted") == 0}
		o.Failed = !o.Interrupted && rapid.IntRange(0, 9).Draw(t, "failed") == 0
		o.Session = fmt.Sprint("s", o.Draw)
		if o.Draw == int64(len(h.draws))+1 {
			h.draws = append(h.draws, resource.CanaryDraw{Seq: o.Draw, Run: o.Run, Canary: rapid.Bool().Draw(t, "canary"), Weight: p.Steps[step].Weight})
		}
		if o.Draw > 0 {
			o.Canary, o.Weight = h.draws[o.Draw-1].Canary, h.draws[o.Draw-1].Weight
		}
		open = append(open, o)
		for len(open) > 0 && rapid.Bool().Draw(t, "ends") {
			at := rapid.IntRange(0, len(open)-1).Draw(t, "which")
			o, open = open[at], slices.Delete(open, at, at+1)
			o.Step = step
			h.take(p, sessions, o)
			if h.state.Verdict != Rollback && StepDone(p, h.state, step) && !LastStep(p, step) && rapid.Bool().Draw(t, "not held") {
				h.state, step = NextStep(h.state), step+1
			}
		}
	}
	return h
}

func (h *history) take(p resource.CanaryPlan, sessions map[string]resource.CanarySession, o resource.CanaryOutcome) {
	var before *resource.CanarySession
	if b, ok := sessions[o.Session]; ok {
		before = &b
	}
	seen, after := See(h.state, before, o, upTo(h.draws, Known(h.state), o.Draw)...)
	if !o.Interrupted {
		sessions[o.Session] = after
	}
	h.state = Observe(p, h.state, o.Canary, o.Failed, o.Weight, seen)
	o.Seq = h.state.Outcomes
	h.outcomes = append(h.outcomes, Mark(o, h.state))
}

func TestRecompute(t *testing.T) {
	p := Plan(blueprint.Canary{UseEvaluation: true})
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t, p)
		got, problem := Verify(p, h.state, h.draws, rapid.Permutation(h.outcomes).Draw(t, "order"))
		if diff := cmp.Diff(h.state, got); diff != "" || problem != "" {
			t.Fatalf("Verify() = %q; the recomputed state differs (-want +got):\n%s", problem, diff)
		}
		if n := len(h.outcomes); n > 0 {
			changed := slices.Clone(h.outcomes)
			changed[rapid.IntRange(0, n-1).Draw(t, "at")].EAbs += 1e-9
			if _, problem := Verify(p, h.state, h.draws, changed); problem == "" {
				t.Fatal("Verify() of a changed value agrees")
			}
		}
	})
}
