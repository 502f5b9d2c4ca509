package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// adam puts pipelines besides oda; builds is the token of a build.
var (
	adam   = person("adam", resource.RoleAdmin)
	builds = control.Principal{Actor: resource.Actor{Name: "builds", Kind: "service"}, Roles: []resource.Role{resource.RoleOperator, resource.RoleDeveloper}}
)

func (w *world) puts(p control.Principal, name, spec string) resource.Pipeline {
	w.Helper()
	pl, err := w.PutPipeline(w.Context(), p, parsedPipeline(w, name, spec), 0)
	w.must(err)
	w.advance(time.Millisecond)
	return pl
}

// went stores that a version got all traffic by the pipeline that there is, for
// which a release would need workers.
func (w *world) went(v resource.Version, env string, hotfix bool) {
	w.Helper()
	w.advance(time.Millisecond)
	w.must(w.db.Update(w.Context(), func(t control.Tx) error {
		all, err := t.Pipelines()
		if err != nil {
			return err
		}
		rs, err := pipeline.StageOf(pipeline.For(all, v.Agent, v.Manifest.Blueprint.Metadata.Owner), env, hotfix)
		if err != nil {
			return err
		}
		at := resource.Millis(w.clock.Now().UnixMilli())
		id := fmt.Sprintf("rel_%s_%s_%d", v.Name, env, at)
		if err := t.InsertRelease(resource.Release{ID: id, Agent: v.Agent, Version: v.Number, Digest: v.Digest, Environment: env, Stage: rs,
			State: resource.ReleasePromoted, Revision: 1, CreatedAt: at, CreatedBy: author.Actor}); err != nil {
			return err
		}
		d, err := t.Deployment(v.Agent, env)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		d.Agent, d.Environment, d.Stable, d.Snapshot, d.Revision = v.Agent, env, v.Digest, "snap_"+id, d.Revision+1
		if err := t.PutDeployment(d); err != nil {
			return err
		}
		return t.PutSnapshot(resource.Snapshot{ID: d.Snapshot, Agent: v.Agent, Environment: env, Digest: v.Digest, Version: v.Number, Release: id, CreatedAt: at})
	}))
	w.advance(time.Millisecond)
}

// TestRulesThatWereWashed: neither a release elsewhere nor an ordinary one accepts
// weaker rules, and whoever had a part in them is kept from the yes.
func TestRulesThatWereWashed(t *testing.T) {
	t.Parallel()
	const (
		two  = "  environments: [{name: eu, approvals: [{count: 2}], soak: 24h, rollout: {strategy: all-at-once}}, {name: us}]\n"
		none = "  environments: [{name: eu, approvals: [{count: 0}], rollout: {strategy: all-at-once}}, {name: us}]\n"
		desk = "  agents: [desk]\n"
		path = "  hotfix: {skip: [order], approvals: [{count: 1}]}\n"
		wide = "  hotfix: {skip: [order, simulation, evaluation], approvals: [{count: 1}]}\n"
	)
	w := newIdleWorld(t)
	a := lean(t, blueprint.TierMedium)
	v1, v2 := w.push(a), w.push(variant(t, a, "Be brief."))
	again := w.push(variant(t, a, "Be very brief."))
	for _, tt := range []struct {
		name   string
		do     func()
		hotfix bool
		says   string // "" is no change
		maker  string
	}{
		{"nothing changed", func() {
			w.puts(adam, "desks", desk+two)
			w.went(v1, "us", false)
			w.went(v2, "us", false)
		}, false, "", ""},
		{"a release elsewhere since", func() {
			w.puts(adam, "desks", desk+two)
			w.went(v1, "us", false)
			w.puts(oda, "desks", desk+none)
			w.went(v2, "us", false)
		}, false, "nobody is asked by the rule count 2 (by oda)", "oda"},
		{"accepted here", func() {
			w.puts(adam, "desks", desk+two)
			w.went(v1, "us", false)
			w.puts(oda, "desks", desk+none)
			w.went(v2, "eu", false)
		}, false, "", ""},
		{"another pipeline, and a release elsewhere by it", func() {
			w.puts(adam, "desks", desk+two)
			w.went(v1, "us", false)
			w.puts(oda, "desks", "  agents: [other]\n"+two)
			w.puts(adam, "lax", desk+none)
			w.went(v2, "us", false)
		}, false, "nobody is asked by the rule count 2", "oda"},
		{"made weaker before another one that asks as little", func() {
			w.puts(adam, "desks", "  owners: [customer-care]\n"+two)
			w.went(v1, "us", false)
			w.puts(oda, "desks", "  owners: [customer-care]\n"+none)
			w.puts(adam, "lax", desk+none)
			w.went(v2, "us", false)
		}, false, "nobody is asked by the rule count 2 (by oda)", "oda"},
		{"an ordinary release since the hotfix path is wider", func() {
			w.puts(adam, "desks", desk+two+path)
			w.went(v1, "eu", false)
			w.puts(oda, "desks", desk+two+wide)
			w.went(v2, "eu", false)
		}, true, "a hotfix goes without simulation (by oda)", "oda"},
		{"a hotfix on the wider path since", func() {
			w.puts(adam, "desks", desk+two+path)
			w.went(v1, "eu", false)
			w.puts(oda, "desks", desk+two+wide)
			w.went(v1, "eu", true)
			w.went(v2, "eu", false)
		}, true, "", ""},
		{"another pipeline with a wider path, and an ordinary release by it", func() {
			w.puts(adam, "desks", "  owners: [customer-care]\n"+two+path)
			w.went(v1, "eu", true)
			w.puts(oda, "wide", desk+two+wide)
			w.went(v2, "eu", false)
		}, true, "a hotfix goes without simulation", "oda"},
		{"the pipeline is deleted", func() {
			w.puts(adam, "desks", desk+two)
			w.went(v1, "eu", false)
			w.puts(adam, "rest", "  agents: [rest]\n"+none)
			w.must(w.DeletePipeline(t.Context(), oda, "desks"))
			w.puts(adam, "rest", desk+none)
		}, false, "is gone (deleted by oda)", "oda"},
		{"the agent is taken out of the pipeline, which somebody else puts last", func() {
			w.puts(adam, "desks", desk+two)
			w.puts(adam, "default", none)
			w.went(v1, "eu", false)
			w.puts(oda, "desks", "  agents: [other]\n"+two)
			w.puts(adam, "desks", "  agents: [other]\n"+two+path)
		}, false, "nobody is asked by the rule count 2", "oda"},
		{"a default that somebody put is deleted", func() {
			w.puts(adam, "default", two)
			w.went(v1, "us", false)
			w.puts(adam, "rest", "  agents: [rest]\n"+two)
			w.must(w.DeletePipeline(t.Context(), oda, "default"))
			w.puts(adam, "default", two)
		}, false, "the pipeline default was deleted, and put again by adam", "oda"},
	} {
		tt.do()
		rel, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: again.Name, Environment: "eu", Hotfix: tt.hotfix, Reason: "test"})
		w.must(err)
		w.move(rel, "cancel")
		switch c := rel.Stage.Change; {
		case tt.says == "" && c != nil:
			t.Errorf("%s: change %q, want none", tt.name, c.What)
		case tt.says == "":
		case c == nil || !strings.Contains(strings.Join(c.What, "; "), tt.says):
			t.Errorf("%s: change %+v, want %q", tt.name, c, tt.says)
		case !slices.Contains(rel.Stage.Makers, tt.maker):
			t.Errorf("%s: makers %v, want %s among them", tt.name, rel.Stage.Makers, tt.maker)
		}
		w.sql(`DELETE FROM pipelines`)
		w.sql(`DELETE FROM snapshots`)
		w.sql(`DELETE FROM deployments`)
		w.sql(`DELETE FROM meta WHERE key LIKE 'pipelines/%'`)
	}
}

// TestBuiltInRulesAreBack: who deletes a default that somebody put loosens the
// rules, too.
func TestBuiltInRulesAreBack(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	v1 := w.push(lean(t, blueprint.TierMedium))
	v2 := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	if pl := w.puts(adam, "default", "  environments: [{name: staging, approvals: [{count: 2}]}, {name: production}]\n"); pl.CreatedBy.Name != "adam" || pl.CreatedAt == 0 {
		t.Errorf("default = put first at %d by %+v, want by adam", pl.CreatedAt, pl.CreatedBy)
	}
	w.went(v1, "production", false)
	w.must(w.DeletePipeline(t.Context(), oda, "default"))
	rel := w.begin(v2, "staging")
	if c := rel.Stage.Change; c == nil || !strings.Contains(c.What[0], "the pipeline default, by which it went out before, is gone (deleted by oda)") || !slices.Contains(rel.Stage.Makers, "oda") {
		t.Errorf("change %+v, makers %v, want the default that oda deleted", c, rel.Stage.Makers)
	}
}

// TestRulesThatAProgramPut: nobody can say yes to weaker rules that a build put,
// until a person answers for them.
func TestRulesThatAProgramPut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := func(n int) string {
		return fmt.Sprintf("  agents: [desk]\n  environments: [{name: staging, approvals: [{count: %d}], rollout: {strategy: all-at-once}}]\n", n)
	}
	w.puts(builds, "desks", spec(1))
	v1 := w.push(lean(t, blueprint.TierMedium))
	if rel := w.promote(v1, "staging"); rel.Stage.Change != nil {
		t.Errorf("first release: change %+v, want none", rel.Stage.Change)
	}
	w.puts(builds, "desks", spec(0))
	v2 := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	rel := w.expect(w.until(w.begin(v2, "staging").ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	if _, err := w.answer(oda, rel.Approval, true); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "builds is a program") {
		t.Errorf("a yes to rules that a program put = %v, want it refused, and why", err)
	}
	w.move(rel, "cancel")

	if pl := w.puts(oda, "desks", spec(0)); pl.Revision != 3 || !slices.ContainsFunc(pl.Eased, func(e resource.Easing) bool { return e.By.Name == "oda" }) {
		t.Errorf("the same put by oda = revision %d, eased %+v, want that oda answers for it", pl.Revision, pl.Eased)
	}
	if again := w.puts(adam, "desks", spec(0)); again.Revision != 3 {
		t.Errorf("the same again = revision %d, want 3", again.Revision)
	}
	rel = w.expect(w.until(w.begin(v2, "staging").ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	if _, err := w.answer(oda, rel.Approval, true); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a yes of oda, who answers for the rules = %v, want it refused", err)
	}
	w.approve(approver, rel.Approval)
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
}
