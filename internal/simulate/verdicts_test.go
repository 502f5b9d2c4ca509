package simulate

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

// answering is the live tools of the test: each call gets the same answer.
type answering struct{ res agentrun.Result }

func (a answering) Call(context.Context, agentrun.Call) (agentrun.Result, error) { return a.res, nil }

// TestOneVerdict holds the places in which gates judge to one verdict for one
// value: the chain itself, a simulated run and a live run.
func TestOneVerdict(t *testing.T) {
	max := 100.0
	gates := func(on, field string) []blueprint.CRVGate {
		g := func(name string, v blueprint.Validator) blueprint.CRVGate {
			return blueprint.CRVGate{Name: name, On: on, Validators: []blueprint.Validator{v}, BlockOnFailure: ptr(name == "size")}
		}
		return []blueprint.CRVGate{
			g("there", blueprint.Validator{Type: "notNull", Field: field}),
			g("small", blueprint.Validator{Type: "expression", Field: field, Expression: "value < 50.0"}),
			g("usual", blueprint.Validator{Type: "statisticalBounds", Field: field, Samples: []float64{10, 12, 9, 11}}),
			g("sure", blueprint.Validator{Type: "schema", Field: field, Schema: map[string]any{"type": "number"}}),
			g("size", blueprint.Validator{Type: "maxSize", Max: &max}),
		}
	}
	values := []string{`10`, `49`, `1000`, `-1`, `"10"`, `null`, `[10]`, `{"a":1}`, `1e15`, `"` + fmt.Sprintf("%0120d", 7) + `"`}
	for _, value := range values {
		t.Run(value[:min(len(value), 12)], func(t *testing.T) {
			args := `{"id":"A-1","amount":` + value + `}`
			sc := blueprint.Scenario{Name: "x", Input: "x", Fixtures: []blueprint.Fixture{{Tool: "lookup", Result: args}}}
			m := desk(sc)
			for i := range m.Adapters { // whatever the arguments are, the gates judge them
				for j := range m.Adapters[i].Tools {
					m.Adapters[i].Tools[j].InputSchema = map[string]any{"type": "object"}
				}
			}
			m.Blueprint.Spec.CRV = append(gates("args:lookup", "amount"), gates("result:lookup", "amount")...)
			for i := range m.Blueprint.Spec.CRV {
				m.Blueprint.Spec.CRV[i].Name += "-" + m.Blueprint.Spec.CRV[i].On[:4]
			}
			model := turns(call("1", "lookup", args), say("done"))
			v, err := Prepare(m, "sha256:0")
			if err != nil {
				t.Fatal(err)
			}
			simulated := play(t, m, model, PlayOptions{Seed: 1}).Run
			runner := agentrun.Runner{Model: model, Tools: answering{agentrun.Result{Text: args}}, Journal: discard{}, Now: time.Now}
			live, err := runner.Run(t.Context(), agentrun.Spec{Run: resource.Run{ID: "r", Agent: "desk", Mode: resource.RunLive, Input: "x"},
				Manifest: m, Guard: v.guard, Chain: v.chain, Success: v.success})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(judged(simulated), judged(live)); diff != "" {
				t.Errorf("verdicts (-simulated +live):\n%s", diff)
			}
			given := jsonValue(t, args).(map[string]any)
			want := v.chain.Judge("args:lookup", crv.Value{Value: given, Input: "x", Args: given})
			if len(judged(live)) > len(want) {
				want = append(want, v.chain.Judge("result:lookup", crv.Value{Value: given, Input: "x", Args: given})...)
			}
			if diff := cmp.Diff(want, judged(live)); diff != "" {
				t.Errorf("verdicts (-chain +live):\n%s", diff)
			}
		})
	}
}

// judged are the verdicts of a run.
func judged(r resource.Run) (out []resource.CRVStep) {
	for _, s := range r.Steps {
		if s.CRV != nil {
			out = append(out, *s.CRV)
		}
	}
	return out
}
