package guard

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func answers(r PropertyReport) map[string]string {
	out := map[string]string{}
	for _, p := range r.Properties {
		out[p.ID] = p.Verdict
	}
	return out
}

// TestBuiltInPropertiesHold: the built-in policies alone make every property hold
// but the one that is information.
func TestBuiltInPropertiesHold(t *testing.T) {
	a := flow()
	r := mustCompile(t, &resource.Manifest{Blueprint: a}).CheckProperties(&a, "")
	want := map[string]string{}
	for _, id := range blueprint.BuiltInProperties() {
		want[id] = PropertyHolds
	}
	want["no-outside-value-outside"] = PropertyInfo
	if diff := cmp.Diff(want, answers(r)); diff != "" || !r.Passed {
		t.Errorf("CheckProperties: passed %t, verdicts (-want +got)\n%s", r.Passed, diff)
	}
}

// phased is a workflow in which a run reads, then acts, then is done.
func phased() blueprint.Agent {
	a := flow()
	a.Spec.Workflow = &blueprint.Workflow{Initial: "read", Phases: []blueprint.Phase{
		{Name: "read", Tools: []string{"search_mail", "contacts"}, Transitions: []blueprint.Transition{{On: "search_mail", To: "act"}}},
		{Name: "act", Tools: []string{"send_mail", "append_note"}, Transitions: []blueprint.Transition{{On: "send_mail", To: "done"}}},
		{Name: "done", Final: true},
	}}
	for _, t := range []string{"search_web", "delete_file", "set_password", "transfer_money", "send_report", "cancel_booking"} {
		a.Spec.Tools = slices.DeleteFunc(a.Spec.Tools, func(tool blueprint.Tool) bool { return tool.Name == t })
	}
	return a
}

func TestProperties(t *testing.T) {
	tests := []struct {
		name     string
		change   func(*blueprint.Agent)
		property string
		verdict  string
		steps    []string // tools of the counter-example
		depends  []string
		detail   string
	}{
		{"a workflow that can end", func(*blueprint.Agent) {}, PropertyEnds, PropertyHolds, nil, nil, ""},
		{"a policy closes the only way out", func(a *blueprint.Agent) {
			a.Spec.Policies = policyOf(`forbid (principal, action, resource == Tool::"send_mail") when { context.tainted };`)
		}, PropertyEnds, PropertyFails, nil, nil, "phase read"},
		{"a policy may close it, by a value", func(a *blueprint.Agent) {
			a.Spec.Policies = policyOf(`forbid (principal, action, resource == Tool::"send_mail") when { context.args.to.value == "x" };`)
		}, PropertyEnds, PropertyHolds, nil, nil, ""},
		{"a rule for another phase", func(a *blueprint.Agent) {
			a.Spec.Policies = policyOf(`forbid (principal, action, resource == Tool::"send_mail") when { context.phase == "read" };`)
		}, PropertyDead, PropertyFails, nil, nil, "own decides in no run"},
		{"a rule on a value", func(a *blueprint.Agent) {
			a.Spec.Policies = policyOf(`forbid (principal, action, resource == Tool::"send_mail") when { context.args.to.value == "x" };`)
		}, PropertyDead, PropertyHolds, nil, []string{"own"}, ""},
		{"a tool of no phase", func(a *blueprint.Agent) {
			a.Spec.Workflow.Phases[1].Tools = []string{"send_mail"}
		}, PropertyDead, PropertyFails, nil, nil, "the tool append_note"},
		{"a weaker rule stands in", func(a *blueprint.Agent) {
			a.Spec.Policies = []blueprint.Policy{{ID: "own", Replaces: []string{"target-from-outside"},
				Cedar: `@decision("ask") forbid (principal, action, resource == Tool::"send_mail") when { context.tainted && context.target == "outside" };`}}
		}, "no-outside-effect-from-outside", PropertyFails, []string{"search_mail", "send_mail"}, nil, ""},
		{"a rule that compares values stands in", func(a *blueprint.Agent) {
			a.Spec.Policies = []blueprint.Policy{{ID: "own", Replaces: []string{"target-from-outside"},
				Cedar: `@decision("ask") forbid (principal, action, resource) when { context.tainted && ["outside", "unknown"].contains(context.target) } unless { context.args has to && context.args.to.value like "*@ours.example" };`}}
		}, "no-outside-effect-from-outside", PropertyUnproved, nil, nil, "send_mail"},
		{"a rule that asks for the value", func(a *blueprint.Agent) {
			a.Spec.Policies = []blueprint.Policy{{ID: "own", Replaces: []string{"target-from-outside", "target-not-picked"},
				Cedar: `@decision("ask") forbid (principal, action, resource == Tool::"send_mail") when { context.args has to && context.args.to.value != "us@ours.example" };`}}
		}, "no-outside-effect-from-outside", PropertyFails, []string{"search_mail", "send_mail"}, []string{"own"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := phased()
			tt.change(&a)
			p := mustCompile(t, &resource.Manifest{Blueprint: a}).CheckProperties(&a, tt.property).Properties[0]
			var steps []string
			if p.CounterExample != nil {
				for _, s := range p.CounterExample.Steps {
					steps = append(steps, s.Tool)
				}
			}
			if p.Verdict != tt.verdict || !slices.Equal(steps, tt.steps) || !slices.Equal(p.Depends, tt.depends) || !strings.Contains(strings.Join(p.Detail, ". "), tt.detail) {
				t.Errorf("%s = %s, run %v, depends on %v, detail %v; want %s, %v, %v, %q", p.ID, p.Verdict, steps, p.Depends, p.Detail, tt.verdict, tt.steps, tt.depends, tt.detail)
			}
		})
	}
}

func TestOwnProperties(t *testing.T) {
	tests := []struct {
		name string
		p    blueprint.Property
		want string // verdict, or a part of the problem
	}{
		{"holds by the built-in rules", blueprint.Property{ID: "p", Never: `context.tainted && resource.actsOutside && context.target == "outside"`, Unless: "human"}, PropertyHolds},
		{"a human may allow it", blueprint.Property{ID: "p", Never: `context.tainted && resource.actsOutside && context.target == "outside"`}, PropertyFails},
		{"one human is not two", blueprint.Property{ID: "p", Never: `context.tainted && resource.actsOutside && context.target == "outside"`, Unless: "quorum 2"}, PropertyFails},
		{"an argument", blueprint.Property{ID: "p", Tools: []string{"send_mail"}, Never: `context.args has to && context.args.to.origin == "outside" && context.tainted`, Unless: "human"}, PropertyHolds},
		{"an argument that is content", blueprint.Property{ID: "p", Tools: []string{"send_mail"}, Never: "context.args has body &&\ncontext.args.body.origin == \"outside\"", Unless: "human"}, PropertyFails},
		{"a value", blueprint.Property{ID: "p", Tools: []string{"send_mail"}, Never: `context.args has to && context.args.to.value == ""`}, PropertyUnproved},
		{"a misspelt field", blueprint.Property{ID: "p", Never: "true &&\ncontext.tained"}, `policy "p", line 2`},
		{"an unknown tool", blueprint.Property{ID: "p", Never: `resource == Tool::"nope"`}, `Tool::"nope" is not a tool`},
		{"an unknown tool of the list", blueprint.Property{ID: "p", Tools: []string{"nope"}, Never: "true"}, `"nope" is not a tool`},
		{"no Cedar", blueprint.Property{ID: "p", Never: "true &&"}, "Cedar cannot read this"},
		{"the id of a built-in one", blueprint.Property{ID: "zone-ceiling", Never: "true"}, "another property has this id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := flow()
			a.Spec.Properties = []blueprint.Property{tt.p}
			if bad := Check(&a); len(bad) > 0 {
				if !strings.Contains(bad[0].Message, tt.want) {
					t.Errorf("Check(%q) = %+v, want %q", tt.p.Never, bad, tt.want)
				}
				return
			}
			got := mustCompile(t, &resource.Manifest{Blueprint: a}).CheckProperties(&a, "p").Properties[0]
			if got.Verdict != tt.want {
				t.Errorf("CheckProperties(%q) = %+v, want %s", tt.p.Never, got, tt.want)
			}
		})
	}
}

// TestWitnessReplays: what JSON says of a counter-example is enough to take the
// live guard to the same end.
func TestWitnessReplays(t *testing.T) {
	a := flow()
	c := mustCompile(t, &resource.Manifest{Blueprint: a})
	w := c.CheckProperties(&a, "no-outside-value-outside").Properties[0].CounterExample
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var back Witness
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if at := c.Replay(&back); at >= 0 {
		t.Fatalf("Replay stops at step %d of %s", at, back.String())
	}
	if diff := cmp.Diff(w.String(), back.String()); diff != "" {
		t.Errorf("Replay went otherwise (-first +again)\n%s", diff)
	}
	back.Steps[len(back.Steps)-1].Args["to"] = "eve@example.org"
	if at := c.Replay(&back); at != len(back.Steps)-1 {
		t.Errorf("Replay with another addressee stops at %d, want the last step", at)
	}
}

func TestAcceptedProperty(t *testing.T) {
	a := phased()
	a.Spec.Workflow.Phases[1].Tools = []string{"send_mail"}
	a.Spec.Release.AcceptProperties = []blueprint.AcceptedProperty{{Property: PropertyDead, Justification: "append_note comes with the next version"}}
	r := mustCompile(t, &resource.Manifest{Blueprint: a}).CheckProperties(&a, PropertyDead)
	if !r.Passed || r.Properties[0].Verdict != PropertyFails || len(r.Findings) != 1 || r.Findings[0].Severity != "warning" {
		t.Errorf("CheckProperties with an acceptance = %+v, want it to pass with a warning", r)
	}
}

func TestGraph(t *testing.T) {
	a := phased()
	g := mustCompile(t, &resource.Manifest{Blueprint: a}).Explore().Graph(0)
	var ids []string
	for _, s := range g.States {
		ids = append(ids, s.ID)
	}
	want := []string{"read/clean/public", "read/clean/internal", "act/tainted/internal", "read/tainted/internal", "done/tainted/internal"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("Graph states (-want +got)\n%s", diff)
	}
	edge := GraphEdge{From: "act/tainted/internal", To: "done/tainted/internal", Decision: resource.DecisionApproved, Tools: []string{"send_mail"}}
	if !slices.ContainsFunc(g.Edges, func(e GraphEdge) bool { return cmp.Equal(e, edge) }) {
		t.Errorf("Graph edges = %+v, want %+v among them", g.Edges, edge)
	}
	if small := mustCompile(t, &resource.Manifest{Blueprint: a}).Explore().Graph(3); !small.Collapsed || len(small.States) != 3 {
		t.Errorf("Graph(3) = %+v, want three phases", small.States)
	}
	if got := g.StateID(resource.GuardState{Phase: "act", Tainted: true, Confidentiality: "internal"}); got != "act/tainted/internal" {
		t.Errorf("StateID = %q", got)
	}
}
