package pipeline

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Weaker says in what the rules of a stage ask less than those of another stage of
// the same environment did, a sentence each; none when they ask as much. What
// cannot be ordered, for example two plans of a canary, counts as less when it
// differs: then a person looks at it. Approval rules are not compared for a
// hotfix, which has its own ones.
func Weaker(was, is resource.ReleaseStage) []string {
	var out []string
	if was.After != "" && is.After != was.After {
		now := "is the first environment"
		if is.After != "" {
			now = "comes after " + is.After
		}
		out = append(out, fmt.Sprintf("%s %s, and came after %s", is.Stage.Name, now, was.After))
	}
	a, b := was.Stage, is.Stage
	out = append(out, weakerGates(a.Before, b.Before, b.EvidenceMaxAge)...)
	out = append(out, weakerGates(a.After, b.After, b.EvidenceMaxAge)...)
	if is.Hotfix == nil {
		out = append(out, weakerApprovals(a.Approvals, b.Approvals)...)
	}
	out = append(out, weakerRollout(a.Rollout, b.Rollout)...)
	if b.Soak < a.Soak {
		out = append(out, fmt.Sprintf("soak is %s, and was %s", b.Soak, a.Soak))
	}
	for _, w := range a.Freeze {
		if !slices.Contains(b.Freeze, w) {
			out = append(out, fmt.Sprintf("the freeze window %q is gone or another one", w.Name))
		}
	}
	if b.EvidenceMaxAge > a.EvidenceMaxAge {
		out = append(out, fmt.Sprintf("evidence may be %s old, and might be %s", b.EvidenceMaxAge, a.EvidenceMaxAge))
	}
	return out
}

// WeakerHotfix is [Weaker] of two hotfix paths; nil is none, which is the
// strictest.
func WeakerHotfix(was, is *blueprint.Hotfix) []string {
	switch {
	case is == nil:
		return nil
	case was == nil:
		return []string{"there is a hotfix path, and was none"}
	}
	var out []string
	for _, what := range is.Skip {
		if !slices.Contains(was.Skip, what) {
			out = append(out, "a hotfix goes without "+what)
		}
	}
	for _, line := range weakerApprovals(was.Resolved().Approvals, is.Resolved().Approvals) {
		out = append(out, "hotfix: "+line)
	}
	return out
}

// weakerGates compares gates; a built-in one that has no entry is as the stage says.
func weakerGates(was, is []blueprint.GateRule, maxAge blueprint.Duration) []string {
	var out []string
	for _, a := range was {
		b := blueprint.GateRule{Name: a.Name, MaxAge: maxAge}
		i := slices.IndexFunc(is, func(g blueprint.GateRule) bool { return g.Name == a.Name })
		switch {
		case i >= 0:
			b = is[i]
		case !slices.Contains(BuiltInGates(), a.Name):
			out = append(out, "the gate "+a.Name+" is gone")
			continue
		}
		switch {
		case a.External != b.External || a.Metric != b.Metric || a.Window != b.Window || b.MinRuns > a.MinRuns:
			out = append(out, "the gate "+a.Name+" reads something else")
		case a.Above != nil && (b.Above == nil || *b.Above > *a.Above):
			out = append(out, "the bound of the gate "+a.Name+" is higher")
		case b.MaxAge > a.MaxAge:
			out = append(out, fmt.Sprintf("the evidence of the gate %s may be %s old, and might be %s", a.Name, b.MaxAge, a.MaxAge))
		}
		if waivable(b) && !waivable(a) {
			out = append(out, "the gate "+a.Name+" can be waived")
		}
	}
	return out
}

func waivable(g blueprint.GateRule) bool { return g.Waivable == nil || *g.Waivable }

// weakerApprovals: whomever a rule asks has to be asked for the same changes still.
func weakerApprovals(was, is []blueprint.ApprovalRule) []string {
	var out []string
	for _, r := range was {
		if r.Count > 0 && !covered(r, is) {
			out = append(out, "nobody is asked by the rule "+ruleText(r))
		}
	}
	return out
}

// covered reports whether for each tier and change of a rule there is one among
// rules that asks at least as much.
func covered(r blueprint.ApprovalRule, rules []blueprint.ApprovalRule) bool {
	changes := r.Changes
	if len(changes) == 0 {
		changes = []string{""} // any
	}
	for _, tier := range blueprint.Tiers() {
		if !fitsTier(r, tier) {
			continue
		}
		for _, change := range changes {
			if !slices.ContainsFunc(rules, func(o blueprint.ApprovalRule) bool {
				return fitsTier(o, tier) && (len(o.Changes) == 0 || slices.Contains(o.Changes, change)) && asksAsMuch(o, r)
			}) {
				return false
			}
		}
	}
	return true
}

// asksAsMuch reports whether who satisfies a rule satisfies the other one, too.
func asksAsMuch(o, r blueprint.ApprovalRule) bool {
	if len(r.Groups) > 0 && (len(o.Groups) == 0 || !within(o.Groups, r.Groups)) {
		return false
	}
	return o.Count >= r.Count && o.Role == r.Role && within(r.Separate, o.Separate)
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func weakerRollout(was, is blueprint.Rollout) []string {
	var out []string
	if is.Strategy != was.Strategy && was.Strategy != blueprint.StrategyAllAtOnce {
		out = append(out, fmt.Sprintf("the rollout is %s, and was %s", is.Strategy, was.Strategy))
	}
	switch a, b := was.Shadow, is.Shadow; {
	case a == nil:
	case b == nil:
		out = append(out, "no shadow comes first")
	case b.Runs < a.Runs || b.Percent < a.Percent || b.MaxWorse > a.MaxWorse:
		out = append(out, "the shadow compares less, or lets more pass")
	}
	if is.Strategy == blueprint.StrategyCanary && was.Strategy == is.Strategy && !reflect.DeepEqual(was.Canary, is.Canary) {
		out = append(out, "the pipeline's canary plan is another one")
	}
	if is.Strategy == blueprint.StrategyBlueGreen && was.Strategy == is.Strategy && is.Preview != 0 && (was.Preview == 0 || is.Preview < was.Preview) {
		out = append(out, fmt.Sprintf("a preview ends by itself after %s", is.Preview))
	}
	if is.Sessions != was.Sessions && was.Sessions == blueprint.DefaultSessions {
		out = append(out, "a rollback lets sessions finish on the bad version")
	}
	return out
}

// ruleText is an approval rule in a few words.
func ruleText(r blueprint.ApprovalRule) string {
	s := fmt.Sprintf("count %d", r.Count)
	for _, part := range []struct {
		name   string
		values []string
	}{{"tiers", names(r.Tiers)}, {"changes", r.Changes}, {"groups", r.Groups}} {
		if len(part.values) > 0 {
			s += ", " + part.name + " " + strings.Join(part.values, " ")
		}
	}
	if r.Role != "" && r.Role != blueprint.DefaultApprovalRole {
		s += ", role " + r.Role
	}
	return s
}

func names(tiers []blueprint.Tier) []string {
	out := make([]string, len(tiers))
	for i, t := range tiers {
		out[i] = string(t)
	}
	return out
}
