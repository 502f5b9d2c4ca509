package crv

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func TestDeltaOfProperties(t *testing.T) {
	own := func(never string) []blueprint.Property { return []blueprint.Property{{ID: "own", Never: never}} }
	accept := func(why string) []blueprint.AcceptedProperty {
		return []blueprint.AcceptedProperty{{Property: "no-dead-rule", Justification: why}}
	}
	tests := []struct {
		name     string
		from, to blueprint.Spec
		path, op string
		tier     blueprint.Tier
		widens   bool
	}{
		{"added", blueprint.Spec{}, blueprint.Spec{Properties: own("true")}, "properties.own", "added", blueprint.TierMedium, false},
		{"removed", blueprint.Spec{Properties: own("true")}, blueprint.Spec{}, "properties.own", "removed", blueprint.TierHigh, true},
		{"changed", blueprint.Spec{Properties: own("true")}, blueprint.Spec{Properties: own("context.tainted")}, "properties.own", "changed", blueprint.TierHigh, false},
		{"accepted", blueprint.Spec{}, blueprint.Spec{Release: blueprint.ReleasePlan{AcceptProperties: accept("later")}}, "release.acceptProperties.no-dead-rule", "added", blueprint.TierHigh, true},
		{"justified otherwise", blueprint.Spec{Release: blueprint.ReleasePlan{AcceptProperties: accept("a")}}, blueprint.Spec{Release: blueprint.ReleasePlan{AcceptProperties: accept("b")}},
			"release.acceptProperties.no-dead-rule", "changed", blueprint.TierMedium, false},
		{"no longer accepted", blueprint.Spec{Release: blueprint.ReleasePlan{AcceptProperties: accept("a")}}, blueprint.Spec{}, "release.acceptProperties.no-dead-rule", "removed", blueprint.TierLow, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Delta(&resource.Manifest{Blueprint: blueprint.Agent{Spec: tt.from}}, &resource.Manifest{Blueprint: blueprint.Agent{Spec: tt.to}}, "a", "b")
			if len(d.Changes) != 1 {
				t.Fatalf("Delta = %+v, want one change", d.Changes)
			}
			if c := d.Changes[0]; c.Path != tt.path || c.Op != tt.op || c.Tier != tt.tier || c.Widens != tt.widens {
				t.Errorf("Delta = %+v, want %s %s, tier %s, widens %t", c, tt.op, tt.path, tt.tier, tt.widens)
			}
		})
	}
}
