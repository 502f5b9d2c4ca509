package guard

import (
	"slices"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// TestCheckSeesBrokenRules removes each built-in rule of flow and of tiers: the
// checker finds the property that rests on it broken, with a run that the live
// guard takes.
func TestCheckSeesBrokenRules(t *testing.T) {
	tests := []struct{ rule, property string }{
		{"not-asked-for", "no-unasked-effect"},
		{"target-from-outside", "no-outside-effect-from-outside"},
		{"amount-from-outside", "no-outside-effect-from-outside"},
		{"target-not-picked", "no-private-to-outside"},
		{"rule-of-two", "no-private-to-outside"},
		{"zone-ceiling", "zone-ceiling"},
		{"tier-critical", "no-critical-without-quorum"},
		{"tier-high", "no-critical-without-quorum"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			a := flow()
			a.Spec.Tools[8].Zone = blueprint.ZonePublic // it acts outside, where nothing internal may go
			a.Spec.Tools[5].RiskTier = blueprint.TierCritical
			a.Spec.Tools[4].RiskTier = blueprint.TierHigh
			c := mustCompile(t, &resource.Manifest{Blueprint: a})
			if r := c.CheckProperties(&a, tt.property); !r.Passed {
				t.Fatalf("with the rule %s = %+v, want it to hold", tt.property, r.Properties)
			}
			for _, g := range c.tools {
				g.policies = slices.DeleteFunc(g.policies, func(p *policy) bool { return p.id == builtInPrefix+tt.rule })
				g.fields = fieldsOf(g.policies)
			}
			r := c.CheckProperties(&a, tt.property)
			p := r.Properties[0]
			if p.Verdict != PropertyFails || p.CounterExample == nil || !p.CounterExample.Replayed {
				t.Fatalf("without the rule %s = %+v, want a replayed run that breaks it", p.ID, p)
			}
		})
	}
}
