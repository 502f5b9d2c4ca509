package guard

import (
	"fmt"
	"math/rand/v2"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// walkPolicies are what random blueprints say; TOOL is replaced by a tool.
var walkPolicies = []string{
	`forbid (principal, action, resource == Tool::"TOOL") when { context.tainted };`,
	`@decision("ask") forbid (principal, action, resource) when { context.tainted && context.confidentiality > 1 };`,
	`@decision("ask") @quorum("3") forbid (principal, action, resource == Tool::"TOOL") when { context.target == "record" || context.content == "outside" };`,
	`forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && ["outside", "unknown"].contains(context.args.to.origin) };`,
	`@decision("ask") forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && context.args.to.value like "mine*" };`,
	`forbid (principal, action, resource) when { context.origins.unknown.contains("body") && context.tainted };`,
	`forbid (principal, action, resource == Tool::"TOOL") when { context.origins.outside.contains("to") && !context.origins.user.contains("body") };`,
	`@decision("ask") forbid (principal, action, resource) when { !context.origins.outside.isEmpty() };`,
	`forbid (principal, action, resource) when { context.left.toolCalls < 5 };`,
	`forbid (principal, action, resource) when { context.left.tokens * 9223372036854775807 > 5 && context.asked };`,
	`forbid (principal, action, resource) when { context.left.tokens * 9223372036854775807 > 5 } when { context.phase == "p1" };`,
	`@decision("ask") forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && context.args.to.role == "quantity" };`,
	`forbid (principal, action, resource == Tool::"TOOL") when { context.args has to && context.args.to == {value: "x", origin: "user", role: "target"} };`,
	`permit (principal, action, resource) when { context.spend > 2 };`,
	`forbid (principal, action, resource) unless { context.phase != "p2" || context.asked };`,
	`@decision("ask") forbid (principal, action in [Action::"write", Action::"delete"], resource) when { context.spending != "user" && context.target != "none" };`,
}

var walkNames = []string{"send_mail", "pay_bill", "search_mail", "read_page", "delete_file", "contacts", "update_note", "list_files"}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// walkBlueprint is a random version.
func walkBlueprint(r *rand.Rand) *resource.Manifest {
	a := blueprint.Agent{Metadata: blueprint.Metadata{Name: "walk"}, Spec: blueprint.Spec{Goal: "Do chores around house", Zone: pick(r, zones[1:])}}
	pins := []resource.ToolPin{}
	str := map[string]any{"type": "string"}
	for _, name := range walkNames[:3+r.IntN(len(walkNames)-2)] {
		t := blueprint.Tool{Name: name, Server: "s", Intent: pick(r, blueprint.Intents()), Zone: pick(r, zones[:3]),
			RiskTier:   pick(r, []blueprint.Tier{"low", "medium", "medium", "high", "critical"}),
			Labels:     labels(r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0),
			Unprompted: r.IntN(8) == 0}
		t.Labels.Records = new(r.IntN(2) == 0)
		if name == "pay_bill" {
			t.Spends = "amount"
		}
		if r.IntN(8) == 0 {
			t.AskedBy = []string{"bitte"}
		}
		if r.IntN(8) == 0 {
			t.Arguments = map[string]blueprint.Role{"to": blueprint.RoleContent}
		}
		a.Spec.Tools = append(a.Spec.Tools, t)
		if r.IntN(2) == 0 {
			pins = append(pins, resource.ToolPin{Name: name, InputSchema: map[string]any{"type": "object",
				"properties": map[string]any{"to": str, "body": str, "amount": map[string]any{"type": "number"}}, "required": pick(r, [][]any{nil, {"to"}})}})
		}
	}
	a.Spec.Permissions = []blueprint.Permission{{Tools: []string{"*"}, Intents: blueprint.Intents()[:3+r.IntN(3)], Zone: a.Spec.Zone}}
	a.Spec.Budgets = blueprint.Budgets{Spend: 100, ToolCalls: 3 + r.IntN(10)}
	walkWorkflow(r, &a)
	for i := range r.IntN(5) {
		text := pick(r, walkPolicies)
		p := blueprint.Policy{ID: fmt.Sprintf("p%d", i), Cedar: replaceTool(text, pick(r, a.Spec.Tools).Name)}
		if r.IntN(3) == 0 {
			p.Replaces = []string{pick(r, []string{"not-asked-for", "target-from-outside", "target-not-picked", "admin-not-named", "amount-from-outside", "rule-of-two", "zone-ceiling"})}
		}
		a.Spec.Policies = append(a.Spec.Policies, p)
	}
	for i := range r.IntN(3) {
		a.Spec.Properties = append(a.Spec.Properties, blueprint.Property{ID: fmt.Sprintf("own%d", i), Unless: pick(r, []string{"", "human", "quorum 2"}),
			Never: pick(r, []string{`context.tainted && context.target == "outside"`, `context.phase == "p2" && resource.actsOutside`, `context.origins.outside.contains("to")`, `context.confidentiality > 2`})})
	}
	return &resource.Manifest{Blueprint: a, Adapters: []resource.Adapter{{Server: "s", Tools: pins}}}
}

func replaceTool(text, name string) string {
	const mark = "TOOL"
	for i := 0; i+len(mark) <= len(text); i++ {
		if text[i:i+len(mark)] == mark {
			return text[:i] + name + text[i+len(mark):]
		}
	}
	return text
}

func walkWorkflow(r *rand.Rand, a *blueprint.Agent) {
	n := r.IntN(4)
	if n == 0 {
		return
	}
	w := &blueprint.Workflow{Initial: "p0"}
	for i := range n {
		p := blueprint.Phase{Name: fmt.Sprintf("p%d", i), Final: r.IntN(3) == 0}
		for _, t := range a.Spec.Tools {
			if r.IntN(4) == 0 {
				continue
			}
			p.Tools = append(p.Tools, t.Name)
			if r.IntN(2) == 0 {
				p.Transitions = append(p.Transitions, blueprint.Transition{On: t.Name, To: fmt.Sprintf("p%d", r.IntN(n)), Approval: r.IntN(6) == 0})
			}
		}
		w.Phases = append(w.Phases, p)
	}
	a.Spec.Workflow = w
}

// walkWords are words of users, results and arguments.
var walkWords = []string{"mine-1", "mine-2", "house-1", "picked-1", "field-1", "stranger-1", "stranger-2", "nowhere-1", "topic-one", "chores", "7.25", "12.50"}

func walkSays(r *rand.Rand) string {
	out := pick(r, []string{"", "send it", "pay the bill and delete the file", "update note", "follow the instructions", "bitte", "what is new"})
	for _, w := range walkWords[:2] {
		if r.IntN(2) == 0 {
			out += " " + w
		}
	}
	if r.IntN(2) == 0 {
		out += " topic-one 7.25"
	}
	return out
}

var walkResults = []string{"", "nothing", `[{"about":"topic-one","v":"picked-1","n":12.5},{"v":"field-1"},{"t":"mail stranger-1 the 12.50"}]`, "give stranger-2 7.25", `{"v":"house-1"}`, "house-1 field-1"}

func walkArgs(r *rand.Rand) map[string]any {
	args := map[string]any{}
	for _, name := range []string{"to", "body", "id"} {
		switch r.IntN(5) {
		case 0, 1, 2:
			args[name] = pick(r, walkWords)
		case 3:
			if r.IntN(4) == 0 {
				args[name] = pick(r, []any{[]any{}, true, 7.25, []any{"mine-1", "stranger-1"}, nil, map[string]any{"id": "field-1"}})
			}
		}
	}
	if r.IntN(2) == 0 {
		args["amount"] = pick(r, []any{7.25, 12.5, 3.5, "x", 0.0})
	}
	return args
}
