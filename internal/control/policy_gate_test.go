package control_test

import (
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// TestPolicyGate: a version whose guard lacks a property is rejected and the gate
// names it; a built-in one can be accepted, which asks for a high approval.
func TestPolicyGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := lean(t, blueprint.TierMedium)
	broken.Spec.Properties = []blueprint.Property{{ID: "nothing-runs", Never: "true"}}
	rel := w.expect(w.release(w.push(broken), "staging"), resource.ReleaseRejected)
	g := gate(rel, resource.EvidencePolicy)
	if g.Verdict != resource.Block || g.Evidence == "" || !strings.Contains(g.Message, "nothing-runs") {
		t.Errorf("policy gate = %+v, want it to block with evidence and name nothing-runs", g)
	}

	dead := lean(t, blueprint.TierMedium)
	dead.Spec.Policies = append(dead.Spec.Policies, blueprint.Policy{ID: "dead", Cedar: `forbid (principal, action, resource) when { context.phase == "nowhere" };`})
	rel = w.expect(w.release(w.push(dead), "staging"), resource.ReleaseRejected)
	if g := gate(rel, resource.EvidencePolicy); g.Verdict != resource.Block || !strings.HasSuffix(g.Message, ": no-dead-rule") {
		t.Errorf("policy gate of a dead policy = %+v, want it to block because of no-dead-rule alone", g)
	}

	dead.Spec.Release.AcceptProperties = []blueprint.AcceptedProperty{{Property: "no-dead-rule", Justification: "the phase comes with the next version"}}
	rel = w.promote(w.push(dead), "staging")
	if g := gate(rel, resource.EvidencePolicy); g.Verdict != resource.Pass {
		t.Errorf("policy gate of an accepted failure = %+v, want pass", g)
	}
	if rel.Tier != blueprint.TierHigh {
		t.Errorf("approval tier of a version with an accepted failure = %s, want high", rel.Tier)
	}
}
