package control_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// recovering is a drill that was detected, and that cannot verify what serves: the
// model is away from then on.
func (w *world) recovering() resource.Drill {
	w.Helper()
	w.models.hold(func(*http.Request) {
		if w.sqlCount(`SELECT count(*) FROM releases WHERE state = 'rolling_back'`) > 0 {
			panic(http.ErrAbortHandler)
		}
	})
	d := w.drill()
	w.until(d.ID, resource.ReleaseRollingBack)
	return d
}

// yielded asks that a drill that was detected has made way, and left no incident.
func (w *world) yielded(d resource.Drill) {
	w.Helper()
	got, err := w.Drill(w.Context(), viewer, d.ID)
	w.must(err)
	if got.State != resource.DrillCancelled || got.Evidence != "" || got.DecidedAt == 0 || !strings.HasPrefix(got.Why, "the drill makes way") {
		w.Errorf("Drill() = %+v, want it cancelled after its rollback began", got)
	}
	in, err := w.Incident(w.Context(), viewer, got.Incident)
	w.must(err)
	if in.State != "resolved" || in.RCA == nil || in.RCA.Cause != "drill" {
		w.Errorf("Incident() = %+v, want it resolved as a drill", in)
	}
}

// TestDrillRollingBackMakesWay: what people want goes before a drill that is being
// rolled back, too, and nothing has to be verified for that.
func TestDrillRollingBackMakesWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drillsIn("")
	good := w.push(lean(t, blueprint.TierMedium))
	w.promote(good, "staging")
	v := w.push(variant(t, lean(t, blueprint.TierMedium), "Be kind."))
	w.promote(v, "staging")
	third := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))

	d := w.recovering()
	_, err := w.StartDrill(t.Context(), operator, desk, control.DrillRequest{})
	w.wants(err, fault.Conflict, "StartDrill() beside one that is rolling back")
	rel := w.begin(third, "staging")
	if rel.State != resource.ReleaseChecking {
		t.Errorf("StartRelease() beside a drill = %s, want it checking at once", rel.State)
	}
	w.yielded(d)
	w.move(rel, "cancel")

	d = w.recovering()
	rel, err = w.Rollback(t.Context(), operator, desk, "staging", "it is bad")
	w.must(err)
	w.yielded(d)
	if rel.Digest != v.Digest || rel.RolledBackTo != good.Digest || w.serving("staging").Stable != good.Digest {
		t.Errorf("Rollback() of v%d to %s, want %s rolled back to %s", rel.Version, rel.RolledBackTo, v.Name, good.Name)
	}
	w.models.hold(nil)
	w.advance(time.Minute)
	w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)

	d = w.recovering()
	_, err = w.Retire(t.Context(), operator, desk, "enough")
	w.must(err)
	w.yielded(d)
	if dep := w.serving("staging"); !dep.Retired || dep.Paused || dep.Drill {
		t.Errorf("Deployment() = %+v, want it retired", dep)
	}
	if n := w.notices.count("drill.not_run") + w.notices.count("drill.missed"); n != 0 {
		t.Errorf("%d notices of drills that made way, want none", n)
	}
}

// TestDrillCannotBePlayed: a drill without a model is cancelled, opens no incident
// and keeps nobody out.
func TestDrillCannotBePlayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drillsIn("")
	w.promote(w.push(lean(t, blueprint.TierMedium)), "staging")
	next := w.push(variant(t, lean(t, blueprint.TierMedium), "Be kind."))
	w.promote(next, "staging")
	w.noModel = true
	w.restart()
	d := w.drilled(w.drill().ID)
	if d.State != resource.DrillCancelled || d.Incident != "" || d.Evidence != "" || !strings.HasPrefix(d.Why, "its traffic could not be played: ") {
		t.Errorf("Drill() without a model = %+v, want it cancelled without an incident", d)
	}
	w.eventually("the notice", func() bool { return w.notices.count("drill.not_run") == 1 })
	if n := w.notices.count("drill.missed"); n != 0 {
		t.Errorf("%d notices of a missed drill, want none", n)
	}
	rel, err := w.Rollback(t.Context(), operator, desk, "staging", "it is bad")
	w.must(err)
	if rel.Digest != next.Digest || rel.State != resource.ReleaseRollingBack {
		t.Errorf("Rollback() = %s of v%d, want %s rolling back", rel.State, rel.Version, next.Name)
	}
}

// TestDrillHarmless: a drill whose version the canary takes for a good one is
// missed, and never gets all traffic.
func TestDrillHarmless(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drillsIn(", rollout: {canary: {steps: [{weight: 50, runs: 20}], beta: 0.5, maxFailureRate: 0.5}}")
	good := w.push(lean(t, blueprint.TierMedium))
	w.promote(good, "staging")
	var d resource.Drill
	w.holdModel(func() {
		d = w.drill()
		w.until(d.ID, resource.ReleaseCanary)
		w.workers = false
		w.restart() // its versions are read again
		if n := w.sql(`UPDATE versions SET manifest = replace(manifest, '"expression":"false"', '"expression":"true"') WHERE digest = $1`, d.Digest); n != 1 {
			t.Fatalf("%d versions changed, want 1", n)
		}
		w.workers = true
	})
	w.restart()
	d = w.drilled(d.ID)
	if d.State != resource.DrillMissed || d.Why != "the canary found the drill's version harmless" {
		t.Errorf("Drill() = %+v, want it missed because it was found harmless", d)
	}
	if dep := w.serving("staging"); dep.Stable != good.Digest || dep.Candidate != "" || dep.Paused {
		t.Errorf("Deployment() = %+v, want what served", dep)
	}
}

// TestDrillMakesWayForPromotion: a version that goes on by itself goes before a
// drill.
func TestDrillMakesWayForPromotion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(`  environments:
    - {name: dev, approvals: [{count: 0}], rollout: {strategy: all-at-once}, soak: 1h}
    - {name: staging, auto: true, approvals: [{count: 0}]}
    - {name: production, approvals: [{count: 0}]}
`)
	on := func(v resource.Version, before func()) {
		t.Helper()
		rel := w.expect(w.until(w.begin(v, "dev").ID, resource.ReleaseSoaking), resource.ReleaseSoaking)
		before()
		w.move(rel, "promote")
	}
	v := w.push(lean(t, blueprint.TierMedium))
	on(v, func() {})
	w.expect(w.into(v, "staging"), resource.ReleasePromoted)
	next := w.push(variant(t, lean(t, blueprint.TierMedium), "Be kind."))
	var d resource.Drill
	on(next, func() {
		d = w.recovering()
	})
	w.yielded(d)
	list, err := w.Releases(t.Context(), viewer, control.ReleaseFilter{Agent: desk, Environment: "staging", Digest: next.Digest}, control.Page{})
	w.must(err)
	if len(list) != 1 || list[0].State == resource.ReleasePending {
		t.Errorf("Releases() of %s in staging = %+v, want one that has begun", next.Name, list)
	}
}
