package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestHotfix: it goes without what the pipeline lists and nothing else, by its own
// approvals, and everybody sees it.
func TestHotfix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(`  environments:
    - {name: staging}
    - name: production
      before: [{name: pen-test, external: true}]
      freeze: [{name: always, start: 2020-01-01T00:00, rrule: FREQ=DAILY, duration: 25h}]
  hotfix:
    skip: [order, simulation, evaluation, canary, freeze]
    approvals: [{count: 2}]
`)
	v := w.push(lean(t, blueprint.TierMedium))
	fix := control.ReleaseRequest{Version: v.Name, Environment: "production", Hotfix: true}
	_, err := w.StartRelease(t.Context(), author, fix)
	w.wants(err, fault.Invalid, "StartRelease() of a hotfix without a reason")
	fix.Reason = "refunds are paid twice"
	rel, err := w.StartRelease(t.Context(), author, fix)
	w.must(err)
	rel = w.expect(w.until(rel.ID, resource.ReleaseRejected), resource.ReleaseRejected)
	if !strings.Contains(rel.Reason, "pen-test") {
		t.Errorf("reason = %q, want the gate that a hotfix does not skip", rel.Reason)
	}
	w.submit(v, resource.Pass, "")
	rel, err = w.StartRelease(t.Context(), author, fix)
	w.must(err)
	rel = w.expect(w.until(rel.ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	a, err := w.Approval(t.Context(), viewer, rel.Approval)
	w.must(err)
	if a.Quorum != 2 {
		t.Errorf("quorum = %d, want the hotfix's own 2", a.Quorum)
	}
	w.approve(approver, rel.Approval)
	w.approve(approver2, rel.Approval)
	rel = w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	for _, name := range []string{"order", "simulation", "evaluation"} {
		if g := gate(rel, name); g.Verdict != resource.Warn || !strings.Contains(g.Message, "hotfix") {
			t.Errorf("gate %s = %+v, want a warning that a hotfix goes without it", name, g)
		}
	}
	for _, name := range []string{"validation", "policy", "smoke", "signature", "quarantine", "pen-test"} {
		if g := gate(rel, name); g.Verdict != resource.Pass {
			t.Errorf("gate %s = %+v, want it to pass", name, g)
		}
	}
	if rel.Stage.Hotfix == nil || rel.Canary != nil || w.notices.count("release.hotfix") != 2 {
		t.Errorf("release has hotfix %v, canary %v; %d notices, want it marked, no canary, and a notice each", rel.Stage.Hotfix, rel.Canary, w.notices.count("release.hotfix"))
	}
	w.once("release", rel.ID, "release.hotfix")
	if run := w.invoke("production", "", plainOrder(0)); run.Version != 1 || run.Outcome != resource.OutcomeSuccess {
		t.Errorf("invoke = v%d, %s, want v1 to serve", run.Version, run.Outcome)
	}
}

// TestHotfixNotOffered: the built-in pipeline has none.
func TestHotfixNotOffered(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	_, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v.Name, Environment: "production", Hotfix: true, Reason: "now"})
	w.wants(err, fault.Invalid, "StartRelease() of a hotfix that no pipeline offers")
}

// TestFreeze: a release that would get traffic in a window waits until it ends, and
// goes on by itself; the yes that it got meanwhile holds.
func TestFreeze(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := w.clock.Now().UTC().Add(-time.Hour)
	w.pipeline("  environments: [{name: staging, approvals: [{count: 1}], rollout: {strategy: all-at-once}, freeze: [{name: holidays, start: " +
		start.Format("2006-01-02T15:04") + ", duration: 62h}]}]\n")
	v := w.push(lean(t, blueprint.TierMedium))
	rel := w.until(w.begin(v, "staging").ID, resource.ReleaseAwaiting)
	w.approve(approver, rel.Approval)
	rel = w.expect(w.until(rel.ID, resource.ReleaseFrozen), resource.ReleaseFrozen)
	until := start.Truncate(time.Minute).Add(62 * time.Hour)
	if got := time.UnixMilli(int64(rel.FrozenUntil)).UTC(); !got.Equal(until) {
		t.Errorf("frozen until %s, want %s", got, until)
	}
	if d := w.serving("staging"); d.Stable != "" || d.Candidate != "" {
		t.Errorf("Deployment() = %+v, want nothing", d)
	}
	w.advance(62 * time.Hour)
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	w.once("release", rel.ID, "release.frozen")
}
