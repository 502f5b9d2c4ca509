package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func stored(name string, agents, owners []string, envs ...string) resource.Pipeline {
	p := resource.Pipeline{Name: name, Digest: "sha256:" + name, Spec: blueprint.Pipeline{Metadata: blueprint.PipelineMetadata{Name: name},
		Spec: blueprint.PipelineSpec{Agents: agents, Owners: owners}}}
	for _, e := range envs {
		p.Spec.Spec.Environments = append(p.Spec.Spec.Environments, blueprint.Stage{Name: e})
	}
	return p
}

func TestFor(t *testing.T) {
	byOwner := stored("team", nil, []string{"support"}, "dev", "production")
	byAgent := stored("special", []string{"desk"}, nil, "production")
	own := stored("default", nil, nil, "production")
	for _, tt := range []struct {
		name         string
		all          []resource.Pipeline
		agent, owner string
		want         string
	}{
		{"none stored", nil, "desk", "support", "default builtin=true"},
		{"names the agent", []resource.Pipeline{own, byOwner, byAgent}, "desk", "support", "special builtin=false"},
		{"names the owner", []resource.Pipeline{own, byOwner, byAgent}, "other", "support", "team builtin=false"},
		{"default that was put", []resource.Pipeline{own, byOwner, byAgent}, "other", "sales", "default builtin=false"},
		{"none that fits", []resource.Pipeline{byOwner, byAgent}, "other", "sales", "default builtin=true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := For(tt.all, tt.agent, tt.owner)
			if s := fmt.Sprintf("%s builtin=%t", got.Name, got.BuiltIn); s != tt.want {
				t.Errorf("For(%s of %s) = %s, want %s", tt.agent, tt.owner, s, tt.want)
			}
		})
	}
}

// The built-in pipeline is what Aureus had before there were pipelines.
func TestBuiltIn(t *testing.T) {
	p := BuiltIn()
	if got := p.Spec.Problems(); len(got) > 0 {
		t.Errorf("Problems(built-in) = %v, want none", got)
	}
	if got := Check(&p.Spec); len(got) > 0 {
		t.Errorf("Check(built-in) = %v, want none", got)
	}
	var got []string
	for i, env := range Names(p) {
		rs, err := StageOf(p, env, false)
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%d %s after=%q %s", i+1, env, rs.After, rs.Stage.Rollout.Strategy)
		for _, tier := range blueprint.Tiers() {
			line += fmt.Sprintf(" %s=%d", tier, Quorum(Rules(rs, resource.Delta{}, tier)))
		}
		got = append(got, line)
	}
	want := []string{
		`1 staging after="" all-at-once low=0 medium=0 high=1 critical=1`,
		`2 production after="staging" canary low=0 medium=1 high=1 critical=2`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("built-in stages (-want +got):\n%s", diff)
	}
}

func TestStageOf(t *testing.T) {
	p := stored("team", nil, []string{"o"}, "dev", "staging", "production")
	rs, err := StageOf(p, "staging", false)
	if err != nil || rs.After != "dev" || rs.Pipeline != "team" || rs.Digest != p.Digest || rs.Stage.Rollout.Strategy != blueprint.StrategyAllAtOnce {
		t.Errorf("StageOf(staging) = %+v, %v", rs, err)
	}
	if _, err := StageOf(p, "qa", false); err == nil || !strings.Contains(err.Error(), "dev, staging, production") {
		t.Errorf("StageOf(qa) = %v, want the environments that there are", err)
	}
	if _, err := StageOf(p, "production", true); err == nil || !strings.Contains(err.Error(), "hotfix") {
		t.Errorf("StageOf(hotfix) = %v, want that there is no such path", err)
	}
	p.Spec.Spec.Hotfix = &blueprint.Hotfix{Skip: []string{"order"}, Approvals: []blueprint.ApprovalRule{{Count: 2}}}
	rs, err = StageOf(p, "production", true)
	if err != nil || !rs.Skips("order") || rs.Skips("canary") || Quorum(Rules(rs, resource.Delta{}, blueprint.TierLow)) != 2 {
		t.Errorf("StageOf(hotfix) = %+v, %v, want order skipped and two people", rs, err)
	}
}

func TestRules(t *testing.T) {
	rs := resource.ReleaseStage{Stage: blueprint.Stage{Approvals: []blueprint.ApprovalRule{
		{Tiers: []blueprint.Tier{blueprint.TierHigh}, Count: 1},
		{Changes: []string{"model", "instructions"}, Count: 2},
		{Tiers: []blueprint.Tier{blueprint.TierHigh}, Changes: []string{"tool"}, Count: 3},
		{Count: 0},
	}}}
	delta := func(kinds ...string) (d resource.Delta) {
		for _, k := range kinds {
			d.Changes = append(d.Changes, resource.Change{Kind: k})
		}
		return d
	}
	for _, tt := range []struct {
		name  string
		delta resource.Delta
		tier  blueprint.Tier
		want  []int // counts of the fitting rules
	}{
		{"tier alone", delta("budget"), blueprint.TierHigh, []int{1}},
		{"change alone", delta("model"), blueprint.TierLow, []int{2}},
		{"both, one of them", delta("tool"), blueprint.TierMedium, nil},
		{"all fitting rules together", delta("tool", "model"), blueprint.TierHigh, []int{1, 2, 3}},
		{"none", delta("budget"), blueprint.TierLow, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []int
			for _, r := range Rules(rs, tt.delta, tt.tier) {
				got = append(got, r.Count)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Rules(%s) (-want +got):\n%s", tt.name, diff)
			}
		})
	}
}

func TestEnvironments(t *testing.T) {
	got := Environments([]resource.Pipeline{
		stored("a", nil, nil, "staging", "production"), stored("b", nil, nil, "dev", "staging", "production"), stored("c", nil, nil, "eu", "production"),
	})
	want := []resource.Environment{
		{Name: "dev", Order: 1, Pipelines: []string{"b"}}, {Name: "eu", Order: 1, Pipelines: []string{"c"}},
		{Name: "staging", Order: 2, Pipelines: []string{"a", "b"}}, {Name: "production", Order: 3, Pipelines: []string{"a", "b", "c"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Environments() (-want +got):\n%s", diff)
	}
}
