package control_test

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// sessions invokes once in each session and returns who got which version.
func (w *world) sessions(order int) (out map[string]int) {
	w.Helper()
	out = map[string]int{}
	for i := range 5 {
		s := fmt.Sprintf("s%d", i)
		out[s] = w.invoke(control.Production, s, plainOrder(order+i)).Version
	}
	return out
}

func TestSessionsKeepTheirVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := func(a *blueprint.Agent) *blueprint.Agent {
		a.Spec.Release.Canary.Steps = []blueprint.CanaryStep{{Weight: 60, Runs: 1000}} // by hand
		return a
	}
	w.serve(w.push(plan(lean(t, blueprint.TierMedium))))
	v2 := w.push(plan(variant(t, lean(t, blueprint.TierMedium), "Be brief.")))
	w.promote(v2, "staging")
	rel := w.expect(w.release(v2, control.Production), resource.ReleaseCanary)
	first := w.sessions(0)
	same := func(when string, order int) {
		t.Helper()
		for s, v := range w.sessions(order) {
			if v != first[s] {
				t.Errorf("%s: session %s is served by v%d, want v%d as before", when, s, v, first[s])
			}
		}
	}
	w.must(w.db.Update(t.Context(), func(tx control.Tx) error { // as a next step does
		d, err := tx.Deployment(desk, control.Production)
		d.Weight, d.Revision = 99, d.Revision+1
		if err != nil {
			return err
		}
		return tx.PutDeployment(d)
	}))
	same("at another weight", 10)
	rel = w.move(rel, "promote")
	same("after the promotion", 20)

	v3 := w.push(plan(variant(t, lean(t, blueprint.TierMedium), "Be kind.")))
	w.serve(v3)
	same("after the next promotion", 30)
	if run := w.invoke(control.Production, "fresh", plainOrder(40)); run.Version != 3 {
		t.Errorf("a new session is served by v%d, want v3", run.Version)
	}

	// v3 goes, v2 serves; then v2 goes too. Their sessions move, also those that had
	// v2 since its canary, and stay away when the quarantine ends.
	for _, want := range []int{2, 1} {
		rolled, err := w.Rollback(t.Context(), operator, desk, control.Production, "test")
		w.must(err)
		w.until(rolled.ID, resource.ReleaseRolledBack)
		if run := w.invoke(control.Production, "fresh", plainOrder(40+want)); run.Version != want {
			t.Errorf("after the rollback the session is served by v%d, want v%d", run.Version, want)
		}
	}
	w.must(w.db.Update(t.Context(), func(tx control.Tx) error { return tx.SetQuarantine(desk, v2.Digest, nil) }))
	for s, v := range w.sessions(50) {
		if v != 1 {
			t.Errorf("session %s is served by v%d, which was rolled back, want v1", s, v)
		}
	}
	if rel, err := w.Release(t.Context(), viewer, rel.ID); err != nil || rel.State != resource.ReleaseRolledBack {
		t.Errorf("Release() = %s, %v, want rolled_back", rel.State, err)
	}
}

func TestInvokeRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierMedium)), "staging")
	long := make([]byte, 257)
	for i := range long {
		long[i] = 's'
	}
	for name, tt := range map[string]struct {
		agent string
		r     control.InvokeRequest
		want  fault.Code
	}{
		"no input":             {desk, control.InvokeRequest{Environment: "staging"}, fault.Invalid},
		"an empty input":       {desk, control.InvokeRequest{Environment: "staging", Input: ""}, fault.Invalid},
		"text for an object":   {desk, control.InvokeRequest{Environment: "staging", Input: "hello"}, fault.Invalid},
		"a missing field":      {desk, control.InvokeRequest{Environment: "staging", Input: map[string]any{}}, fault.Invalid},
		"an unknown field":     {desk, control.InvokeRequest{Environment: "staging", Input: map[string]any{"message": "m", "more": 1}}, fault.Invalid},
		"a long session":       {desk, control.InvokeRequest{Environment: "staging", Session: string(long), Input: refundOf("A-10000")}, fault.Invalid},
		"an unknown place":     {desk, control.InvokeRequest{Environment: "moon", Input: refundOf("A-10000")}, fault.Invalid},
		"nothing serves there": {desk, control.InvokeRequest{Input: refundOf("A-10000")}, fault.NotFound},
		"nobody has that name": {"nobody", control.InvokeRequest{Environment: "staging", Input: refundOf("A-10000")}, fault.NotFound},
	} {
		w.unchanged(name, func() {
			_, err := w.Invoke(t.Context(), app, tt.agent, tt.r)
			w.wants(err, tt.want, "Invoke() with "+name)
		})
	}
}
