package control_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// alone is one environment without people and canary.
const alone = "  environments: [{name: staging, approvals: [{count: 0}], rollout: {strategy: all-at-once}}]\n"

// three pushes three versions of the desk.
func (w *world) three() (v [3]resource.Version) {
	w.Helper()
	a := lean(w, blueprint.TierMedium)
	for i, s := range []string{"Be brief.", "Be kind.", "Be precise."} {
		v[i] = w.push(variant(w, a, s))
	}
	return v
}

// state is where a release is.
func (w *world) state(id string) resource.ReleaseState {
	w.Helper()
	rel, err := w.Release(w.Context(), viewer, id)
	w.must(err)
	return rel.State
}

// TestWaitingReleases: releases that wait begin one after the other, the oldest
// first, each compared with what serves then.
func TestWaitingReleases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(alone + "  concurrency: wait\n")
	v := w.three()
	var rels [3]resource.Release
	w.holdModel(func() {
		for i := range v {
			rels[i] = w.begin(v[i], "staging")
		}
		if a, b, c := rels[0].State, rels[1].State, rels[2].State; a != resource.ReleaseChecking || b != resource.ReleasePending || c != resource.ReleasePending {
			t.Errorf("states = %s, %s, %s, want checking, pending, pending", a, b, c)
		}
		_, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v[1].Name, Environment: "staging"})
		w.wants(err, fault.Conflict, "StartRelease() of a version that waits already")
		w.move(rels[1], "pause") // held: it does not begin by itself
	})
	w.expect(w.until(rels[0].ID, resource.ReleasePromoted), resource.ReleasePromoted)
	third := w.expect(w.until(rels[2].ID, resource.ReleasePromoted), resource.ReleasePromoted)
	if third.Baseline != v[0].Digest {
		t.Errorf("the third was compared with %s, want the first, which serves by then", third.Baseline)
	}
	if s := w.state(rels[1].ID); s != resource.ReleasePaused {
		t.Errorf("the held one is %s, want paused", s)
	}
	w.move(rels[1], "resume")
	second := w.expect(w.until(rels[1].ID, resource.ReleasePromoted), resource.ReleasePromoted)
	if second.Baseline != v[2].Digest {
		t.Errorf("the second was compared with %s, want the third", second.Baseline)
	}
	for _, r := range rels {
		w.once("release", r.ID, "release.checking")
		w.once("release", r.ID, "release.promoted")
	}
}

// TestWaitingForWhatCannotGo: what cannot go any more is cancelled with a reason,
// and the one behind it begins.
func TestWaitingForWhatCannotGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(alone + "  concurrency: wait\n")
	v := w.three()
	var rels [3]resource.Release
	w.holdModel(func() {
		for i := range v {
			rels[i] = w.begin(v[i], "staging")
		}
		w.must(w.db.Update(t.Context(), func(tx control.Tx) error {
			return tx.SetQuarantine(desk, v[1].Digest, &resource.Quarantine{Incident: "inc_1", Reason: "test"})
		}))
	})
	w.expect(w.until(rels[2].ID, resource.ReleasePromoted), resource.ReleasePromoted)
	rel, err := w.Release(t.Context(), viewer, rels[1].ID)
	w.must(err)
	if rel.State != resource.ReleaseCancelled || !strings.Contains(rel.Reason, "quarantine") {
		t.Errorf("the quarantined one is %s (%s), want cancelled with its reason", rel.State, rel.Reason)
	}
}

// TestSupersede: a newer version takes the place of an older one without traffic;
// an older one waits for a newer.
func TestSupersede(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(alone + "  concurrency: supersede\n")
	v := w.three()
	var first, second, third resource.Release
	w.holdModel(func() {
		second = w.begin(v[1], "staging")
		first = w.begin(v[0], "staging")
		if first.State != resource.ReleasePending || w.state(second.ID) != resource.ReleaseChecking {
			t.Errorf("an older version is %s beside a newer one in %s, want it to wait", first.State, w.state(second.ID))
		}
		third = w.begin(v[2], "staging")
		if third.State != resource.ReleaseChecking {
			t.Errorf("the newest is %s, want checking", third.State)
		}
	})
	for _, rel := range []resource.Release{first, second} {
		if s := w.state(rel.ID); s != resource.ReleaseCancelled {
			t.Errorf("release of v%d is %s, want cancelled", rel.Version, s)
		}
		w.once("release", rel.ID, "release.cancelled")
	}
	w.expect(w.until(third.ID, resource.ReleasePromoted), resource.ReleasePromoted)
}

// TestSupersedeNotTraffic: what has traffic is not superseded.
func TestSupersedeNotTraffic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline("  environments: [{name: staging, approvals: [{count: 0}], rollout: {strategy: canary}}]\n  concurrency: supersede\n")
	v := w.three()
	w.expect(w.release(v[0], "staging"), resource.ReleasePromoted)
	canary := w.expect(w.release(v[1], "staging"), resource.ReleaseCanary)
	next := w.begin(v[2], "staging")
	if next.State != resource.ReleasePending {
		t.Errorf("beside a canary the newest is %s, want pending", next.State)
	}
	w.move(canary, "cancel")
	next = w.until(next.ID, resource.ReleaseCanary)
	w.expect(next, resource.ReleaseCanary)
}

// TestTwoAtOnce: many people start releases at once; one moves, the others wait,
// and nothing is lost.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(alone + "  concurrency: wait\n")
	v := w.three()
	var mu sync.Mutex
	var ids []string
	conflicts := 0
	w.holdModel(func() {
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				rel, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v[i%3].Name, Environment: "staging"})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					ids = append(ids, rel.ID)
				case fault.Is(err, fault.Conflict):
					conflicts++
				default:
					t.Errorf("StartRelease() = %v", err)
				}
			})
		}
		wg.Wait()
	})
	if len(ids) != 3 || conflicts != 9 {
		t.Fatalf("%d releases and %d conflicts, want 3 and 9", len(ids), conflicts)
	}
	for _, id := range ids {
		w.expect(w.until(id, resource.ReleasePromoted), resource.ReleasePromoted)
	}
}

// chain is three environments that a version goes through by itself.
const chain = `  environments:
    - {name: dev, approvals: [{count: 0}]}
    - {name: staging, auto: true, approvals: [{count: 0}]}
    - {name: production, auto: true, approvals: [{count: 0}], rollout: {strategy: all-at-once}}
`

// into waits for the newest release of a version into an environment and its end.
func (w *world) into(v resource.Version, env string) (rel resource.Release) {
	w.Helper()
	w.eventually(v.Name+" into "+env, func() bool {
		list, err := w.Releases(w.Context(), viewer, control.ReleaseFilter{Agent: v.Agent, Environment: env, Digest: v.Digest}, control.Page{Limit: 1})
		w.must(err)
		if len(list) == 1 {
			rel = list[0]
		}
		return len(list) == 1 && rel.State.Final()
	})
	return rel
}

// notStarted are the reasons in the ledger why nothing started by itself.
func (w *world) notStarted(release string) (out []string) {
	w.Helper()
	es, err := w.EventsOf(w.Context(), viewer, "release", release, control.Page{Limit: 1000})
	w.must(err)
	for _, e := range es {
		if e.Event.Action == "release.not_started" {
			out = append(out, e.Event.Reason)
		}
	}
	return out
}

// TestAutoPromotion: a version goes through all environments by itself, and never
// over a held or newer one.
func TestAutoPromotion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(chain + "  concurrency: supersede\n")
	v := w.three()
	w.begin(v[1], "dev")
	rel := w.expect(w.into(v[1], "production"), resource.ReleasePromoted)
	if rel.CreatedBy.Name != author.Actor.Name {
		t.Errorf("the release that began by itself is by %s, want whoever started the first", rel.CreatedBy.Name)
	}
	w.eventually("the ledger to be in order", func() bool {
		w.must(w.seq.Flush(t.Context()))
		return true
	})
	older := w.expect(w.release(v[0], "dev"), resource.ReleasePromoted)
	w.must(w.seq.Flush(t.Context()))
	if why := w.notStarted(older.ID); len(why) != 1 || !strings.Contains(why[0], "newer desk@v2 serves in staging") {
		t.Errorf("why v1 did not go on = %q, want that v2 serves there", why)
	}

	w.pipeline(strings.ReplaceAll(chain, "auto: true, ", "") + "  concurrency: supersede\n")
	w.expect(w.release(v[2], "dev"), resource.ReleasePromoted)
	var held resource.Release
	w.holdModel(func() { held = w.move(w.begin(v[2], "staging"), "pause") })
	w.pipeline(chain + "  concurrency: supersede\n")
	v4 := w.push(variant(t, lean(t, blueprint.TierMedium), "Be quick."))
	newer := w.expect(w.release(v4, "dev"), resource.ReleasePromoted)
	w.must(w.seq.Flush(t.Context()))
	if why := w.notStarted(newer.ID); len(why) != 1 || !strings.Contains(why[0], "is held in staging") {
		t.Errorf("why v4 did not go on = %q, want that v3 is held there", why)
	}
	if s := w.state(held.ID); s != resource.ReleasePaused {
		t.Errorf("the held release is %s, want paused", s)
	}
}

// TestCrashInAChain cuts the power after each event of a chain with a release that
// waits. Every copy gets to the same end, with nothing lost and nothing twice.
func TestCrashInAChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(chain + "  concurrency: wait\n")
	v := w.three()
	events, err := w.Subscribe(t.Context(), viewer)
	w.must(err)
	w.begin(v[0], "dev")
	w.begin(v[1], "dev")
	type cut struct{ name, dir string }
	var cuts []cut
	seen := map[string]bool{}
	done := 0
	for e := range events {
		action := strings.TrimPrefix(e.Action, "release.")
		if !slices.Contains([]string{"pending", "checking", "promoted"}, action) || e.SubjectKind != "release" {
			continue
		}
		if name := action + " in " + e.Environment; !seen[name] {
			seen[name] = true
			cuts = append(cuts, cut{name, w.copied()})
		}
		if action == "promoted" && e.Environment == "production" {
			if done++; done == 2 {
				break
			}
		}
	}
	if len(cuts) < 6 {
		t.Errorf("%d places were cut, want at least 6: %v", len(cuts), cuts)
	}
	for _, c := range cuts {
		t.Run(c.name, func(t *testing.T) {
			s := w.in(t).survivor(c.dir, true)
			for _, one := range v[:2] {
				for _, env := range []string{"dev", "staging", "production"} {
					rel := s.expect(s.into(one, env), resource.ReleasePromoted)
					s.once("release", rel.ID, "release.checking")
					s.once("release", rel.ID, "release.promoted")
				}
			}
			rels, err := s.Releases(t.Context(), viewer, control.ReleaseFilter{Agent: desk}, control.Page{})
			s.must(err)
			if len(rels) != 6 {
				t.Errorf("%d releases, want one of each version into each environment", len(rels))
			}
			if d := s.serving("production"); d.Stable != v[1].Digest {
				t.Errorf("production serves %s, want v2", d.Stable)
			}
		})
	}
}
