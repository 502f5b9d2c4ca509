package simulate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// TestFromRunApproves checks which tools the simulated human approves in a scenario
// that was made of a run: what it was allowed to change, whoever allowed it, and
// nothing that a human refused.
func TestFromRunApproves(t *testing.T) {
	m := &resource.Manifest{Blueprint: blueprint.Agent{Spec: blueprint.Spec{
		Tools: []blueprint.Tool{{Name: "lookup", Intent: blueprint.IntentRead}, {Name: "refund", Intent: blueprint.IntentWrite},
			{Name: "close", Intent: blueprint.IntentDelete}, {Name: "mail", Intent: blueprint.IntentWrite}},
		Evaluation: blueprint.Evaluation{Suites: []blueprint.Suite{{Name: "s", Scenarios: []blueprint.Scenario{{Name: "a", Approve: []string{"mail"}}}}}},
	}}}
	call := func(tool string, d resource.Decision) resource.Step {
		return resource.Step{Kind: "tool", Tool: &resource.ToolStep{Tool: tool, Args: map[string]any{"id": "A-1"}, Result: "ok", Decision: d}}
	}
	approved := resource.Decision{State: resource.DecisionApproved}
	byHuman := resource.Decision{State: resource.DecisionApproved, Approval: "apr_1"}
	refused := resource.Decision{State: resource.DecisionRejected, Check: "approval"}
	stopped := resource.Decision{State: resource.DecisionRejected, Check: "policy"}
	for _, c := range []struct {
		name  string
		steps []resource.Step
		want  []string
	}{
		{"only reads", []resource.Step{call("lookup", approved)}, []string{"mail"}},
		{"a change that nobody had to allow", []resource.Step{call("lookup", approved), call("refund", approved)}, []string{"mail", "refund"}},
		{"a change that a human allowed", []resource.Step{call("close", byHuman)}, []string{"close", "mail"}},
		{"a read that a human allowed", []resource.Step{call("lookup", byHuman)}, []string{"lookup", "mail"}},
		{"a change that a human refused", []resource.Step{call("mail", refused), call("refund", approved)}, []string{"refund"}},
		{"refused once, allowed then", []resource.Step{call("close", refused), call("close", byHuman)}, []string{"close", "mail"}},
		{"a change that the guard stopped", []resource.Step{call("close", stopped)}, []string{"mail"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc, err := FromRunOf(resource.Run{ID: "r1", Input: "x", Steps: c.steps}, m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, sc.Approve); diff != "" {
				t.Errorf("FromRunOf(%s).Approve differs (-want +got):\n%s", c.name, diff)
			}
		})
	}
}
