package agentrun

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// gated is a rig whose gate on place blocks a negative n. The model gives bad
// first, then answers.
func gated(place string, r blueprint.Recovery, then ...any) *rig {
	bad, cel := any(calls(tc("note", `{"n":-1}`))), "value.n > 0.0"
	switch {
	case place == "output":
		bad = text(`{"n":-1}`)
	case strings.HasPrefix(place, "state:"):
		cel = "value.after.result.n > 0.0 && value.after.toolCalls > value.before.toolCalls - 1.0"
	}
	rig := newRig(append([]any{bad}, then...)...)
	rig.tools.answer["note"] = func(c Call) (Result, error) {
		return Result{Text: "SECRET RESULT", Structured: map[string]any{"n": c.Args["n"]}}, nil
	}
	rig.agent.Spec.Output = &blueprint.IO{Schema: map[string]any{"type": "object", "required": []any{"n"}}}
	g := expression("positive", place, cel, r)
	if r == blueprint.RecoverIgnore {
		g.Justification = "n is only shown"
	}
	rig.agent.Spec.CRV = []blueprint.CRVGate{g}
	return rig
}

func offered(r ModelRequest) (names []string) {
	for _, d := range r.Tools {
		names = append(names, d.Name)
	}
	return names
}

// TestRecoveries holds every recovery, at every place, to what docs/blueprint.md
// says of it.
func TestRecoveries(t *testing.T) {
	all := []string{"find", "note", "refund", "mail"}
	for _, place := range []string{"args:note", "result:note", "state:note", "output"} {
		t.Run(place+" retry_alt_tool", func(t *testing.T) {
			r := gated(place, blueprint.RecoverRetryAltTool, calls(tc("find", "{}")), text(`{"n":1}`))
			got := r.run(t)
			if got.Outcome != resource.OutcomeSuccess || len(r.model.requests) != 3 {
				t.Fatalf("Run = %s (%s) after %d requests, want success after 3", got.Outcome, got.Message, len(r.model.requests))
			}
			for i, want := range [][]string{all, {"find"}, all} {
				if diff := cmp.Diff(want, offered(r.model.requests[i])); diff != "" {
					t.Errorf("tools offered by request %d (-want +got):\n%s", i+1, diff)
				}
			}
			if !slices.ContainsFunc(r.tools.calls, func(c Call) bool { return c.Tool.Name == "find" }) {
				t.Errorf("calls = %v, want the recovery tool among them", r.tools.calls)
			}
		})
		t.Run(place+" ask_user", func(t *testing.T) {
			r := gated(place, blueprint.RecoverAskUser, text("QUESTION: which n?"))
			got := r.run(t)
			if got.Outcome != resource.OutcomeEscalated || got.Code != resource.MissingData || !strings.Contains(got.Message, "which n?") {
				t.Errorf("Run = %s %s %q, want escalated with the question", got.Outcome, got.Code, got.Message)
			}
			if req := r.model.requests[1]; req.Schema != nil {
				t.Error("the request in which the model may ask still wants the output's shape")
			}
			if got.Output != nil {
				t.Errorf("output = %v, want none: a question is no output", got.Output)
			}
		})
		t.Run(place+" ask_user, corrected", func(t *testing.T) {
			r := gated(place, blueprint.RecoverAskUser, calls(tc("note", `{"n":1}`)), text(`{"n":1}`))
			if got := r.run(t); got.Outcome != resource.OutcomeSuccess {
				t.Errorf("Run = %s (%s), want success", got.Outcome, got.Message)
			}
		})
		t.Run(place+" escalate", func(t *testing.T) {
			r := gated(place, blueprint.RecoverEscalate)
			if got := r.run(t); got.Outcome != resource.OutcomeEscalated || len(r.model.requests) != 1 {
				t.Errorf("Run = %s (%s) after %d requests, want escalated after one", got.Outcome, got.Message, len(r.model.requests))
			}
		})
		t.Run(place+" ignore", func(t *testing.T) {
			r := gated(place, blueprint.RecoverIgnore, text(`{"n":1}`))
			got := r.run(t)
			i := slices.IndexFunc(got.Steps, func(s resource.Step) bool { return s.CRV != nil && s.CRV.Gate == "positive" })
			if got.Outcome != resource.OutcomeSuccess || i < 0 {
				t.Fatalf("Run = %s (%s), want success with a step of the gate", got.Outcome, got.Message)
			}
			if s := got.Steps[i].CRV; s.Verdict != resource.Warn || s.Justification != "n is only shown" || got.Stats.CRVFailures != 1 {
				t.Errorf("step = %+v with %d failures, want a warning with the justification", s, got.Stats.CRVFailures)
			}
		})
	}
}

// TestNobodyAskedNoQuestion: without a gate that left it to ask, an answer that
// looks like a question is an answer.
func TestNobodyAskedNoQuestion(t *testing.T) {
	r := newRig(text("QUESTION: which n?"))
	if got := r.run(t); got.Outcome != resource.OutcomeSuccess || got.Output != "QUESTION: which n?" {
		t.Errorf("Run = %s with output %v, want success with the text", got.Outcome, got.Output)
	}
}

func twoPhases(r *rig) {
	r.agent.Spec.Workflow = &blueprint.Workflow{Initial: "write", Phases: []blueprint.Phase{
		{Name: "write", Tools: []string{"note"}, Transitions: []blueprint.Transition{{On: "note", To: "check"}}},
		{Name: "check", Tools: []string{"find"}, Final: true},
	}}
}

func TestRecoveryToolOutsideThePhase(t *testing.T) {
	r := gated("args:note", blueprint.RecoverRetryAltTool, text(`{"n":1}`))
	twoPhases(r)
	got := r.run(t)
	if got.Outcome != resource.OutcomeEscalated || !strings.Contains(got.Message, `find, which cannot be called in phase "write"`) {
		t.Errorf("Run = %s (%s), want escalated since find is not in the phase", got.Outcome, got.Message)
	}
}

// TestBlockedStateChangeIsNotCommitted: the phase stays where it was, what was
// read stays read.
func TestBlockedStateChangeIsNotCommitted(t *testing.T) {
	for _, place := range []string{"result:note", "state:note"} {
		r := gated(place, blueprint.RecoverAskUser, calls(tc("note", `{"n":1}`)), text(`{"n":1}`))
		twoPhases(r)
		got := r.run(t)
		if got.Outcome != resource.OutcomeSuccess {
			t.Fatalf("%s: Run = %s (%s), want success", place, got.Outcome, got.Message)
		}
		var phases []string
		for _, s := range got.Steps {
			if s.Tool != nil {
				phases = append(phases, s.Tool.Decision.Before.Phase)
			}
		}
		if diff := cmp.Diff([]string{"write", "write"}, phases); diff != "" {
			t.Errorf("%s: phases before the calls (-want +got):\n%s", place, diff)
		}
		if p := r.last().Guard.Phase; p != "check" {
			t.Errorf("%s: the run ended in phase %q, want check", place, p)
		}
	}
}

func TestStateGateSeesTheResultBefore(t *testing.T) {
	r := newRig(calls(tc("note", `{"n":2}`)), calls(tc("note", `{"n":3}`)), calls(tc("note", `{"n":1}`)), text("done"))
	r.tools.answer["note"] = func(c Call) (Result, error) { return Result{Structured: map[string]any{"n": c.Args["n"]}}, nil }
	r.agent.Spec.CRV = []blueprint.CRVGate{expression("grows", "state:note",
		"value.before.result == null || value.before.result.n < value.after.result.n", blueprint.RecoverEscalate)}
	if got := r.run(t); got.Outcome != resource.OutcomeEscalated || len(r.tools.calls) != 3 {
		t.Errorf("Run = %s (%s) with %d calls, want escalated by the third", got.Outcome, got.Message, len(r.tools.calls))
	}
}
