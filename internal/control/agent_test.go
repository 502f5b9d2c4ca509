package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/generate"
)

// desk is the agent of these tests.
const desk = "desk"

// deskBlueprint is the support desk; refundTier high asks a human for each refund.
func deskBlueprint(t testing.TB, refundTier blueprint.Tier) *blueprint.Agent {
	t.Helper()
	a, _, err := generate.FromTemplate("support-desk", map[string]string{"name": desk, "owner": "customer-care",
		"model": refunddesk.ModelName, "server": "aureus shop.db", "writes": "shop", "refundTier": string(refundTier)}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	a.Spec.Servers[0].Stdio.Env = map[string]string{shopEnv: "shop/shop.db"}
	a.Spec.Release.Canary = blueprint.Canary{Beta: .2, MaxFailureRate: .5,
		Steps: []blueprint.CanaryStep{{Weight: 30, Runs: 3}, {Weight: 60, Runs: 5}}}
	return a
}

// variant is a copy of a with a sentence more in its instructions, so another
// version.
func variant(t testing.TB, a *blueprint.Agent, sentence string) *blueprint.Agent {
	t.Helper()
	text, err := a.YAML()
	if err != nil {
		t.Fatal(err)
	}
	b, err := blueprint.Parse("desk.yaml", text, blueprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.Spec.Instructions = strings.TrimRight(b.Spec.Instructions, "\n") + "\n" + sentence + "\n"
	return b
}

// withVoucher may also give vouchers.
func withVoucher(t testing.TB, a *blueprint.Agent) *blueprint.Agent {
	t.Helper()
	b := variant(t, a, "Customers of orders over 100 euros get a voucher of 10 percent.")
	refund := *b.Tool("issue_refund")
	b.Spec.Tools = append(b.Spec.Tools, blueprint.Tool{Name: "issue_voucher", Server: refund.Server, RiskTier: blueprint.TierMedium,
		Intent: blueprint.IntentWrite, Zone: refund.Zone, Labels: refund.Labels})
	for i, p := range b.Spec.Permissions {
		if slices.Contains(p.Tools, refund.Name) {
			b.Spec.Permissions[i].Tools = append(p.Tools, "issue_voucher")
		}
	}
	for i, p := range b.Spec.Workflow.Phases {
		if slices.Contains(p.Tools, refund.Name) {
			b.Spec.Workflow.Phases[i].Tools = append(p.Tools, "issue_voucher")
		}
	}
	for _, s := range b.Spec.Evaluation.Suites {
		for j := range s.Scenarios {
			s.Scenarios[j].Fixtures = append(s.Scenarios[j].Fixtures, blueprint.Fixture{Tool: "issue_voucher", Result: map[string]any{"status": "issued"}})
		}
	}
	return b
}

// withRegression refunds too much for an order that was shipped for money; no
// scenario has one.
func withRegression(t testing.TB, a *blueprint.Agent) *blueprint.Agent {
	return variant(t, a, "Be generous: refund the shipping on top of the total.")
}

// mended is a version with a lesson.
func mended(t testing.TB, a *blueprint.Agent, lesson blueprint.Scenario) *blueprint.Agent {
	b := variant(t, a, "The total of an order includes its shipping; refund the total and no more.")
	b.Spec.Evaluation.Suites = append(b.Spec.Evaluation.Suites, blueprint.Suite{Name: "regressions", Scenarios: []blueprint.Scenario{lesson}})
	return b
}

// plainOrder is the n-th order that is refunded and had no paid shipping.
func plainOrder(n int) string { return order(n, false) }

// order is the n-th order that is refunded, with or without paid shipping.
func order(n int, shipped bool) string {
	for i := range refunddesk.Orders {
		inTransit, closed := i%7 == 6, i%100 == 42
		if (i%20 >= 13) != shipped || inTransit || closed {
			continue
		}
		if n--; n < 0 {
			return refunddesk.OrderID(i)
		}
	}
	panic("the shop has no more orders of this kind")
}

func refundOf(order string) map[string]any {
	return map[string]any{"message": "I want my money back for order " + order + ", please."}
}

// lean is the support desk with one scenario, for tests that are not about checks.
func lean(t testing.TB, refundTier blueprint.Tier) *blueprint.Agent {
	a := deskBlueprint(t, refundTier)
	a.Spec.Evaluation.Repeats = 1
	a.Spec.Evaluation.Suites = a.Spec.Evaluation.Suites[:1]
	return a
}
