package pipeline

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Rules are the approval rules that fit a release of a delta through a stage: of a
// hotfix its own ones, and those that a change of the rules asks for. A rule fits when its tiers hold the delta's tier and its
// changes hold the kind of one of the delta's changes.
func Rules(rs resource.ReleaseStage, d resource.Delta, tier blueprint.Tier) []blueprint.ApprovalRule {
	rules := rs.Stage.Approvals
	if rs.Hotfix != nil {
		rules = rs.Hotfix.Approvals
	}
	if rs.Change != nil {
		rules = slices.Concat(rules, rs.Change.Approvals)
	}
	var out []blueprint.ApprovalRule
	for _, r := range rules {
		if r.Count > 0 && fitsTier(r, tier) && fitsChanges(r, d) {
			out = append(out, r)
		}
	}
	return out
}

func fitsTier(r blueprint.ApprovalRule, tier blueprint.Tier) bool {
	return len(r.Tiers) == 0 || slices.Contains(r.Tiers, tier)
}

func fitsChanges(r blueprint.ApprovalRule, d resource.Delta) bool {
	return len(r.Changes) == 0 || slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return slices.Contains(r.Changes, c.Kind) })
}

// Quorum is how many different people it takes at least to satisfy the rules.
func Quorum(rules []blueprint.ApprovalRule) int {
	n := 0
	for _, r := range rules {
		n = max(n, r.Count)
	}
	return n
}
