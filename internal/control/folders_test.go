package control_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// planned is the plan of a push without its deltas.
func (w *world) planned(a *blueprint.Agent) resource.PushPlan {
	w.Helper()
	p, err := w.PlanPush(w.Context(), author, control.PushRequest{Blueprint: a})
	w.must(err)
	p.Delta.Changes, p.Findings = nil, nil
	for i := range p.Serving {
		p.Serving[i].Delta = resource.Delta{}
	}
	return p
}

// TestPlanPush: the plan is what the push then does, and nothing is written by it.
func TestPlanPush(t *testing.T) {
	w := newWorld(t)
	first := deskBlueprint(t, blueprint.TierMedium)
	events := func() int64 {
		w.Helper()
		s, err := w.Ledger(w.Context(), auditor)
		w.must(err)
		return s.Size + s.Pending
	}
	before := events()
	plan := w.planned(first)
	if plan.Latest != "" || plan.Version != "" || len(plan.Serving) != 0 {
		t.Errorf("PlanPush() of a new agent = %+v, want nothing known", plan)
	}
	if _, err := w.Agent(w.Context(), viewer, desk); !fault.Is(err, fault.NotFound) || events() != before {
		t.Errorf("PlanPush() left an agent (%v) or events", err)
	}
	v1 := w.push(first)
	if v1.Digest != plan.Digest {
		t.Errorf("PlanPush().Digest = %s, and the push made %s", plan.Digest, v1.Digest)
	}
	want := resource.PushPlan{Agent: desk, Digest: v1.Digest, Version: v1.Name, Latest: v1.Name, SameBlueprint: true,
		Delta: resource.Delta{From: v1.Digest, To: v1.Digest, Tier: blueprint.TierLow}, Serving: []resource.ServingPlan{}}
	if diff := cmp.Diff(want, w.planned(first)); diff != "" {
		t.Errorf("PlanPush() of what is registered (-want +got):\n%s", diff)
	}
	rel := w.begin(v1, "staging")
	if got := w.planned(first).Serving; len(got) != 1 || got[0].Environment != "staging" || got[0].Release != rel.ID || got[0].Same {
		t.Errorf("PlanPush().Serving while %s moves = %+v", rel.ID, got)
	}
	w.expect(w.follow(rel.ID), resource.ReleasePromoted)
	if diff := cmp.Diff([]resource.ServingPlan{{Environment: "staging", Digest: v1.Digest, Version: v1.Name, Same: true, SameBlueprint: true}}, w.planned(first).Serving); diff != "" {
		t.Errorf("PlanPush().Serving of what serves (-want +got):\n%s", diff)
	}
	second := w.planned(variant(t, first, "Be brief."))
	if second.Version != "" || second.Latest != v1.Name || second.SameBlueprint || second.Serving[0].Same || second.Delta.Tier != blueprint.TierMedium {
		t.Errorf("PlanPush() of a change = %+v", second)
	}
	bad := *first
	bad.Spec.RiskTier = blueprint.TierLow
	if _, err := w.PlanPush(w.Context(), author, control.PushRequest{Blueprint: &bad}); !fault.Is(err, fault.Blocked) {
		t.Errorf("PlanPush() of what does not validate = %v, want BLOCKED", err)
	}

	// The shop is updated, so that what the blueprint's policies say does not fit it.
	w.must(os.WriteFile(filepath.Join(w.dir, "shop", changedShop), nil, 0o600))
	if _, err := w.PlanPush(w.Context(), author, control.PushRequest{Blueprint: first}); !fault.Is(err, fault.Blocked) {
		t.Errorf("PlanPush() with other tools = %v, want BLOCKED", err)
	}
	drift, err := w.Drift(w.Context(), operator, desk)
	w.must(err)
	if len(drift.Tools) == 0 {
		t.Fatal("Drift() finds nothing though the tools changed")
	}
	for _, d := range drift.Tools {
		if diff := cmp.Diff(resource.ToolDrift{Environments: []string{"staging"}, Version: v1.Name, Server: "shop", Tool: d.Tool, Kind: "input",
			Message: "its input schema changed"}, d); diff != "" {
			t.Errorf("Drift() (-want +got):\n%s", diff)
		}
	}
	w.must(os.Remove(filepath.Join(w.dir, "shop", changedShop)))
	if drift, err := w.Drift(w.Context(), operator, desk); err != nil || len(drift.Tools) != 0 {
		t.Errorf("Drift() = %+v, %v, want none", drift, err)
	}
}

// TestRetire: a retired agent serves nowhere until it is released again, two who
// retire it at once are one, and a release that moves is in the way.
func TestRetire(t *testing.T) {
	w := newWorld(t)
	first := deskBlueprint(t, blueprint.TierMedium)
	v1 := w.push(first)
	if ds, err := w.Retire(w.Context(), operator, desk, "test"); err != nil || len(ds) != 0 {
		t.Errorf("Retire() of what serves nowhere = %v, %v, want nothing to stop", ds, err)
	}
	environments := "  environments: [{name: staging, approvals: [{count: 0}], rollout: {strategy: %s}}, {name: production, approvals: [{count: 1}]}]\n"
	w.pipeline(fmt.Sprintf(environments, "all-at-once"))
	w.promote(v1, "staging")
	w.invoke("staging", "s1", "A-10001")
	v2 := w.push(variant(t, first, "Be brief."))
	rel := w.begin(v2, "staging")
	if !w.until(rel.ID, resource.ReleasePromoted).State.Final() {
		t.Fatal("the second release does not end")
	}
	if _, err := w.Retire(w.Context(), operator, desk, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("Retire() without a reason = %v, want INVALID", err)
	}
	if _, err := w.Retire(w.Context(), operator, "nobody", "test"); !fault.Is(err, fault.NotFound) {
		t.Errorf("Retire(nobody) = %v, want NOT_FOUND", err)
	}
	var wg sync.WaitGroup
	stopped := make([]int, 4)
	for i := range stopped {
		wg.Go(func() {
			ds, err := w.Retire(w.Context(), operator, desk, "nobody needs it")
			if err != nil {
				t.Errorf("Retire() = %v", err)
			}
			stopped[i] = len(ds)
		})
	}
	wg.Wait()
	if sum := stopped[0] + stopped[1] + stopped[2] + stopped[3]; sum != 1 {
		t.Errorf("four retirements at once stopped %v deployments, want one of them one", stopped)
	}
	_, err := w.Invoke(w.Context(), app, desk, control.InvokeRequest{Environment: "staging", Session: "s1", Input: refundOf("A-10002")})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("Invoke() of a retired agent = %v, want UNAVAILABLE", err)
	}
	if drift, err := w.Drift(w.Context(), operator, desk); err != nil || len(drift.Tools) != 0 {
		t.Errorf("Drift() of a retired agent = %+v, %v, want none", drift, err)
	}
	w.pipeline(fmt.Sprintf(environments, "blue-green"))
	rel = w.expect(w.until(w.begin(v2, "staging").ID, resource.ReleasePreview), resource.ReleasePreview)
	tried, err := w.Invoke(w.Context(), app, desk, control.InvokeRequest{Environment: "staging", Preview: true, Input: refundOf("A-10002")})
	if err != nil || tried.Outcome != resource.OutcomeSuccess {
		t.Errorf("Invoke() of a preview where the agent is retired = %s (%s), %v, want success", tried.Outcome, tried.Message, err)
	}
	w.expect(w.until(w.move(rel, "promote").ID, resource.ReleasePromoted), resource.ReleasePromoted)
	w.invoke("staging", "s1", "A-10003")

	rel = w.begin(v2, control.Production)
	w.until(rel.ID, resource.ReleaseAwaiting, resource.ReleaseCanary)
	if _, err := w.Retire(w.Context(), operator, desk, "test"); !fault.Is(err, fault.Conflict) {
		t.Errorf("Retire() while a release moves = %v, want CONFLICT", err)
	}
}
