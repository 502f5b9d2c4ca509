package agentrun

import (
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func expression(name, on, cel string, r blueprint.Recovery) blueprint.CRVGate {
	g := blueprint.CRVGate{Name: name, On: on, Recovery: r, Validators: []blueprint.Validator{{Type: "expression", Expression: cel, Message: "it is not good"}}}
	if r == blueprint.RecoverRetryAltTool {
		g.RecoveryTool = "find"
	}
	return g
}

func TestOutputGates(t *testing.T) {
	schema := &blueprint.IO{Schema: map[string]any{"type": "object", "required": []any{"n"}, "properties": map[string]any{"n": map[string]any{"type": "number"}}}}
	tests := []struct {
		name    string
		answers []any
		gate    blueprint.Recovery
		outcome resource.Outcome
		rounds  int
		output  any
	}{
		{"good", []any{text("```json\n{\"n\":5}\n```")}, blueprint.RecoverAskUser, resource.OutcomeSuccess, 1, 5.0},
		{"corrected", []any{text(`{"n":-1}`), text(`{"n":2}`)}, blueprint.RecoverAskUser, resource.OutcomeSuccess, 2, 2.0},
		{"corrected with another tool", []any{text(`{"n":-1}`), calls(tc("find", "{}")), text(`{"n":2}`)}, blueprint.RecoverRetryAltTool, resource.OutcomeSuccess, 3, 2.0},
		{"never corrected", []any{text(`{"n":-1}`), text(`{"n":-1}`), text(`{"n":-1}`), text(`{"n":1}`)}, blueprint.RecoverAskUser, resource.OutcomeBlocked, 3, nil},
		{"escalated", []any{text(`{"n":-1}`)}, blueprint.RecoverEscalate, resource.OutcomeEscalated, 1, nil},
		{"wrong shape, corrected", []any{text(`five`), text(`{"n":5}`)}, blueprint.RecoverEscalate, resource.OutcomeSuccess, 2, 5.0},
		{"wrong shape", []any{text(`five`), text(`six`), text(`seven`)}, blueprint.RecoverEscalate, resource.OutcomeBlocked, 3, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(tt.answers...)
			r.agent.Spec.Output = schema
			r.agent.Spec.CRV = []blueprint.CRVGate{expression("positive", "output", "value.n > 0.0", tt.gate)}
			got := r.run(t)
			if got.Outcome != tt.outcome || got.Stats.ModelCalls != tt.rounds {
				t.Fatalf("Run = %s (%s) after %d rounds, want %s after %d", got.Outcome, got.Message, got.Stats.ModelCalls, tt.outcome, tt.rounds)
			}
			if tt.output == nil {
				if got.Output != nil || got.Stats.CRVFailures == 0 {
					t.Errorf("Run holds output %v with %d CRV failures; a blocked output is not committed", got.Output, got.Stats.CRVFailures)
				}
				return
			}
			if n := got.Output.(map[string]any)["n"]; n != tt.output {
				t.Errorf("output = %v, want %v", n, tt.output)
			}
			if req := r.model.requests[0]; req.Schema == nil || req.SchemaName != "output" {
				t.Error("the model is not asked for the output's schema")
			}
		})
	}
}

func TestRecoveryIsTold(t *testing.T) {
	r := newRig(text("bad"), text("good"))
	r.agent.Spec.CRV = []blueprint.CRVGate{expression("good", "output", `value == "good"`, blueprint.RecoverRetryAltTool)}
	r.run(t)
	msgs := r.model.requests[1].Messages
	for _, want := range []string{"not taken", "good", "it is not good", "tool find"} {
		if m := msgs[len(msgs)-1].Content; !strings.Contains(m, want) {
			t.Errorf("the model is told %q, want %q in it", m, want)
		}
	}
}

func TestToolGates(t *testing.T) {
	tests := []struct {
		name    string
		on      string
		r       blueprint.Recovery
		outcome resource.Outcome
		called  int
		told    string
	}{
		{"arguments corrected", "args:note", blueprint.RecoverAskUser, resource.OutcomeSuccess, 1, "The call was not made."},
		{"arguments escalated", "args:note", blueprint.RecoverEscalate, resource.OutcomeEscalated, 0, ""},
		{"result withheld", "result:note", blueprint.RecoverAskUser, resource.OutcomeSuccess, 2, "withheld"},
		{"result escalated", "result:note", blueprint.RecoverEscalate, resource.OutcomeEscalated, 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(calls(tc("note", `{"n":-1}`)), calls(tc("note", `{"n":1}`)), text("done"))
			r.tools.answer["note"] = func(c Call) (Result, error) {
				return Result{Text: "SECRET RESULT", Structured: map[string]any{"n": c.Args["n"]}}, nil
			}
			r.agent.Spec.CRV = []blueprint.CRVGate{expression("positive", tt.on, "value.n > 0.0", tt.r)}
			got := r.run(t)
			if got.Outcome != tt.outcome || len(r.tools.calls) != tt.called {
				t.Fatalf("Run = %s (%s) with %d calls, want %s with %d", got.Outcome, got.Message, len(r.tools.calls), tt.outcome, tt.called)
			}
			if tt.told == "" {
				return
			}
			if m := toolMessage(r.model.requests[1]); !strings.Contains(m, tt.told) || strings.Contains(m, "SECRET") {
				t.Errorf("the model is told %q, want %q and no result", m, tt.told)
			}
		})
	}
}

func TestMonotonicGateSeesTheValueBefore(t *testing.T) {
	r := newRig(calls(tc("note", `{"n":2}`)), calls(tc("note", `{"n":1}`)), text("done"))
	r.agent.Spec.CRV = []blueprint.CRVGate{{Name: "grows", On: "args:note", Recovery: blueprint.RecoverEscalate,
		Validators: []blueprint.Validator{{Type: "monotonic", Field: "n", Direction: "increasing"}}}}
	if got := r.run(t); got.Outcome != resource.OutcomeEscalated || len(r.tools.calls) != 1 {
		t.Errorf("Run = %s with %d calls, want escalated with one", got.Outcome, len(r.tools.calls))
	}
}
