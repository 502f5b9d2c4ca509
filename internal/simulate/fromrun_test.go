package simulate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func made(tool string, args map[string]any, result string, isError bool) resource.Step {
	return resource.Step{Kind: "tool", Tool: &resource.ToolStep{Tool: tool, Args: args, Result: result, IsError: isError,
		Decision: resource.Decision{State: resource.DecisionApproved}}}
}

// refunder is a model that looks up A-1, refunds the amount that args says, and
// reports what came of it.
func refunder(args string) ruled {
	return func(req agentrun.ModelRequest) agentrun.Message {
		last := req.Messages[len(req.Messages)-1]
		switch n := len(req.Messages); {
		case n == 2:
			return call("1", "lookup", `{"id":"A-1"}`)
		case n == 4:
			return call("2", "refund", args)
		case strings.Contains(last.Content, "error"):
			return say("failed")
		case n == 6:
			return call("3", "note", `{"text":"done"}`)
		}
		return say("done")
	}
}

// TestFromRunCatchesTheBadVersion makes a scenario of a run that failed, and
// plays it against the version that failed and against corrected ones.
func TestFromRunCatchesTheBadVersion(t *testing.T) {
	for _, tt := range []struct {
		name, bad, good string
		failed          resource.Step
	}{
		{"wrong value", `{"id":"A-1","amount":25}`, `{"id":"A-1","amount":20}`,
			made("refund", map[string]any{"id": "A-1", "amount": 25.0}, "error: more than was paid", true)},
		{"missing argument", `{"id":"A-1"}`, `{"id":"A-1","amount":20}`,
			made("refund", map[string]any{"id": "A-1"}, "error: amount is missing", true)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := desk(blueprint.Scenario{Name: "old", Fixtures: []blueprint.Fixture{{Tool: "note", Result: "noted"}}})
			failed := tt.failed
			failed.Tool.Decision.Approval = "ap_1"
			sc, err := FromRunOf(resource.Run{ID: "r1", Input: "Refund A-1", Outcome: "failure", Steps: []resource.Step{
				made("lookup", map[string]any{"id": "A-1"}, `{"id":"A-1","total":20}`, false), failed}}, m)
			if err != nil {
				t.Fatal(err)
			}
			if sc.Name != "run-r1" || sc.FromRun != "r1" || sc.Expect.Outcome != "success" || !cmp.Equal(sc.Approve, []string{"refund"}) {
				t.Errorf("FromRunOf = %+v, want it named after the run, with its approval", sc)
			}
			if r := run(t, desk(sc), refunder(tt.bad), Options{}); r.Passed {
				t.Errorf("the version that failed = passed: %+v", r.Scenarios[0])
			}
			if r := run(t, desk(sc), refunder(tt.good), Options{}); !r.Passed {
				t.Errorf("the corrected version = %s, want passed; fixtures %+v", r.Scenarios[0].Message, sc.Fixtures)
			}
		})
	}
}

func TestFromRunFixtures(t *testing.T) {
	id := map[string]any{"id": "A-1"}
	steps := []resource.Step{
		made("lookup", id, `{"n":1}`, false), made("lookup", id, `{"n":1}`, false), made("lookup", id, `{"n":2}`, false),
		made("lookup", map[string]any{"id": "B"}, "not here", true),
		made("refund", map[string]any{"id": "A-1", "amount": 1.0}, `{"big":12345678901234567890}`, false),
		{Kind: "tool", Tool: &resource.ToolStep{Tool: "note", Decision: resource.Decision{State: resource.DecisionRejected}}},
		{Kind: "model", Model: &resource.ModelStep{}},
	}
	read := []blueprint.Fixture{
		{Tool: "lookup", Match: id, Result: map[string]any{"n": 1.0}, Times: 2},
		{Tool: "lookup", Match: id, Result: map[string]any{"n": 2.0}},
	}
	notHere := func(match map[string]any) blueprint.Fixture {
		return blueprint.Fixture{Tool: "lookup", Match: match, Error: "not here"}
	}
	paid := blueprint.Fixture{Tool: "refund", Match: map[string]any{"id": "A-1", "amount": 1.0}, Result: `{"big":12345678901234567890}`}
	fallback := blueprint.Fixture{Tool: "refund", Result: paid.Result}
	for _, tt := range []struct {
		name string
		m    *resource.Manifest
		want []blueprint.Fixture
	}{
		{"version not at hand", nil, append(append([]blueprint.Fixture{}, read...), notHere(map[string]any{"id": "B"}), paid,
			blueprint.Fixture{Tool: "lookup", Result: map[string]any{"n": 2.0}})},
		{"version at hand", desk(), append(append([]blueprint.Fixture{}, read...), notHere(map[string]any{"id": "B", "amount": nil, "text": nil}), paid,
			fallback, blueprint.Fixture{Tool: "note", Result: map[string]any{"status": "ok"}})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sc, err := FromRunOf(resource.Run{ID: "r", Input: "x", Steps: steps}, tt.m)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, sc.Fixtures); d != "" {
				t.Errorf("FromRunOf fixtures (-want +got)\n%s", d)
			}
		})
	}
}

func TestFromRunWithoutPayload(t *testing.T) {
	if _, err := FromRun(resource.Run{ID: "r"}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("FromRun of a run without payload = %v, want %s", err, fault.Invalid)
	}
}

func TestFromRunWithoutArguments(t *testing.T) {
	sc, err := FromRun(resource.Run{ID: "r", Input: "x", Steps: []resource.Step{made("sync", nil, "busy", true)}})
	want := []blueprint.Fixture{{Tool: "sync", Error: "busy", Times: 1}, {Tool: "sync", Result: map[string]any{"status": "ok"}}}
	if d := cmp.Diff(want, sc.Fixtures); d != "" || err != nil {
		t.Errorf("FromRun of a call without arguments: %v (-want +got)\n%s", err, d)
	}
}
