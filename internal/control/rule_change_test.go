package control_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// oda may push, put pipelines, release and approve.
var oda = person("oda", resource.RoleDeveloper, resource.RoleOperator, resource.RoleApprover)

// event is a ledger event of an action about a thing.
func (w *world) event(kind, id, action string) resource.Event {
	w.Helper()
	es, err := w.EventsOf(w.Context(), viewer, kind, id, control.Page{Limit: 1000})
	w.must(err)
	i := slices.IndexFunc(es, func(e resource.LedgerEntry) bool { return e.Event.Action == action })
	if i < 0 {
		w.Fatalf("the ledger has no event %s of %s", action, id)
	}
	return es[i].Event
}

// TestNobodyLoosensTheRulesAlone: however the rules of an agent that went out come
// to ask less, its next release needs somebody else's yes, and says why.
func TestNobodyLoosensTheRulesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(name, spec string) {
		t.Helper()
		_, err := w.PutPipeline(t.Context(), oda, parsedPipeline(t, name, spec), 0)
		w.must(err)
	}
	const lax = "  environments: [{name: production, approvals: [{count: 0}], rollout: {strategy: all-at-once}}]\n"
	const strict = `  owners: [payments]
  environments:
    - name: production
      approvals: [{count: 2}]
      rollout: {strategy: all-at-once}
  hotfix: {skip: [order], approvals: [{count: 1}]}
`
	agent := func(owner, wording string) *blueprint.Agent {
		a := lean(t, blueprint.TierMedium)
		a.Metadata.Owner = owner
		a.Spec.Instructions += wording
		return a
	}
	// started is the change of the rules of a release that is started and taken back.
	started := func(what string, v resource.Version, hotfix bool) *resource.RuleChange {
		t.Helper()
		rel, err := w.StartRelease(t.Context(), oda, control.ReleaseRequest{Version: v.Name, Environment: "production", Hotfix: hotfix, Reason: what})
		w.must(err)
		w.move(rel, "cancel")
		if c := rel.Stage.Change; c != nil && c.Approvals[0].Count != 1 {
			t.Errorf("%s: approvals %+v, want one yes first", what, c.Approvals)
		}
		return rel.Stage.Change
	}
	wants := func(what string, c *resource.RuleChange, reason string) {
		t.Helper()
		if c == nil || !strings.Contains(strings.Join(c.What, "; "), reason) {
			t.Errorf("%s: change %+v, want %q", what, c, reason)
		}
	}

	put("payments", strict)
	v1 := w.push(agent("payments", ""))
	first := w.promote(v1, "production")
	if first.Stage.Change != nil || !slices.Equal(first.Stage.Makers, []string{"oda"}) {
		t.Errorf("first release: change %+v, makers %v, want no change: there is nothing before it", first.Stage.Change, first.Stage.Makers)
	}
	v2 := w.push(agent("payments", " Be brief."))
	if c := started("same rules", v2, false); c != nil {
		t.Errorf("same rules: change %+v, want none", c)
	}

	// Another pipeline that names the agent.
	put("evil", "  agents: [desk]\n"+lax)
	if e := w.event("pipeline", "evil", "pipeline.put"); e.Attrs["agents"] != "desk" {
		t.Errorf("ledger entry = %v, want the agent whose rules change", e.Attrs)
	}
	rel, err := w.StartRelease(t.Context(), oda, control.ReleaseRequest{Version: v2.Name, Environment: "production"})
	w.must(err)
	wants("another pipeline", rel.Stage.Change, "nobody is asked by the rule count 2")
	rel = w.expect(w.until(rel.ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	view, err := w.ShowApproval(t.Context(), oda, rel.Approval)
	w.must(err)
	if a := view.Approval; a.Quorum != 2 || len(a.Rules) != 2 || len(view.Names) != 0 || !slices.Contains(a.Excluded, "oda") {
		t.Errorf("approval: quorum %d, %d rules, excluded %v, oda answers as %v; want the rules of before, and oda by none", a.Quorum, len(a.Rules), a.Excluded, view.Names)
	}
	w.move(rel, "cancel")
	w.must(w.DeletePipeline(t.Context(), oda, "evil"))
	if e := w.event("pipeline", "evil", "pipeline.deleted"); e.Attrs["agents"] != "desk" {
		t.Errorf("ledger entry = %v, want the agent whose rules change", e.Attrs)
	}

	// Another owner, whose pipeline asks nobody.
	put("sandbox", "  owners: [sandbox]\n"+lax)
	wants("another owner", started("another owner", w.push(agent("sandbox", "")), false), "nobody is asked by the rule count 2")

	// A wider hotfix path, and rules that were made weaker and strict again.
	put("payments", strings.ReplaceAll(strict, "[order]", "[order, simulation]"))
	wants("hotfix", started("hotfix", v2, true), "a hotfix goes without simulation (by oda)")
	if c := started("no hotfix", v2, false); c != nil {
		t.Errorf("no hotfix: change %+v, want none", c)
	}
	put("payments", strings.ReplaceAll(strict, "count: 2", "count: 3"))
	put("payments", strict)
	wants("a rule that held for nobody yet", started("undone", v2, false), "count 3 (by oda)")

	// The pipeline goes, and comes again.
	w.must(w.DeletePipeline(t.Context(), oda, "sandbox"))
	_, err = w.PutPipeline(t.Context(), oda, parsedPipeline(t, "other", "  owners: [other]\n"+lax), 0)
	w.must(err)
	w.must(w.DeletePipeline(t.Context(), oda, "payments"))
	put("again", strict)
	wants("gone", started("gone", v2, false), "the pipeline payments, by which it went out before, is gone")
	w.must(w.DeletePipeline(t.Context(), oda, "again"))
	put("payments", strict)
	wants("put again", started("put again", v2, false), "was deleted, and put again by oda")

	// Accepted rules are the rules from then on.
	put("evil", "  agents: [desk]\n"+lax)
	w.expect(w.until(w.promote(v2, "production").ID, resource.ReleasePromoted), resource.ReleasePromoted)
	if c := started("accepted", v1, false); c != nil {
		t.Errorf("accepted: change %+v, want none", c)
	}

	// Nothing serves beside which a canary could go.
	put("evil", "  agents: [desk]\n  environments: [{name: production, approvals: [{count: 0}]}]\n")
	_, err = w.Retire(t.Context(), operator, desk, "moved")
	w.must(err)
	wants("retired", started("retired", v1, false), "without canary")
	_, err = w.StartRelease(t.Context(), oda, control.ReleaseRequest{Version: v1.Name, Environment: "none"})
	w.wants(err, fault.Invalid, "StartRelease() into no environment")
}

// TestRulesOfAnotherEnvironment: an agent that went out elsewhere takes its
// pipeline with it.
func TestRulesOfAnotherEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	w.promote(v, "staging")
	begin := func() resource.Release {
		t.Helper()
		rel := w.begin(v, "production")
		w.move(rel, "cancel")
		return rel
	}
	if rel := begin(); rel.Stage.Change != nil {
		t.Errorf("change = %+v, want none: the built-in pipeline is as it was", rel.Stage.Change)
	}
	w.pipeline("  environments: [{name: production, approvals: [{count: 0}], rollout: {strategy: all-at-once}}]\n")
	c := begin().Stage.Change
	if c == nil || len(c.What) < 3 || c.Pipeline != "default" {
		t.Fatalf("change = %+v, want the order, the canary and the people of the pipeline that it went out by", c)
	}
	w.must(w.DeletePipeline(t.Context(), operator, "desks"))
	_, err := w.PutPipeline(t.Context(), operator, parsedPipeline(t, "default", "  environments: [{name: staging}, {name: production, soak: 1h}]\n"), 0)
	w.must(err)
	if rel := begin(); rel.Stage.Change != nil {
		t.Errorf("change = %+v, want none: the default pipeline only got stricter", rel.Stage.Change)
	}
	_, err = w.PutPipeline(t.Context(), operator, parsedPipeline(t, "default", "  environments: [{name: staging}, {name: production, approvals: [{count: 0}], soak: 1h}]\n"), 0)
	w.must(err)
	if rel := begin(); rel.Stage.Change == nil || !slices.Contains(rel.Stage.Makers, "olga") {
		t.Errorf("stage = %+v, want the rules that olga made weaker since", rel.Stage)
	}
}
