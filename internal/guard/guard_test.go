package guard

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func labels(readsOutside, readsPrivate, actsOutside, actsInside bool) blueprint.Labels {
	return blueprint.Labels{ReadsOutside: &readsOutside, ReadsPrivate: &readsPrivate, ActsOutside: &actsOutside, ActsInside: &actsInside}
}

// desk is a blueprint with one tool of each kind.
func desk() blueprint.Agent {
	return blueprint.Agent{
		APIVersion: blueprint.APIVersion, Kind: blueprint.KindAgent,
		Metadata: blueprint.Metadata{Name: "desk", Owner: "support"},
		Spec: blueprint.Spec{
			Goal: "Answer customers", Instructions: "Refunds go through the queue refunds-eu.", RiskTier: blueprint.TierHigh, Zone: blueprint.ZoneConfidential,
			Tools: []blueprint.Tool{
				{Name: "get_order", Server: "shop", RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead, Zone: blueprint.ZoneConfidential, Labels: labels(false, true, false, false)},
				{Name: "read_mail", Server: "mail", RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead, Zone: blueprint.ZoneInternal, Labels: labels(true, true, false, false)},
				{Name: "catalogue", Server: "shop", RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead, Zone: blueprint.ZonePublic, Labels: labels(false, false, false, false)},
				{Name: "send_mail", Server: "mail", RiskTier: blueprint.TierMedium, Intent: blueprint.IntentExecute, Zone: blueprint.ZoneConfidential, Labels: labels(false, false, true, false)},
				{Name: "post", Server: "mail", RiskTier: blueprint.TierMedium, Intent: blueprint.IntentExecute, Zone: blueprint.ZonePublic, Labels: labels(false, false, true, false)},
				{Name: "note", Server: "shop", RiskTier: blueprint.TierMedium, Intent: blueprint.IntentWrite, Zone: blueprint.ZoneInternal, Labels: labels(false, false, false, true)},
				{Name: "refund", Server: "shop", RiskTier: blueprint.TierHigh, Intent: blueprint.IntentWrite, Zone: blueprint.ZoneInternal, Labels: labels(false, false, false, true), Spends: "amount"},
				{Name: "close_account", Server: "shop", RiskTier: blueprint.TierCritical, Intent: blueprint.IntentDelete, Zone: blueprint.ZoneInternal, Labels: labels(false, false, false, true)},
				{Name: "odd", Server: "shop", RiskTier: "extreme", Intent: blueprint.IntentWrite, Zone: blueprint.ZoneInternal, Labels: labels(false, false, false, true)},
				{Name: "secret", Server: "shop", RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead, Zone: blueprint.ZoneRestricted, Labels: labels(false, true, false, false)},
				{Name: "admin", Server: "shop", RiskTier: blueprint.TierLow, Intent: blueprint.IntentAdmin, Zone: blueprint.ZonePublic, Labels: labels(false, false, false, true)},
				{Name: "plain", Server: "shop", RiskTier: blueprint.TierMedium, Intent: blueprint.IntentExecute, Zone: blueprint.ZoneConfidential},
			},
			Permissions: []blueprint.Permission{{Tools: []string{"*"}, Intents: []blueprint.Intent{blueprint.IntentRead, blueprint.IntentWrite, blueprint.IntentDelete, blueprint.IntentExecute}, Zone: blueprint.ZoneConfidential}},
			Budgets:     blueprint.Budgets{Spend: 500},
		},
	}
}

// pins gives tools of desk their schemas.
func pins() []resource.Adapter {
	obj := func(required []any, props map[string]any) map[string]any {
		return map[string]any{"type": "object", "properties": props, "required": required}
	}
	str, num := map[string]any{"type": "string"}, map[string]any{"type": "number"}
	return []resource.Adapter{
		{Server: "shop", Tools: []resource.ToolPin{
			{Name: "get_order", InputSchema: obj([]any{"id"}, map[string]any{"id": str})},
			{Name: "refund", InputSchema: obj([]any{"id", "amount"}, map[string]any{"id": str, "amount": num, "note": str, "lines": map[string]any{"type": "integer"}})},
		}},
		{Server: "mail", Tools: []resource.ToolPin{
			{Name: "send_mail", InputSchema: obj([]any{"to"}, map[string]any{"to": map[string]any{"type": "array", "items": str}, "body": str,
				"cc": map[string]any{"anyOf": []any{str, map[string]any{"type": "null"}}}})},
		}},
	}
}

func manifest(a blueprint.Agent) *resource.Manifest {
	return &resource.Manifest{Blueprint: a, Adapters: pins()}
}

func mustCompile(t testing.TB, m *resource.Manifest) *Compiled {
	t.Helper()
	c, err := Compile(m)
	if err != nil {
		t.Fatalf("Compile = %v, want no error; findings %+v", err, CheckVersion(m))
	}
	return c
}

func policyOf(text string) []blueprint.Policy { return []blueprint.Policy{{ID: "own", Cedar: text}} }

// thirty is a blueprint with the built-in set and more, 30 policies in all.
func thirty() blueprint.Agent {
	a := desk()
	built, _ := parseBuiltIn()
	for i := range 30 - len(built) {
		text := `forbid (principal, action, resource == Tool::"refund") when { context.args.amount.value.greaterThan(decimal("%d.5")) };`
		switch i % 5 {
		case 1:
			text = `@decision("ask") forbid (principal, action in Action::"execute", resource) when { context.tainted && resource.zone > 2 && context.left.toolCalls < %d };`
		case 2:
			text = `forbid (principal, action, resource == Tool::"send_mail") when { context has args && context.args.to.value.contains("x%d@example.com") };`
		case 3:
			text = `@decision("ask") forbid (principal, action, resource == Tool::"send_mail") when { context.tainted && !context.origins.user.contains("to") && context.left.toolCalls < %d };`
		case 4:
			text = `forbid (principal, action, resource) when { resource.tier == "t%d" };`
		}
		a.Spec.Policies = append(a.Spec.Policies, blueprint.Policy{ID: fmt.Sprintf("p%02d", i), Cedar: fmt.Sprintf(text, 1000+i)})
	}
	return a
}

func BenchmarkDecide(b *testing.B) {
	a := thirty()
	c := mustCompile(b, manifest(a))
	s := c.Start("please refund order A-17 with 20.50 and tell ann@example.com")
	s = c.Observe(s, Observation{Tool: "get_order", Text: `{"id":"A-17","total":20.5,"mail":"ann@example.com"}`})
	calls := map[string]Call{
		"refund":    {Tool: "refund", Args: map[string]any{"id": "A-17", "amount": 20.5, "note": "as asked"}},
		"send_mail": {Tool: "send_mail", Args: map[string]any{"to": []any{"ann@example.com"}, "body": "Your refund is on its way"}},
		"get_order": {Tool: "get_order", Args: map[string]any{"id": "A-17"}},
	}
	for _, name := range []string{"refund", "send_mail", "get_order"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Decide(s, calls[name])
			}
		})
	}
}
