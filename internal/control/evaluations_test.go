package control_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/resource"
)

// evaluationOf is the newest signed evaluation that a release made.
func (w *world) evaluationOf(v resource.Version, release string) (control.VerifiedEvidence, evaluate.Report) {
	w.Helper()
	list, err := w.Evidence(w.Context(), viewer, v.Name)
	w.must(err)
	for _, e := range list {
		if e.Kind == resource.EvidenceEvaluation && e.Release == release {
			var r evaluate.Report
			w.must(json.Unmarshal(e.Report, &r))
			return e, r
		}
	}
	w.Fatalf("release %s has no evaluation", release)
	return control.VerifiedEvidence{}, evaluate.Report{}
}

// TestUnclearEvaluation: a comparison that shows nothing blocks, or asks a person,
// or passes, as the version says; a small suite that both versions pass alike shows
// something only with a margin of its own.
func TestUnclearEvaluation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	w.promote(w.push(a), "staging")
	margin := 0.99
	for _, tt := range []struct {
		name    string
		margin  *float64
		unclear blueprint.UnclearAction
		verdict resource.Verdict
		state   resource.ReleaseState
		asked   bool
	}{
		{"a margin", &margin, "", resource.Pass, resource.ReleasePromoted, false},
		{"blocks", nil, "", resource.Block, resource.ReleaseRejected, false},
		{"asks", nil, blueprint.UnclearAsk, resource.Warn, resource.ReleaseAwaiting, true},
		{"passes", nil, blueprint.UnclearPass, resource.Pass, resource.ReleasePromoted, false},
	} {
		b := variant(t, a, "This is "+tt.name+".")
		b.Spec.Evaluation.Margin, b.Spec.Evaluation.OnUnclear = tt.margin, tt.unclear
		v := w.push(b)
		began := w.begin(v, "staging")
		rel := w.until(began.ID, resource.ReleaseAwaiting, resource.ReleaseCanary)
		if rel.State == resource.ReleaseCanary {
			rel = w.move(rel, "promote")
		}
		if rel.State != tt.state || (rel.Approval != "") != tt.asked {
			t.Errorf("%s: the release is %s (%s), approval %q; want %s, asked %v", tt.name, rel.State, rel.Reason, rel.Approval, tt.state, tt.asked)
		}
		e, r := w.evaluationOf(v, rel.ID)
		if e.Verdict != tt.verdict || !e.Verified {
			t.Errorf("%s: the evidence says %s, verified %v (%s), want %s", tt.name, e.Verdict, e.Verified, r.Compare.Message, tt.verdict)
		}
		if rel.State == resource.ReleaseAwaiting {
			w.move(rel, "cancel")
		}
	}
}

// TestEvaluationIsTied: the signed statement names what the evaluation rests on.
func TestEvaluationIsTied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	v1 := w.push(a)
	w.promote(v1, "staging")
	v2 := w.push(variant(t, a, "One more."))
	rel := w.promote(v2, "staging")
	e, r := w.evaluationOf(v2, rel.ID)
	st, err := attest.Verify(e.Bundle, []byte(w.PublicKeys().PEM))
	w.must(err)
	var p struct{ Configuration []attest.Descriptor }
	w.must(json.Unmarshal(st.Predicate, &p))
	got := map[string]string{}
	for _, d := range p.Configuration {
		for _, hex := range d.Digest {
			got[d.Name] = "sha256:" + hex
		}
		if d.Name == "model" {
			got[d.Name] = fmt.Sprint(d.Annotations["versions"])
		}
	}
	want := map[string]string{v2.Name: v2.Digest, "baseline": v1.Digest, "cases": r.Basis.Cases, "graders": r.Basis.Graders,
		"model": fmt.Sprint(r.Basis.Models)}
	if d := cmp.Diff(want, got); d != "" || st.SubjectDigest != v2.Digest || len(r.Basis.Models) == 0 {
		t.Errorf("the signed evaluation is about %s and names (-want +got)\n%s", st.SubjectDigest, d)
	}
}

// TestEvaluationGoesOn: a release whose server is stopped while it evaluates goes
// on with the runs that it has.
func TestEvaluationGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	a.Spec.Evaluation.Repeats = 20
	v := w.push(a)
	const enough = 15
	full, over := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	w.models.hold(func(*http.Request) {
		if w.sqlCount("SELECT count(*) FROM evaluation_runs") >= enough {
			if held.CompareAndSwap(false, true) {
				close(full)
			}
			<-over
			panic(http.ErrAbortHandler)
		}
	})
	rel := w.begin(v, "staging")
	<-full
	at, err := w.EvaluationProgress(w.Context(), viewer, rel.ID)
	if err != nil || !at.Running || at.Done == 0 || at.Total != 20*len(a.Spec.Evaluation.Suites[0].Scenarios) {
		t.Errorf("EvaluationProgress = %+v, %v; want it running", at, err)
	}
	w.stop()
	kept := w.sqlCount("SELECT count(*) FROM evaluation_runs")
	w.models.hold(nil)
	close(over)
	w.start()
	w.expect(w.follow(rel.ID), resource.ReleasePromoted)
	if _, r := w.evaluationOf(v, rel.ID); r.Kept != int(kept) || !r.Passed {
		t.Errorf("the evaluation after a restart took %d runs, passed %v; want the %d that were kept, passed", r.Kept, r.Passed, kept)
	}
	if n := w.sqlCount("SELECT count(*) FROM evaluation_runs"); n != 0 {
		t.Errorf("%d runs are kept after the check ended, want none", n)
	}
	if at, err := w.EvaluationProgress(w.Context(), viewer, rel.ID); err != nil || at.Running {
		t.Errorf("EvaluationProgress after the end = %+v, %v; want not running", at, err)
	}
}

// TestDeadModelIsNoFailure: a release whose model is down for a while waits, and is
// not rejected.
func TestDeadModelIsNoFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	var asked atomic.Int64
	w.models.hold(func(*http.Request) { asked.Add(1); panic(http.ErrAbortHandler) })
	rel := w.begin(v, "staging")
	w.eventually("the model to be asked", func() bool { return asked.Load() > 20 })
	w.models.hold(nil)
	w.expect(w.follow(rel.ID), resource.ReleasePromoted)

	w.models.hold(func(*http.Request) { panic(http.ErrAbortHandler) })
	_, err := w.Evaluate(w.Context(), author, control.CheckRequest{Version: v.Name})
	if err == nil || !strings.Contains(err.Error(), "could not be measured") {
		t.Errorf("Evaluate() with a model that is down = %v, want not measured", err)
	}
	if n := w.sqlCount("SELECT count(*) FROM evidence WHERE kind = 'evaluation' AND json_extract(doc, '$.verdict') <> 'pass'"); n != 0 {
		t.Errorf("a model that is down left %d evaluations that do not pass, want none", n)
	}
}

// TestCachedEvaluation: an evaluation that asks for it takes the runs of an earlier
// one.
func TestCachedEvaluation(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	for i, want := range []bool{false, true} {
		res, err := w.Evaluate(w.Context(), author, control.CheckRequest{Version: v.Name, Cache: true})
		w.must(err)
		var r evaluate.Report
		w.must(json.Unmarshal(res.Report, &r))
		if !res.Passed || (r.Kept == r.Runs) != want {
			t.Errorf("evaluation %d: passed %v, %d of %d runs kept, want all %v", i, res.Passed, r.Kept, r.Runs, want)
		}
	}
}

// TestOldReport: a report from before comparisons had intervals can still be read,
// and means what it meant.
func TestOldReport(t *testing.T) {
	const old = `{"agent":"desk","digest":"sha256:a","baseline":"sha256:b","seed":1,"repeats":1,"runs":2,"passed":true,"passRate":1,
		"passK":[1],"cases":[{"suite":"s","name":"c","passes":1,"runs":[{"passed":true,"outcome":"success","latencyMs":1,"costUSD":0,"grades":[]}]}],
		"costUSD":0,"p50Ms":1,"p95Ms":1,"compare":{"baselinePassRate":1,"candidatePassRate":1,"fixed":[],"broken":[],"pValue":1,"verdict":"no_worse"}}`
	var r evaluate.Report
	if err := json.Unmarshal([]byte(old), &r); err != nil {
		t.Fatal(err)
	}
	if d, why := r.Decide(); d != evaluate.DecidePass || r.Outage() != nil {
		t.Errorf("Decide of an old report = %s, %s; want %s", d, why, evaluate.DecidePass)
	}
	var text strings.Builder
	if err := r.Text(&text); err != nil || !strings.Contains(text.String(), "sha256:b") {
		t.Errorf("Text of an old report = %v\n%s", err, text.String())
	}
}
