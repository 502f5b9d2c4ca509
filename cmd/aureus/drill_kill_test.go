package main

import (
	"context"
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

// TestKillDrill ends the server with SIGKILL in the middle of drills and starts it
// again on the same data folder: each ends by itself as it would have, nothing it
// did reached the shop, and only what served serves.
func TestKillDrill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shipped(t))
	good := w.push(w.agent())
	if rel := w.release(good, "staging"); rel.State != resource.ReleasePromoted {
		t.Fatalf("the version ended %s in staging: %s", rel.State, rel.Reason)
	}
	effects := len(w.effects("refunds")) + len(w.effects("mails"))
	for _, at := range []resource.ReleaseState{resource.ReleaseChecking, resource.ReleaseCanary, resource.ReleaseRollingBack} {
		d, err := w.as("admin").StartDrill(t.Context(), demoAgent, resource.DrillRequest{})
		if err != nil {
			t.Fatal(err)
		}
		rel := w.follow(d.ID, at)
		w.kill()
		w.start()
		eventually(t, "the end of drill "+d.ID, func(ctx context.Context) (bool, error) {
			d, err = w.as("author").Drill(ctx, d.ID)
			return d.State != resource.DrillRunning, err
		})
		t.Logf("killed when it was %s: %s after %d failed runs of %d, recovered in %d ms", rel.State, d.State, d.FailedRuns, d.Runs, d.RecoveryMs)
		if d.State != resource.DrillPassed || d.Evidence == "" {
			t.Errorf("drill killed in %s = %+v, want it passed", at, d)
		}
		l, err := w.as("author").Deployments(t.Context(), demoAgent)
		if err != nil || len(l.Items) != 1 {
			t.Fatalf("Deployments() = %+v, %v", l.Items, err)
		}
		if s := l.Items[0]; s.Stable != good.Digest || s.Candidate != "" || s.Drill || s.Paused || s.Stopped {
			t.Errorf("staging = %+v, want only %s", s, good.Name)
		}
		if v, err := w.as("author").Verdict(t.Context(), d.ID); err != nil || !v.Agrees {
			t.Errorf("Verdict() = %s, %v, want it to follow from its outcomes", v.Problem, err)
		}
	}
	if n := len(w.effects("refunds")) + len(w.effects("mails")); n != effects {
		t.Errorf("the shop did %d things in the drills, want none", n-effects)
	}
	w.checkLedger()
	w.stop()
}
