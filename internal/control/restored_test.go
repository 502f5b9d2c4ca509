package control_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestRestoredVersionFails: what a rollback put on traffic is checked, and serves
// meanwhile. When it fails, nothing serves and people are called; nothing goes
// further back by itself. Checks that cannot be made are tried for 15 minutes.
func TestRestoredVersionFails(t *testing.T) {
	t.Parallel()
	begin := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	v0 := begin.push(a)
	begin.promote(v0, "staging")
	v1 := begin.push(variant(t, a, "Be kind."))
	begin.promote(v1, "staging")
	begin.promote(begin.push(variant(t, a, "Be brief.")), "staging")
	changed := filepath.Join(begin.dir, "shop", changedShop)
	tests := []struct {
		name  string
		spoil func(w *world)
		tries bool // until its patience is over
		want  string
	}{
		{"its content is not what was signed", func(w *world) {
			if n := w.sql(`UPDATE versions SET manifest = replace(manifest, 'never more', 'and more') WHERE digest = $1`, v1.Digest); n != 1 {
				w.Fatalf("%d versions changed, want 1", n)
			}
		}, false, "gate signature"},
		{"its smoke tests fail", func(w *world) {
			w.models.hold(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"messages":[]}`)) })
		}, false, "gate " + resource.EvidenceSmoke},
		{"its model does not answer", func(w *world) {
			w.models.hold(func(*http.Request) { panic(http.ErrAbortHandler) })
		}, true, "gate " + resource.EvidenceSmoke},
		{"its tool server does not answer", func(w *world) {
			down := filepath.Join(begin.dir, "shop", deadShop)
			w.must(os.WriteFile(down, nil, 0o600))
			w.Cleanup(func() { w.must(os.Remove(down)) })
		}, true, "gate tools"},
		{"its tools are other ones", func(w *world) { w.must(os.WriteFile(changed, nil, 0o600)) }, false, "gate tools"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := begin.in(t).survivor(begin.copied(), false)
			rel, err := w.Rollback(t.Context(), operator, desk, "staging", "test")
			w.must(err)
			tt.spoil(w)
			w.workers = true
			w.restart()
			if tt.tries {
				w.triesFor(rel, v1, stepPatience)
			}
			rel = w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
			if !rel.Stopped() || !strings.Contains(rel.Reason, tt.want) {
				t.Errorf("the rollback ended with %q, want it stopped by %q", rel.Reason, tt.want)
			}
			if d := w.serving("staging"); d.Stable != v1.Digest || !d.Stopped || d.Paused {
				t.Errorf("Deployment() = %+v, want v1 stopped and nothing further back", d)
			}
			w.eventually("people are called", func() bool { return w.notices.count("traffic.stopped") == 1 })
			_, err = w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Input: refundOf(plainOrder(1))})
			w.wants(err, fault.Unavailable, "Invoke() of what fails its checks")
			for _, state := range []string{"release.rolling_back", "release.rolled_back"} {
				w.once("release", rel.ID, state)
			}
			if tt.want == "gate "+resource.EvidenceSmoke && tt.tries { // people can go further back by hand
				w.models.hold(nil)
				back, err := w.Rollback(t.Context(), operator, desk, "staging", "v1 is no good either")
				w.must(err)
				back = w.expect(w.until(back.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
				if d := w.serving("staging"); back.RolledBackTo != v0.Digest || d.Stopped || d.Stable != v0.Digest {
					t.Errorf("a second rollback restored %+v, want v0", d)
				}
			}
		})
	}
}

// stepPatience is how long docs/releases.md says that a step is tried.
const stepPatience = 15 * time.Minute

// triesFor asks that a rollback is tried and what it restored serves until then.
func (w *world) triesFor(rel resource.Release, good resource.Version, patience time.Duration) {
	w.Helper()
	w.tried("release.verify_good", 1)
	w.advance(patience - time.Minute)
	w.tried("release.verify_good", 2)
	if d := w.serving("staging"); w.expect(w.until(rel.ID, resource.ReleaseRollingBack), resource.ReleaseRollingBack).Stopped() || d.Stable != good.Digest || d.Stopped {
		w.Errorf("Deployment() = %+v, want v1 to serve while it cannot be checked", d)
	}
	w.advance(time.Minute)
}

// tried waits until a job has failed so often, and is to be done again.
func (w *world) tried(kind string, times int) {
	w.Helper()
	w.eventually("a try", func() bool {
		return w.sqlCount(fmt.Sprintf(`SELECT count(*) FROM river_job WHERE state IN ('available', 'retryable') AND attempt >= %d
			AND json_extract(args, '$.job.kind') = '%s'`, times, kind)) == 1
	})
}

// TestServerIsAwayWhenDeploying: a tool server that does not answer for a moment
// rejects nothing that people approved.
func TestServerIsAwayWhenDeploying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierHigh))
	rel := w.expect(w.until(w.begin(v, "staging").ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	down := filepath.Join(w.dir, "shop", deadShop)
	w.must(os.WriteFile(down, nil, 0o600))
	w.restart() // nothing is connected any more
	w.approve(approver, rel.Approval)
	w.tried("release.deploy", 1)
	w.expect(w.until(rel.ID, resource.ReleaseDeploying), resource.ReleaseDeploying)
	w.must(os.Remove(down))
	w.advance(time.Minute)
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
}
