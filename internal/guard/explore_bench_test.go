package guard

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// large is a version of 20 phases, 40 tools and 60 policies in which every tool
// can be called in five phases and every policy reads something else.
func large() *resource.Manifest {
	a := flow()
	base := a.Spec.Tools
	a.Spec.Tools = nil
	for i := range 40 {
		t := base[i%len(base)]
		t.Name = fmt.Sprintf("%s_%d", t.Name, i)
		t.Zone = zones[i%2]
		a.Spec.Tools = append(a.Spec.Tools, t)
	}
	w := &blueprint.Workflow{Initial: "p0"}
	for i := range 20 {
		p := blueprint.Phase{Name: fmt.Sprintf("p%d", i), Final: i == 19}
		for j := range 10 {
			p.Tools = append(p.Tools, a.Spec.Tools[(2*i+j)%40].Name)
		}
		p.Transitions = []blueprint.Transition{{On: p.Tools[0], To: fmt.Sprintf("p%d", (i+1)%20)}, {On: p.Tools[3], To: fmt.Sprintf("p%d", (i+7)%20)}}
		w.Phases = append(w.Phases, p)
	}
	a.Spec.Workflow = w
	texts := []string{
		`@decision("ask") forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && ["outside", "unknown"].contains(context.args.to.origin) };`,
		`@decision("ask") forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && context.args.to.value like "*@n%d.example" };`,
		`@decision("ask") forbid (principal, action, resource) when { context.tainted && context.confidentiality > 1 && context.left.toolCalls < %d };`,
		`forbid (principal, action, resource == Tool::"TOOL") when { context.origins.outside.contains("body") && context.phase == "p%d" };`,
		`@decision("ask") forbid (principal, action == Action::"execute", resource) when { context.target == "record" && context.phase == "p%d" };`,
		`@decision("ask") forbid (principal, action, resource == Tool::"TOOL") when { context.args has x%d && context.content == "outside" };`,
	}
	for i := range 60 {
		text := replaceTool(texts[i%len(texts)], a.Spec.Tools[(7*i)%40].Name)
		if len(text) > 0 && i%len(texts) != 0 {
			text = fmt.Sprintf(text, i)
		}
		a.Spec.Policies = append(a.Spec.Policies, blueprint.Policy{ID: fmt.Sprintf("q%02d", i), Cedar: text})
	}
	return &resource.Manifest{Blueprint: a}
}

// BenchmarkExplore answers every property of 20 phases, 40 tools and 60 policies.
func BenchmarkExplore(b *testing.B) {
	m := large()
	c := mustCompile(b, m)
	for b.Loop() {
		r := c.CheckProperties(&m.Blueprint, "")
		b.ReportMetric(float64(r.States), "states")
		b.ReportMetric(float64(r.Calls), "calls")
	}
}
