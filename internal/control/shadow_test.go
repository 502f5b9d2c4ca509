package control_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// TestShadowRejects: a version that alone fails is rejected with signed evidence.
// Its first copy is slow and reads what the live run did not: no later pair counts
// before it, and it is left out though it ends well.
func TestShadowRejects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	w.staged("rollout: {strategy: all-at-once}")
	w.promote(w.push(a), "staging")
	w.staged("rollout: {strategy: all-at-once, shadow: {runs: 50}}")
	const marker = "Thank them."
	bad := variant(t, a, marker)
	bad.Spec.Success = append(bad.Spec.Success, blueprint.Criterion{Name: "only-the-order-of-its-scenario",
		Expression: "run.output.status != 'refunded' || run.output.order_id == 'A-10001'"})
	v2 := w.push(bad)
	rel := w.expect(w.until(w.begin(v2, "staging").ID, resource.ReleaseShadow), resource.ReleaseShadow)

	first, gate := []byte(plainOrder(20)), make(chan struct{})
	w.models.hold(func(r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is cut off is refused by the model
		if bytes.Contains(body, []byte(marker)) && bytes.Contains(body, first) {
			<-gate
			body = bytes.ReplaceAll(body, first, []byte(plainOrder(60)))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	})
	const failing = 10 // what it takes to be sure
	for i := range failing + 1 {
		w.invoke("staging", "", plainOrder(20+i))
	}
	w.eventually("the copies beside the slow one", func() bool {
		runs, err := w.Runs(t.Context(), viewer, control.RunFilter{Release: rel.ID, Mode: resource.RunShadow}, control.Page{})
		w.must(err)
		return len(runs) == failing
	})
	if got, err := w.Release(t.Context(), viewer, rel.ID); err != nil || got.State != resource.ReleaseShadow || got.Shadow.Runs != 0 || w.pairs(rel.ID) != 0 {
		t.Errorf("release = %s with %d compared runs (%v), want none before the first one", got.State, got.Shadow.Runs, err)
	}
	close(gate)
	rel = w.expect(w.until(rel.ID, resource.ReleaseRejected), resource.ReleaseRejected)
	if s := rel.Shadow; s.Runs != failing || s.OnlyCopy != failing || s.Skipped != 1 {
		t.Errorf("shadow = %+v, want %d that fail alone and one left out", s, failing)
	}
	results, err := w.ShadowResults(t.Context(), viewer, rel.ID)
	w.must(err)
	if r := results[0]; r.CopyFailed || !strings.Contains(r.Error, "lookup_order") {
		t.Errorf("first pair = %+v, want a copy that ends well and is left out for what it read", r)
	}
	w.eventually("shadow evidence", func() bool { return w.kinds(v2, resource.EvidenceShadow) == 1 })
	es, err := w.Evidence(t.Context(), viewer, v2.Name)
	w.must(err)
	for _, e := range es {
		if e.Kind == resource.EvidenceShadow && e.Verdict != resource.Block {
			t.Errorf("the evidence says %s, want %s", e.Verdict, resource.Block)
		}
	}
	if d := w.serving("staging"); d.Stable != rel.Baseline || d.Shadow != "" {
		t.Errorf("Deployment() = %+v, want what served before and no shadow", d)
	}
}
