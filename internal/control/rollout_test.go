package control_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// staged is one environment without people, with more in its stage.
func (w *world) staged(more string) {
	w.Helper()
	w.pipeline("  environments: [{name: staging, approvals: [{count: 0}], " + more + "}]\n")
}

// closedAccount is an order whose refund the shop refuses.
func closedAccount(n int) string { return refunddesk.OrderID(42 + 700*n) }

// someOrder is one that no other call gets.
var someOrder atomic.Int64

// served asks that new sessions get a version.
func (w *world) served(number int) {
	w.Helper()
	if run := w.invoke("staging", "", plainOrder(100+int(someOrder.Add(1)))); run.Version != number {
		w.Errorf("Invoke() = v%d, want v%d to serve", run.Version, number)
	}
}

const soaked = "rollout: {strategy: all-at-once}, soak: 1h, after: [{name: errors, metric: errorRate, above: 0.5, minRuns: 3}]"

// TestSoak: a version that has all traffic is promoted after its time, when what
// is watched was measured and holds; nothing measured is a hold.
func TestSoak(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staged(soaked)
	v := w.push(lean(t, blueprint.TierMedium))
	rel := w.expect(w.until(w.begin(v, "staging").ID, resource.ReleaseSoaking), resource.ReleaseSoaking)
	w.served(1)
	w.restart() // a soaking version is served by its release also when nothing is loaded
	w.served(1)
	if d := w.serving("staging"); !d.Soaking || d.Stable != v.Digest || d.Release != rel.ID {
		t.Errorf("Deployment() = %+v, want v1 soaking", d)
	}
	if n := w.kinds(v, resource.EvidencePromotion); n != 0 {
		t.Errorf("%d promotions are signed while it soaks, want none", n)
	}
	w.advance(time.Hour)
	rel = w.expect(w.until(rel.ID, resource.ReleasePaused), resource.ReleasePaused)
	if rel.PausedFrom != resource.ReleaseSoaking || !strings.Contains(rel.Reason, "measured") {
		t.Errorf("paused from %s: %q, want from soaking because too little was measured", rel.PausedFrom, rel.Reason)
	}
	w.move(rel, "resume")
	w.served(1)
	w.advance(time.Hour)
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	if n := w.kinds(v, resource.EvidencePromotion); n != 1 {
		t.Errorf("%d promotions are signed after the soak, want 1", n)
	}
	if d := w.serving("staging"); d.Soaking || d.Release != "" {
		t.Errorf("Deployment() = %+v, want it settled", d)
	}
}

// kinds counts the verified evidence of a kind about a version.
func (w *world) kinds(v resource.Version, kind string) (n int) {
	w.Helper()
	es, err := w.Evidence(w.Context(), viewer, v.Name)
	w.must(err)
	for _, e := range es {
		if e.Kind == kind && e.Verified {
			n++
		}
	}
	return n
}

// TestSoakRollsBack: a figure over its bound takes the version back at once, to
// what served before it; what was restored is watched, and never rolls back
// further by itself.
func TestSoakRollsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	half := 0.5
	a.Spec.Monitor.Alerts = []blueprint.Alert{{Name: "errors", Metric: "errorRate", Above: &half, MinRuns: 3}}
	v1 := w.push(a)
	w.staged("rollout: {strategy: all-at-once}")
	w.promote(v1, "staging")
	w.staged(soaked)
	v2 := w.push(variant(t, a, "Be brief."))
	rel := w.expect(w.until(w.begin(v2, "staging").ID, resource.ReleaseSoaking), resource.ReleaseSoaking)
	w.must(w.CheckAlerts(t.Context()))
	w.expect(w.until(rel.ID, resource.ReleaseSoaking), resource.ReleaseSoaking)
	for i := range 4 {
		w.invoke("staging", "", closedAccount(i))
	}
	w.must(w.CheckAlerts(t.Context()))
	rel = w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	if rel.RolledBackTo != v1.Digest || !strings.Contains(rel.Reason, "v1") || rel.Incident == "" {
		t.Errorf("release = %+v, want it rolled back to v1 with an incident", rel)
	}
	w.served(1)
	if in, err := w.Incident(w.Context(), viewer, rel.Incident); err != nil || in.Cause != "soak" {
		t.Errorf("Incident() = caused by %q, %v, want by the soak", in.Cause, err)
	}

	for i := range 4 { // the restored version is in trouble too
		w.invoke("staging", "", closedAccount(i))
	}
	w.must(w.CheckAlerts(t.Context()))
	w.eventually("people are called", func() bool { return w.notices.count("rollback.restored_failing") == 1 })
	if d := w.serving("staging"); d.Stable != v1.Digest || d.Stopped || d.Paused {
		t.Errorf("Deployment() = %+v, want v1 to serve on: nothing flaps", d)
	}
	w.advance(10 * time.Minute)
	w.eventually("the watch ends", func() bool {
		es, err := w.EventsOf(t.Context(), viewer, "incident", rel.Incident, control.Page{})
		w.must(err)
		return es[0].Event.Action == "incident.watched" && strings.Contains(es[0].Event.Reason, "Watched for 10m0s")
	})
}

// TestBlueGreen: the candidate is asked for by name, gets no routed session, and
// then all of them at once.
func TestBlueGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	v1 := w.push(a)
	w.staged("rollout: {strategy: all-at-once}")
	w.promote(v1, "staging")
	_, err := w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Preview: true, Input: refundOf(plainOrder(1))})
	w.wants(err, fault.NotFound, "Invoke() of a preview that there is not")
	w.staged("rollout: {strategy: blue-green}")
	v2 := w.push(variant(t, a, "Be brief."))
	rel := w.expect(w.until(w.begin(v2, "staging").ID, resource.ReleasePreview), resource.ReleasePreview)
	for i, req := range []control.InvokeRequest{{Release: rel.ID}, {Preview: true}, {Release: rel.ID, Session: "s"}} {
		req.Environment, req.Input = "staging", refundOf(plainOrder(10+i))
		run, err := w.Invoke(t.Context(), app, desk, req)
		w.must(err)
		if run.Version != 2 || run.Release != rel.ID || run.Outcome != resource.OutcomeSuccess {
			t.Errorf("Invoke(%+v) = v%d of %q, %s, want v2 by its release", req, run.Version, run.Release, run.Outcome)
		}
	}
	if run := w.invoke("staging", "s", plainOrder(20)); run.Version != 1 {
		t.Errorf("Invoke() of a session that tried the preview = v%d, want v1", run.Version)
	}
	w.advance(240 * time.Hour) // it waits for a person, and is checked again by then
	w.served(1)
	w.move(rel, "promote")
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	w.served(2)
	_, err = w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Release: rel.ID, Input: refundOf(plainOrder(1))})
	w.wants(err, fault.Conflict, "Invoke() by a release that has ended")

	w.staged("rollout: {strategy: blue-green, preview: 10m}") // a preview that ends by itself asks less
	rel = w.expect(w.until(w.begin(w.push(variant(t, a, "Be kind.")), "staging").ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	w.approve(approver, rel.Approval)
	rel = w.expect(w.until(rel.ID, resource.ReleasePreview), resource.ReleasePreview)
	w.advance(10 * time.Minute)
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	w.served(3)
}

// TestRollbackBesidePreview: what serves is rolled back while another version is
// previewed beside it: that one is held, and goes nowhere by itself.
func TestRollbackBesidePreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	w.staged("rollout: {strategy: all-at-once}")
	w.promote(w.push(a), "staging")
	w.promote(w.push(variant(t, a, "Be kind.")), "staging")
	w.staged("rollout: {strategy: blue-green}")
	rel := w.expect(w.until(w.begin(w.push(variant(t, a, "Be brief.")), "staging").ID, resource.ReleasePreview), resource.ReleasePreview)
	var back resource.Release
	w.holdModel(func() { // what is restored is being verified
		var err error
		back, err = w.Rollback(t.Context(), operator, desk, "staging", "v2 is unkind")
		w.must(err)
		rel = w.expect(w.until(rel.ID, resource.ReleasePaused), resource.ReleasePaused)
		_, err = w.MoveRelease(t.Context(), operator, rel.ID, "resume", "test")
		w.wants(err, fault.Conflict, "resume of a preview during a rollback")
		_, err = w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Preview: true, Input: refundOf(plainOrder(1))})
		w.wants(err, fault.NotFound, "Invoke() of the preview")
	})
	w.expect(w.until(back.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	w.served(1)
	rel = w.move(w.move(rel, "resume"), "pause")
	w.move(rel, "promote")
	rel = w.expect(w.until(rel.ID, resource.ReleaseRejected), resource.ReleaseRejected)
	if !strings.Contains(rel.Reason, "baseline") {
		t.Errorf("reason = %q, want that what it was compared with is gone", rel.Reason)
	}
}

// TestShadow: the candidate gets copies of live runs, whose effects are made once,
// and goes on when it does no worse.
func TestShadow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	w.staged("rollout: {strategy: all-at-once}")
	w.promote(w.push(a), "staging")
	w.staged("rollout: {strategy: all-at-once, shadow: {runs: 4}}")
	v2 := w.push(withRegression(t, a))
	rel := w.expect(w.until(w.begin(v2, "staging").ID, resource.ReleaseShadow), resource.ReleaseShadow)
	for i := range 3 {
		w.invoke("staging", "", plainOrder(i))
	}
	w.eventually("three pairs", func() bool { return w.pairs(rel.ID) == 3 })
	w.invoke("staging", "", order(0, true)) // it was shipped for money, which v2 refunds too
	rel = w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	results, err := w.ShadowResults(t.Context(), viewer, rel.ID)
	w.must(err)
	if s := rel.Shadow; s.Runs != 4 || s.OnlyCopy+s.OnlyLive != 0 || s.Differs != 1 || len(results) != 4 {
		t.Errorf("shadow = %+v with %d results, want 4 runs of which one differs", s, len(results))
	}
	last := results[len(results)-1]
	if got := strings.Join(last.Differs, "; "); !strings.Contains(got, "arguments of issue_refund") {
		t.Errorf("the last pair differs in %q, want the arguments of issue_refund", got)
	}
	again, err := w.Control.Run(t.Context(), viewer, last.Copy)
	w.must(err)
	if again.Mode != resource.RunShadow || again.Version != 2 || again.Release != rel.ID || len(again.Steps) == 0 {
		t.Errorf("the copy = %s of v%d with %d steps, want a shadow run of v2", again.Mode, again.Version, len(again.Steps))
	}
	if n := w.refunds(""); n != 4 {
		t.Errorf("the shop refunded %d times, want 4: a copy has no effect", n)
	}
	w.eventually("shadow evidence", func() bool { return w.kinds(v2, resource.EvidenceShadow) == 1 })
	figures, err := w.Figures(t.Context(), viewer, control.FiguresQuery{Agent: desk, Environment: "staging", Digest: v2.Digest})
	w.must(err)
	if len(figures) != 0 {
		t.Errorf("Figures() = %+v, want none of copies", figures)
	}
}

func (w *world) pairs(id string) int {
	w.Helper()
	results, err := w.ShadowResults(w.Context(), viewer, id)
	w.must(err)
	return len(results)
}

// TestShadowDeadline: too few runs are no verdict, and a person goes on.
func TestShadowDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	w.staged("rollout: {strategy: all-at-once}")
	w.promote(w.push(a), "staging")
	w.staged("rollout: {strategy: all-at-once, shadow: {runs: 4, deadline: 2h}}")
	rel := w.expect(w.until(w.begin(w.push(variant(t, a, "Be brief.")), "staging").ID, resource.ReleaseShadow), resource.ReleaseShadow)
	w.invoke("staging", "", plainOrder(1))
	w.eventually("a pair", func() bool { return w.pairs(rel.ID) == 1 })
	w.advance(2 * time.Hour)
	rel = w.expect(w.until(rel.ID, resource.ReleasePaused), resource.ReleasePaused)
	w.move(rel, "promote")
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
}

// TestProgressDeadline: a step that makes no progress is held, and people are told.
func TestProgressDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staged("progressDeadline: 30m")
	v := w.push(lean(t, blueprint.TierMedium))
	w.holdModel(func() {
		rel := w.begin(v, "staging")
		w.advance(29 * time.Minute)
		w.expect(w.until(rel.ID, resource.ReleaseChecking), resource.ReleaseChecking)
		w.advance(time.Minute)
		rel = w.expect(w.until(rel.ID, resource.ReleasePaused), resource.ReleasePaused)
		if rel.PausedFrom != resource.ReleaseChecking || !strings.Contains(rel.Reason, "30m") {
			t.Errorf("paused from %s: %q, want from checking after 30m", rel.PausedFrom, rel.Reason)
		}
		w.eventually("people are told", func() bool { return w.notices.count("release.paused") == 1 })
	})
}

// TestRollbackOfTheOnlyVersion: nothing is left to serve; it is said aloud.
func TestRollbackOfTheOnlyVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierMedium)), "staging")
	rel, err := w.Rollback(t.Context(), operator, desk, "staging", "test")
	w.must(err)
	rel = w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	if rel.RolledBackTo != "" || !rel.Stopped() {
		t.Errorf("rolled back to %q, stopped %v, want nothing to serve", rel.RolledBackTo, rel.Stopped())
	}
	w.eventually("people are called", func() bool { return w.notices.count("traffic.stopped") == 1 })
	_, err = w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Input: refundOf(plainOrder(1))})
	w.wants(err, fault.Unavailable, "Invoke() with nothing to serve")
}

// TestSessions: after a rollback, sessions of the bad version move to the good one,
// or finish where they are when the pipeline says so; new ones never get it.
func TestSessions(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"move": 1, "finish": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := lean(t, blueprint.TierMedium)
			w.staged("rollout: {strategy: all-at-once}")
			w.promote(w.push(a), "staging")
			w.staged("rollout: {strategy: all-at-once, sessions: " + name + "}")
			w.promote(w.push(variant(t, a, "Be brief.")), "staging")
			if run := w.invoke("staging", "s", plainOrder(1)); run.Version != 2 {
				t.Fatalf("Invoke() = v%d, want v2", run.Version)
			}
			rel, err := w.Rollback(t.Context(), operator, desk, "staging", "test")
			w.must(err)
			w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
			w.restart()
			if run := w.invoke("staging", "s", plainOrder(2)); run.Version != want {
				t.Errorf("Invoke() of the session = v%d, want v%d", run.Version, want)
			}
			w.served(1)
		})
	}
}

// TestQuarantineElsewhere: a version that is rolled back in one environment goes on
// serving in another, which people are told; nothing of it goes on by itself.
func TestQuarantineElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(`  environments:
    - {name: staging, approvals: [{count: 0}]}
    - {name: production, auto: true, approvals: [{count: 0}], rollout: {strategy: all-at-once}}
`)
	a := lean(t, blueprint.TierMedium)
	w.promote(w.push(a), "staging")
	w.eventually("v1 in production", func() bool { return w.serving(control.Production).Stable != "" })
	v2 := w.push(variant(t, a, "Be brief."))
	w.promote(v2, "staging")
	w.eventually("v2 in production", func() bool { return w.serving(control.Production).Stable == v2.Digest })
	rel, err := w.Rollback(t.Context(), operator, desk, control.Production, "complaints")
	w.must(err)
	w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	w.served(2) // in staging
	w.once("version", v2.Name, "version.still_serves")
	w.eventually("people are told", func() bool { return w.notices.count("version.still_serves") == 1 })
	for _, env := range []string{"staging", control.Production} {
		_, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v2.Name, Environment: env})
		w.wants(err, fault.Blocked, "StartRelease() of a version in quarantine into "+env)
	}
	if d := w.serving(control.Production); d.Stable == v2.Digest || d.Candidate != "" {
		t.Errorf("Deployment() = %+v, want v1 in production", d)
	}
}
