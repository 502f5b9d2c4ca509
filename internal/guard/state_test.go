package guard

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/resource"
)

func TestObserve(t *testing.T) {
	c := mustCompile(t, manifest(desk()))
	base := c.Start("").GuardState
	with := func(tainted bool, zone string) resource.GuardState {
		g := base
		g.Tainted, g.Confidentiality = tainted, zone
		return g
	}
	tests := []struct {
		name string
		see  []string
		want resource.GuardState
	}{
		{"nothing", nil, with(false, "public")},
		{"public catalogue", []string{"catalogue"}, with(false, "public")},
		{"private data", []string{"get_order"}, with(false, "confidential")},
		{"outside text", []string{"read_mail"}, with(true, "internal")},
		{"the highest stays", []string{"get_order", "read_mail", "catalogue"}, with(true, "confidential")},
		{"nothing said about the tool", []string{"plain"}, with(true, "confidential")},
		{"unknown tool", []string{"nope"}, with(true, "restricted")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := c.Start("")
			for _, tool := range tt.see {
				s = c.Observe(s, Observation{Tool: tool, Text: "text"})
			}
			if diff := cmp.Diff(tt.want, s.GuardState); diff != "" {
				t.Errorf("Observe(%v) (-want +got)\n%s", tt.see, diff)
			}
		})
	}
}

func TestSpendAndOverBudget(t *testing.T) {
	a := desk()
	a.Spec.Budgets.Steps, a.Spec.Budgets.Tokens, a.Spec.Budgets.CostUSD = 2, 100, 0.5
	c := mustCompile(t, manifest(a))
	tests := []struct {
		name   string
		steps  int
		tokens int64
		cost   resource.MicroUSD
		want   string
	}{
		{"used up", 2, 50, 250_000, ""},
		{"steps", 3, 0, 0, "steps"},
		{"tokens", 1, 101, 0, "tokens"},
		{"cost", 1, 0, 500_001, "cost"},
		{"never wraps", 2, math.MaxInt64, 0, "tokens"},
		{"never goes down", 2, -5, -5, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := c.Start("")
			for range tt.steps {
				s = c.Spend(s, tt.tokens, tt.cost)
			}
			if got := c.OverBudget(s); got != tt.want {
				t.Errorf("OverBudget(%+v) = %q, want %q", s.GuardState, got, tt.want)
			}
		})
	}
}
