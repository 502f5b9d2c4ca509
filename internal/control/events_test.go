package control_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// TestMoveRelease sends every event to a release in every state: it moves as the
// table of the machine says, or is refused and nothing changes.
func TestMoveRelease(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	states := []resource.ReleaseState{resource.ReleasePending, resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseFrozen, resource.ReleaseDeploying,
		resource.ReleaseSmoke, resource.ReleaseShadow, resource.ReleasePreview, resource.ReleaseCanary, resource.ReleaseSoaking, resource.ReleasePromoted, resource.ReleaseRejected, resource.ReleaseCancelled,
		resource.ReleaseRollingBack, resource.ReleaseRolledBack}
	type place struct{ state, held resource.ReleaseState }
	var places []place
	for _, s := range states {
		if places = append(places, place{s, ""}); !s.Final() && s != resource.ReleaseRollingBack {
			places = append(places, place{resource.ReleasePaused, s})
		}
	}
	type refusal struct{ name, id, event string }
	var refused []refusal
	moved := 0
	for _, event := range []string{"pause", "resume", "cancel", "rollback", "promote"} {
		for _, p := range places {
			name := fmt.Sprintf("%s in %s%s", event, p.state, p.held)
			rel := w.madeUp(p.state, p.held)
			i := -1 // the last row that fits: those before it ask for more
			for n, r := range release.Table() {
				if r.From == p.state && r.Held == p.held && string(r.Event) == event {
					i = n
				}
			}
			if i < 0 {
				refused = append(refused, refusal{name, rel.ID, event})
				continue
			}
			moved++
			got, err := w.MoveRelease(t.Context(), operator, rel.ID, event, "because")
			if err != nil || got.State != release.Table()[i].To || got.Revision != rel.Revision+1 || got.Reason != "because" {
				t.Errorf("%s = %s at revision %d (%s), %v, want %s at revision %d", name, got.State, got.Revision, got.Reason, err,
					release.Table()[i].To, rel.Revision+1)
			}
			w.entered(name, got)
		}
	}
	if moved < 20 || len(refused) < 40 {
		t.Errorf("%d events moved a release and %d do not fit, want at least 20 and 40: this is not the table", moved, len(refused))
	}
	w.unchanged("events that do not fit", func() {
		for _, r := range refused {
			_, err := w.MoveRelease(t.Context(), operator, r.id, r.event, "test")
			w.wants(err, fault.Conflict, r.name)
		}
	})
}

// entered finds the ledger event of a move.
func (w *world) entered(name string, rel resource.Release) {
	w.Helper()
	es, err := w.EventsOf(w.Context(), viewer, "release", rel.ID, control.Page{Limit: 10})
	w.must(err)
	if len(es) != 1 || es[0].Event.Actor != operator.Actor || es[0].Event.Reason != "because" || es[0].Event.Action != "release."+string(rel.State) {
		w.Errorf("%s: the ledger has %+v, want one event by olga with the reason", name, es)
	}
}

// madeUp is a release of an agent of its own, in a state.
func (w *world) madeUp(state, held resource.ReleaseState) resource.Release {
	w.Helper()
	id := newID("rel")
	plan := canary.Plan(blueprint.Canary{})
	m := &resource.Manifest{}
	rel := resource.Release{ID: id, Agent: "agent-" + id, Version: 1, Digest: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(id))), Environment: control.Production, State: state,
		PausedFrom: held, Revision: 1, Baseline: "sha256:old", Plan: plan, Gates: []resource.Gate{{Name: "smoke", Verdict: resource.Pass}},
		History: []resource.Transition{}}
	d := resource.Deployment{Agent: rel.Agent, Environment: rel.Environment, Revision: 1, Stable: "sha256:old", Snapshot: "snap-" + id}
	snap := resource.Snapshot{ID: d.Snapshot, Agent: rel.Agent, Environment: rel.Environment, Digest: "sha256:old", Release: "old-" + id, Verified: true}
	old := snap
	switch {
	case state == resource.ReleaseCanary || held == resource.ReleaseCanary:
		st := canary.Start(plan)
		rel.Canary, rel.Deadline = &st, resource.Millis(w.clock.Now().UnixMilli()+plan.DeadlineMs)
		d.Candidate, d.Weight, d.Release = rel.Digest, plan.Steps[0].Weight, id
	case state == resource.ReleaseShadow || held == resource.ReleaseShadow:
		rel.Stage.Stage.Rollout.Shadow = &blueprint.Shadow{}
		st := canary.StartShadow(blueprint.Shadow{})
		rel.Shadow, d.Shadow = &st, id
	case state == resource.ReleasePreview || held == resource.ReleasePreview:
		d.Candidate, d.Release = rel.Digest, id
	case state == resource.ReleaseSoaking || held == resource.ReleaseSoaking:
		old.ID = "older-" + id
		snap.Digest, snap.Release, snap.Verified = rel.Digest, id, false
		d.Stable, d.Release, d.Soaking = rel.Digest, id, true
	case state == resource.ReleasePromoted:
		old.ID = "older-" + id
		snap.Digest, snap.Release = rel.Digest, id
		d.Stable = rel.Digest
	case state == resource.ReleaseRollingBack:
		d.Paused, d.Reason = true, "rolling back "+id
	}
	w.must(w.db.Update(w.Context(), func(tx control.Tx) error {
		for i, digest := range []string{"sha256:old", rel.Digest} {
			v := resource.Version{Agent: rel.Agent, Number: i + 1, Name: fmt.Sprintf("%s@v%d", rel.Agent, i+1), Digest: digest, Manifest: m}
			if err := tx.InsertVersion(v); err != nil {
				return err
			}
		}
		for _, s := range []resource.Snapshot{old, snap} {
			if err := tx.PutSnapshot(s); err != nil {
				return err
			}
		}
		if err := tx.PutDeployment(d); err != nil {
			return err
		}
		before := resource.Release{ID: "old-" + id, Agent: rel.Agent, Environment: rel.Environment, State: resource.ReleasePromoted, Revision: 1}
		if err := tx.InsertRelease(before); err != nil {
			return err
		}
		return tx.InsertRelease(rel)
	}))
	return rel
}

// TestMoveReleaseWithout: what an event needs besides the right state.
func TestMoveReleaseWithout(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	rel := w.madeUp(resource.ReleaseCanary, "")
	robot := control.Principal{Actor: resource.Actor{Name: "robot", Kind: "service"}, Roles: []resource.Role{resource.RoleOperator}}
	for name, tt := range map[string]struct {
		who               control.Principal
		id, event, reason string
		want              fault.Code
	}{
		"no reason":               {operator, rel.ID, "rollback", " ", fault.Invalid},
		"an event of the worker":  {operator, rel.ID, "smoked", "test", fault.Invalid},
		"no event":                {operator, rel.ID, "", "test", fault.Invalid},
		"no release":              {operator, "rel_none", "pause", "test", fault.NotFound},
		"a program that promotes": {robot, rel.ID, "promote", "test", fault.Forbidden},
	} {
		w.unchanged(name, func() {
			_, err := w.MoveRelease(t.Context(), tt.who, tt.id, tt.event, tt.reason)
			w.wants(err, tt.want, "MoveRelease() with "+name)
		})
	}
}

// TestCanaryDeadline: an undecided canary is held at its deadline and asks.
func TestCanaryDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(w.push(lean(t, blueprint.TierMedium)))
	v2 := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	w.promote(v2, "staging")
	rel := w.expect(w.release(v2, control.Production), resource.ReleaseCanary)
	for range 2 { // the second term ends too
		w.advance(25 * 60 * 60 * 1e9)
		rel = w.until(rel.ID, resource.ReleasePaused)
		if d := w.serving(control.Production); rel.State != resource.ReleasePaused || d.Weight != 30 {
			t.Fatalf("release = %s with weight %d, want it paused with its weight of 30", rel.State, d.Weight)
		}
		w.expect(w.move(rel, "resume"), resource.ReleaseCanary)
	}
	w.eventually("both notices", func() bool { return w.notices.count("release.paused") == 2 })
}

// TestQuarantineHoldsElsewhere: a version that one environment rolled back does
// not go on by itself in another.
func TestQuarantineHoldsElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(w.push(lean(t, blueprint.TierMedium)))
	v2 := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	staged := w.promote(v2, "staging")
	rel := w.expect(w.release(v2, control.Production), resource.ReleaseCanary)
	w.move(staged, "rollback")
	rel = w.expect(w.until(rel.ID, resource.ReleasePaused), resource.ReleasePaused)
	for _, event := range []string{"resume", "promote"} {
		w.unchanged(event+" of a quarantined version", func() {
			_, err := w.MoveRelease(t.Context(), operator, rel.ID, event, "test")
			w.wants(err, fault.Blocked, event)
		})
	}
	w.move(rel, "rollback")
	w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	if d := w.serving(control.Production); d.Stopped || d.Candidate != "" {
		t.Errorf("Deployment() = %+v, want v1 alone", d)
	}
}
