package backtest_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

// gates are one of each place, and one that only warns.
func gates(t *testing.T) *crv.Chain {
	t.Helper()
	no := false
	is := func(expression string) []blueprint.Validator {
		return []blueprint.Validator{{Type: "expression", Expression: expression, Message: "it does not hold"}}
	}
	c, err := crv.Compile([]blueprint.CRVGate{
		{Name: "small", On: "args:look", Validators: is("!has(args.n) || args.n < 10.0")},
		{Name: "kind", On: "result:look", Validators: is("!has(value.rude) || !value.rude")},
		{Name: "once", On: "state:look", Validators: is("value.before.result == null || value.before.result != value.after.result")},
		{Name: "warns", On: "output", BlockOnFailure: &no, Validators: is("false")},
		{Name: "done", On: "output", Validators: is("value.status != 'failed'")},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestStops replays recorded runs through a guard and gates together.
func TestStops(t *testing.T) {
	rules := backtest.Rules{Guard: office(t), Gates: gates(t)}
	approved := resource.Decision{State: resource.DecisionApproved}
	byHuman := resource.Decision{State: resource.DecisionApproved, Approval: "apr_1"}
	call := func(tool, result string, args map[string]any, d resource.Decision) resource.Step {
		return resource.Step{Kind: "tool", Tool: &resource.ToolStep{Tool: tool, Args: args, Result: result, Decision: d}}
	}
	none := map[string]any{}
	failing := call("look", "", none, approved)
	failing.Tool.IsError, failing.Tool.Result = true, `{"rude":true}`
	for _, c := range []struct {
		name   string
		steps  []resource.Step
		output any
		want   []string
	}{
		{"nothing stops it", []resource.Step{call("look", `{"a":1}`, none, approved)}, map[string]any{"status": "ok"}, nil},
		{"a policy rejects", []resource.Step{call("wipe", "gone", none, approved)}, nil, []string{"0 policy no-wiping"}},
		{"a call that was refused then is not looked at", []resource.Step{call("wipe", "", none, resource.Decision{State: resource.DecisionRejected})}, nil, nil},
		{"a human would be asked", []resource.Step{call("ask", "ok", none, approved)}, nil, []string{"0 asks"}},
		{"a human was asked", []resource.Step{call("ask", "ok", none, byHuman)}, nil, nil},
		{"a human allowed what is forbidden now", []resource.Step{call("wipe", "gone", none, byHuman)}, nil, []string{"0 policy no-wiping"}},
		{"arguments", []resource.Step{call("look", "x", map[string]any{"n": 12.0}, approved)}, nil, []string{"0 gate small"}},
		{"a result", []resource.Step{call("look", `{"rude":true}`, none, approved)}, nil, []string{"0 gate kind"}},
		{"a result that is an error is not judged", []resource.Step{failing}, nil, nil},
		{"a change of state", []resource.Step{call("look", "x", none, approved), call("look", "x", none, approved)}, nil, []string{"1 gate once"}},
		{"the output", nil, map[string]any{"status": "failed"}, []string{"-1 gate done"}},
		{"each place, as if nothing had stopped before", []resource.Step{call("wipe", "gone", none, approved), call("look", "x", map[string]any{"n": 12.0}, approved)},
			map[string]any{"status": "failed"}, []string{"0 policy no-wiping", "1 gate small", "-1 gate done"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := resource.Run{ID: "r", Input: "do it", Output: c.output}
			for i, s := range c.steps {
				s.Index = i
				run.Steps = append(run.Steps, s)
			}
			var got []string
			for _, s := range rules.Stops(run) {
				switch {
				case s.Policy("no-wiping"):
					got = append(got, fmt.Sprintf("%d policy no-wiping", s.Step))
				case s.CRV != nil:
					got = append(got, fmt.Sprintf("%d gate %s", s.Step, s.CRV.Gate))
				case s.Asks:
					got = append(got, fmt.Sprintf("%d asks", s.Step))
				}
				if s.Policy("no") || s.Gate("") || s.Why() == "" {
					t.Errorf("stop %+v answers to a name that is not its own, or says nothing", s)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Stops(%s) differs (-want +got):\n%s", c.name, diff)
			}
		})
	}
}
