package control

import (
	"slices"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// TestGravest: what people have to see comes first, whatever its name.
func TestGravest(t *testing.T) {
	change := func(path string, tier blueprint.Tier, widens, breaking bool) resource.Change {
		return resource.Change{Path: path, Tier: tier, Widens: widens, Breaking: breaking}
	}
	in := []resource.Change{
		change("budgets.spend", blueprint.TierLow, false, false), change("metadata.owner", blueprint.TierLow, true, false),
		change("servers.shop", blueprint.TierHigh, false, false), change("tools.mail", blueprint.TierHigh, false, true),
		change("tools.refund", blueprint.TierHigh, true, false), change("workflow", blueprint.TierCritical, false, false),
	}
	before := slices.Clone(in)
	var got []string
	for _, c := range gravest(in) {
		got = append(got, c.Path)
	}
	want := []string{"workflow", "tools.refund", "tools.mail", "servers.shop", "metadata.owner", "budgets.spend"}
	if !slices.Equal(got, want) || !slices.Equal(in, before) {
		t.Errorf("gravest() = %v, want %v, and its argument as it was", got, want)
	}
}
