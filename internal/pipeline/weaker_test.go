package pipeline

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// strict is a stage with something of everything that can be loosened.
func strict() blueprint.Stage {
	no, bound := false, 0.1
	return blueprint.Stage{Name: "production",
		Before: []blueprint.GateRule{{Name: "pen-test", External: true}, {Name: GateSimulation, MaxAge: blueprint.Duration(time.Hour)},
			{Name: GateEvaluation, Waivable: &no}},
		After: []blueprint.GateRule{{Name: "slow", Metric: "failureRate", Above: &bound, MinRuns: 5}},
		Approvals: []blueprint.ApprovalRule{{Tiers: []blueprint.Tier{blueprint.TierHigh, blueprint.TierCritical}, Count: 2, Groups: []string{"a", "b"}},
			{Changes: []string{"tool", "model"}, Count: 1}, {Count: 0}},
		Rollout: blueprint.Rollout{Strategy: blueprint.StrategyCanary, Shadow: &blueprint.Shadow{}},
		Soak:    blueprint.Duration(time.Hour), EvidenceMaxAge: blueprint.Duration(2 * time.Hour),
		Freeze: []blueprint.Freeze{{Name: "holidays", Schedule: blueprint.Schedule{Start: "2030-12-20T18:00"}, Duration: blueprint.Duration(time.Hour)}},
	}
}

func staged(s blueprint.Stage, after string) resource.ReleaseStage {
	return resource.ReleaseStage{Pipeline: "p", After: after, Stage: s.Resolved(true)}
}

func TestWeaker(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*blueprint.Stage)
		want   []string
	}{
		{"the same", func(*blueprint.Stage) {}, nil},
		{"a gate goes", func(s *blueprint.Stage) { s.Before = s.Before[1:] }, []string{"the gate pen-test is gone"}},
		{"a gate reads a metric of longer ago", func(s *blueprint.Stage) { s.After[0].Window = blueprint.Duration(time.Hour) }, []string{"the gate slow reads something else"}},
		{"a higher bound", func(s *blueprint.Stage) { b := 0.2; s.After[0].Above = &b }, []string{"the bound of the gate slow is higher"}},
		{"a lower bound", func(s *blueprint.Stage) { b := 0.05; s.After[0].Above = &b }, nil},
		{"older evidence of a gate", func(s *blueprint.Stage) { s.Before = s.Before[:1:1]; s.Before = append(s.Before, strict().Before[2]) },
			[]string{"the evidence of the gate simulation may be 2h0m0s old, and might be 1h0m0s"}},
		{"a gate can be waived", func(s *blueprint.Stage) { s.Before[2].Waivable = nil }, []string{"the gate evaluation can be waived"}},
		{"a gate more", func(s *blueprint.Stage) {
			s.Before = append(s.Before, blueprint.GateRule{Name: "other", External: true})
		}, nil},
		{"fewer people", func(s *blueprint.Stage) { s.Approvals[0].Count = 1 },
			[]string{"nobody is asked by the rule count 2, tiers high critical, groups a b"}},
		{"fewer tiers", func(s *blueprint.Stage) { s.Approvals[0].Tiers = []blueprint.Tier{blueprint.TierHigh} },
			[]string{"nobody is asked by the rule count 2, tiers high critical, groups a b"}},
		{"anybody", func(s *blueprint.Stage) { s.Approvals[0].Groups = nil },
			[]string{"nobody is asked by the rule count 2, tiers high critical, groups a b"}},
		{"another role", func(s *blueprint.Stage) { s.Approvals[1].Role = "operator" },
			[]string{"nobody is asked by the rule count 1, changes tool model"}},
		{"who wrote it", func(s *blueprint.Stage) { s.Approvals[1].Separate = []string{"committer"} },
			[]string{"nobody is asked by the rule count 1, changes tool model"}},
		{"one group of two, in two rules", func(s *blueprint.Stage) {
			high, critical := s.Approvals[0], s.Approvals[0]
			high.Tiers, critical.Tiers, critical.Groups = high.Tiers[:1], high.Tiers[1:], []string{"a"}
			s.Approvals = []blueprint.ApprovalRule{high, critical, {Changes: []string{"tool"}, Count: 1}, {Changes: []string{"model"}, Count: 3}}
		}, nil},
		{"a rule for all instead of some", func(s *blueprint.Stage) { s.Approvals[1].Changes = nil }, nil},
		{"all at once", func(s *blueprint.Stage) { s.Rollout.Strategy = blueprint.StrategyAllAtOnce },
			[]string{"the rollout is all-at-once, and was canary"}},
		{"another plan", func(s *blueprint.Stage) { s.Rollout.Canary = &blueprint.Canary{} }, []string{"the pipeline's canary plan is another one"}},
		{"no shadow", func(s *blueprint.Stage) { s.Rollout.Shadow = nil }, []string{"no shadow comes first"}},
		{"less shadow", func(s *blueprint.Stage) { s.Rollout.Shadow.Runs = 1 }, []string{"the shadow compares less, or lets more pass"}},
		{"sessions finish", func(s *blueprint.Stage) { s.Rollout.Sessions = "finish" }, []string{"a rollback lets sessions finish on the bad version"}},
		{"a shorter soak", func(s *blueprint.Stage) { s.Soak = blueprint.Duration(time.Minute) }, []string{"soak is 1m0s, and was 1h0m0s"}},
		{"a window less", func(s *blueprint.Stage) { s.Freeze = nil }, []string{`the freeze window "holidays" is gone or another one`}},
		{"a shorter age", func(s *blueprint.Stage) { s.EvidenceMaxAge = blueprint.Duration(time.Hour) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := strict()
			tt.change(&s)
			if diff := cmp.Diff(tt.want, Weaker(staged(strict(), "staging"), staged(s, "staging"))); diff != "" {
				t.Errorf("Weaker() differs (-want +got):\n%s", diff)
			}
		})
	}
	if got := Weaker(staged(strict(), "staging"), staged(strict(), "")); len(got) != 1 {
		t.Errorf("Weaker(first environment) = %q, want the order that is gone", got)
	}
	preview := func(d time.Duration) resource.ReleaseStage {
		return staged(blueprint.Stage{Name: "e", Rollout: blueprint.Rollout{Strategy: blueprint.StrategyBlueGreen, Preview: blueprint.Duration(d)}}, "")
	}
	if got := Weaker(preview(0), preview(time.Hour)); len(got) != 1 {
		t.Errorf("Weaker(a preview that ends by itself) = %q, want that", got)
	}
	hotfix := staged(blueprint.Stage{Name: "production", Approvals: []blueprint.ApprovalRule{{Count: 0}}}, "")
	hotfix.Hotfix = &blueprint.Hotfix{}
	if got := Weaker(staged(blueprint.Stage{Name: "production"}, ""), hotfix); got != nil {
		t.Errorf("Weaker(hotfix) = %q, want none: it has approvals of its own", got)
	}
}

func TestWeakerHotfix(t *testing.T) {
	one := &blueprint.Hotfix{Skip: []string{"order"}, Approvals: []blueprint.ApprovalRule{{Count: 2}}}
	more := &blueprint.Hotfix{Skip: []string{"order", "canary"}, Approvals: []blueprint.ApprovalRule{{Count: 1}}}
	for _, tt := range []struct {
		name    string
		was, is *blueprint.Hotfix
		want    []string
	}{
		{"the same", one, one, nil},
		{"goes", one, nil, nil},
		{"comes", nil, one, []string{"there is a hotfix path, and was none"}},
		{"wider", one, more, []string{"a hotfix goes without canary", "hotfix: nobody is asked by the rule count 2"}},
		{"narrower", more, one, nil},
	} {
		if diff := cmp.Diff(tt.want, WeakerHotfix(tt.was, tt.is)); diff != "" {
			t.Errorf("WeakerHotfix(%s) differs (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Rules that ask no less than before ask at least as many people about every
// change.
func TestWeakerApprovalsProperty(t *testing.T) {
	tiers, kinds := blueprint.Tiers(), []string{"tool", "model", "metadata"}
	rules := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) blueprint.ApprovalRule {
		return blueprint.ApprovalRule{Count: rapid.IntRange(0, 2).Draw(r, "count"),
			Tiers:   rapid.SliceOfNDistinct(rapid.SampledFrom(tiers), 0, 2, rapid.ID).Draw(r, "tiers"),
			Changes: rapid.SliceOfNDistinct(rapid.SampledFrom(kinds), 0, 2, rapid.ID).Draw(r, "changes")}
	}), 1, 3)
	rapid.Check(t, func(r *rapid.T) {
		was := staged(blueprint.Stage{Approvals: rules.Draw(r, "was")}, "")
		is := staged(blueprint.Stage{Approvals: rules.Draw(r, "is")}, "")
		if len(Weaker(was, is)) > 0 {
			return
		}
		for _, tier := range tiers {
			d := resource.Delta{Tier: tier, Changes: []resource.Change{{Kind: rapid.SampledFrom(kinds).Draw(r, "kind")}}}
			if before, after := Quorum(Rules(was, d, tier)), Quorum(Rules(is, d, tier)); after < before {
				r.Fatal(fmt.Sprintf("%s, %s: %d people are asked, and %d were", tier, d.Changes[0].Kind, after, before))
			}
		}
	})
}
