package guard

import (
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

func TestExploreFlow(t *testing.T) {
	a := flow()
	c := mustCompile(t, &resource.Manifest{Blueprint: a})
	r := c.CheckProperties(&a, "")
	t.Logf("states %d calls %d", r.States, r.Calls)
	for _, p := range r.Properties {
		t.Logf("%s: %s %v %v", p.ID, p.Verdict, p.Detail, p.Depends)
		if p.CounterExample != nil {
			t.Logf("\n%s", p.CounterExample)
		}
	}
}
