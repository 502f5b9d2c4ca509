package guard

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// TestExposed: what a server exposes beside its tools is decided like a tool,
// wherever a guard is compiled.
func TestExposed(t *testing.T) {
	a := flow()
	a.Spec.Servers = []blueprint.Server{{Name: "s", Expose: []string{blueprint.ExposeResources}}}
	name := blueprint.ExposedTool("s", blueprint.ExposeResources)
	c := mustCompile(t, &resource.Manifest{Blueprint: a})
	d, _ := c.Decide(c.Start(""), Call{Tool: name, Args: map[string]any{"uri": "file:///a"}})
	if d.State != resource.DecisionApproved {
		t.Errorf("Decide(%s) = %s (%s), want approved", name, d.State, d.Reason)
	}
	if s := c.Observe(c.Start(""), Observation{Tool: name, Text: "text"}); !s.Tainted {
		t.Errorf("after %s the run is not tainted, want it to be: another tool of the server reads outside text", name)
	}
	d, _ = c.Decide(c.Start(""), Call{Tool: blueprint.ExposedTool("s", blueprint.ExposePrompts)})
	if d.State != resource.DecisionRejected {
		t.Errorf("what is not exposed: Decide = %s, want rejected", d.State)
	}
}
