package control_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// copied is the folder as a power cut at this moment would leave it. Nothing is
// written while it is copied, so the file and its log fit together.
func (w *world) copied() string {
	w.Helper()
	dir := w.TempDir()
	w.must(w.db.Update(w.Context(), func(control.Tx) error {
		for _, name := range []string{"aureus.db", "aureus.db-wal"} {
			data, err := os.ReadFile(filepath.Join(w.dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				return err
			}
		}
		return nil
	}))
	// The world outside has not gone back in time: the shop is the same one.
	w.must(os.Symlink(filepath.Join(w.dir, "shop"), filepath.Join(dir, "shop")))
	return dir
}

// survivor starts a control plane on a folder that a crash left.
func (w *world) survivor(dir string, workers bool) *world {
	w.Helper()
	s := &world{T: w.T, dir: dir, clock: w.clock, key: w.key, models: newModelServer(w.T), notices: &notices{}, workers: workers}
	s.start()
	w.Cleanup(s.stop)
	return s
}

// in is w for a subtest: what it starts ends with that.
func (w *world) in(t *testing.T) *world { return &world{T: t, dir: w.dir, clock: w.clock, key: w.key} }

// diesAt copies the folder when the n-th completion of the model is asked for, and
// never answers that one or a later one.
func (w *world) diesAt(n int) (dir func() string) {
	w.Helper()
	var mu sync.Mutex
	seen := 0
	dirs, over := make(chan string, 1), make(chan struct{})
	w.Cleanup(func() { close(over) })
	w.models.hold(func(*http.Request) {
		mu.Lock()
		seen++
		nth := seen
		mu.Unlock()
		if nth < n {
			return
		}
		if nth == n {
			dirs <- w.copied()
		}
		<-over
		panic(http.ErrAbortHandler)
	})
	return func() string { return <-dirs }
}

// sent counts what the shop did for an order.
func (w *world) sent(order string) (refunds, mails int) {
	w.Helper()
	refunds = w.refunds(order)
	w.must(w.shop.QueryRow(`SELECT count(*) FROM mails WHERE order_id = $1`, order).Scan(&mails))
	return refunds, mails
}

// TestCrashInARun cuts the power at each completion of a run: before its first
// step, when it has read, when it has paid, when it has written.
func TestCrashInARun(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		call           int
		refunds, mails int
		want           resource.Outcome // "" is any end: whether the call went through is not known
	}{
		{"before the first step", 1, 0, 0, resource.OutcomeError},
		{"after the lookup", 2, 1, 1, resource.OutcomeSuccess},
		{"after the refund", 3, 1, 1, ""},
		{"after the mail", 4, 1, 1, ""},
	}
	begin := newWorld(t)
	begin.promote(begin.push(lean(t, blueprint.TierMedium)), "staging")
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := begin.in(t).survivor(begin.copied(), true)
			dir := w.diesAt(tt.call)
			order := plainOrder(i)
			go func() { // the answer never comes; the error belongs to nobody
				_, _ = w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Input: refundOf(order)})
			}()
			s := w.survivor(dir(), true)
			runs, err := s.Runs(t.Context(), viewer, control.RunFilter{Mode: resource.RunLive}, control.Page{})
			if err != nil || len(runs) != 1 {
				t.Fatalf("Runs() = %d, %v, want the one run", len(runs), err)
			}
			run := s.ended(runs[0].ID)
			refunds, mails := s.sent(order)
			if refunds != tt.refunds || mails != tt.mails || (tt.want != "" && run.Outcome != tt.want) {
				t.Errorf("the run ended %s (%s) with %d refunds and %d mails, want %s with %d and %d",
					run.Outcome, run.Message, refunds, mails, tt.want, tt.refunds, tt.mails)
			}
			s.once("run", run.ID, "run.ended")
		})
	}
}

// once fails the test unless the ledger has exactly one event of an action about
// a thing.
func (w *world) once(kind, id, action string) {
	w.Helper()
	es, err := w.EventsOf(w.Context(), viewer, kind, id, control.Page{Limit: 1000})
	w.must(err)
	n := 0
	for _, e := range es {
		if e.Event.Action == action {
			n++
		}
	}
	if n != 1 {
		w.Errorf("the ledger has %d events %s of %s, want 1", n, action, id)
	}
}

// TestCrashTwice: three starts ask three times for one run to go on, and it goes
// on once.
func TestCrashTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierMedium)), "staging")
	dir := w.diesAt(2)
	order := plainOrder(0)
	go func() {
		_, _ = w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Input: refundOf(order)})
	}()
	s := w.survivor(dir(), false)
	s.restart()
	s.workers = true
	s.restart()
	if n := s.sqlCount(`SELECT count(*) FROM job_keys WHERE key LIKE 'resume/%'`); n != 3 {
		t.Errorf("%d jobs ask for the run to go on, want 3: nothing is tested", n)
	}
	runs, err := s.Runs(t.Context(), viewer, control.RunFilter{Mode: resource.RunLive}, control.Page{})
	s.must(err)
	run := s.ended(runs[0].ID)
	s.eventually("all jobs", func() bool {
		return s.sqlCount(`SELECT count(*) FROM river_job WHERE state NOT IN ('completed','scheduled')`) == 0
	})
	if refunds, mails := s.sent(order); run.Outcome != resource.OutcomeSuccess || refunds != 1 || mails != 1 {
		t.Errorf("the run ended %s with %d refunds and %d mails, want success with 1 and 1", run.Outcome, refunds, mails)
	}
	if run.Stats.ModelCalls > 5 {
		t.Errorf("the run made %d model calls, want at most 5", run.Stats.ModelCalls)
	}
	s.once("run", run.ID, "run.ended")
}

// TestCrashAfterApprovalWasUsed: the yes was taken, the call was not made. It is
// made at the next start, once.
func TestCrashAfterApprovalWasUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	order := plainOrder(0)
	run := w.invoke("staging", "", order)
	w.workers = false
	w.restart()
	w.approve(approver, run.Approval)
	w.sql(`UPDATE approvals SET state = 'used', doc = json_set(doc, '$.state', 'used') WHERE id = $1`, run.Approval)
	w.workers = true
	w.restart()
	run = w.ended(run.ID)
	if refunds, mails := w.sent(order); run.Outcome != resource.OutcomeSuccess || refunds != 1 || mails != 1 {
		t.Errorf("the run ended %s (%s) with %d refunds and %d mails, want success with 1 and 1", run.Outcome, run.Message, refunds, mails)
	}
}

// TestCrashInARelease cuts the power in each state of a release, on its way to
// traffic and back. Every copy gets to the same end with nothing done twice.
func TestCrashInARelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.push(lean(t, blueprint.TierHigh))
	w.promote(first, "staging")
	more := withVoucher(t, lean(t, blueprint.TierHigh))
	more.Tool("issue_voucher").RiskTier = blueprint.TierHigh // asks for approval in staging too
	second := w.push(more)

	events, err := w.Subscribe(t.Context(), viewer)
	w.must(err)
	id := w.begin(second, "staging").ID
	copies := map[resource.ReleaseState]string{}
	for e := range events {
		state, isRelease := strings.CutPrefix(e.Action, "release.")
		if !isRelease || e.SubjectID != id {
			continue
		}
		s := resource.ReleaseState(state)
		copies[s] = w.copied()
		switch s {
		case resource.ReleaseAwaiting:
			rel, err := w.Release(t.Context(), viewer, id)
			w.must(err)
			w.approve(approver, rel.Approval)
		case resource.ReleasePromoted:
			_, err := w.Rollback(t.Context(), operator, desk, "staging", "test")
			w.must(err)
		}
		if s == resource.ReleaseRolledBack {
			break
		}
	}
	for _, s := range []resource.ReleaseState{resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseDeploying, resource.ReleaseSmoke,
		resource.ReleasePromoted, resource.ReleaseRollingBack, resource.ReleaseRolledBack} {
		dir, ok := copies[s]
		if !ok {
			t.Errorf("there is no copy in %s", s)
			continue
		}
		t.Run(string(s), func(t *testing.T) {
			w.in(t).survivor(dir, true).finishes(id, first, second)
		})
	}
}

// finishes takes a release that a crash interrupted to traffic and back.
func (w *world) finishes(id string, first, second resource.Version) {
	w.Helper()
	rel := w.until(id, resource.ReleaseAwaiting, resource.ReleaseRollingBack)
	if rel.State == resource.ReleaseAwaiting {
		w.approve(approver, rel.Approval)
		rel = w.until(id, resource.ReleasePromoted)
	}
	if rel.State == resource.ReleasePromoted {
		_, err := w.Rollback(w.Context(), operator, desk, "staging", "test")
		w.must(err)
	}
	w.eventually("the end of the rollback", func() bool {
		rel, _ = w.Release(w.Context(), viewer, id)
		return rel.State == resource.ReleaseRolledBack
	})
	if d := w.serving("staging"); d.Stable != first.Digest || d.Paused || d.Stopped {
		w.Errorf("Deployment() = %+v, want v1", d)
	}
	for _, s := range []resource.ReleaseState{resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseDeploying, resource.ReleaseSmoke,
		resource.ReleasePromoted, resource.ReleaseRollingBack, resource.ReleaseRolledBack} {
		w.once("release", id, "release."+string(s))
	}
	w.eventually("the evidence of the rollback", func() bool { return w.evidenceOf(id, second)[resource.EvidenceRollback] > 0 })
	for kind, n := range w.evidenceOf(id, second) {
		if n != 1 {
			w.Errorf("%d pieces of %s evidence of the release, want 1", n, kind)
		}
	}
	w.must(w.seq.Flush(w.Context()))
	var export bytes.Buffer
	w.must(w.Export(w.Context(), auditor, &export))
	if report, err := audit.Verify(&export, w.PublicKeys().VerifierKey); err != nil || !report.Verified {
		w.Errorf("Verify() = %+v, %v, want a verified ledger", report, err)
	}
}

// evidenceOf counts the evidence of a release about a version by kind.
func (w *world) evidenceOf(release string, v resource.Version) map[string]int {
	w.Helper()
	out := map[string]int{}
	list, err := w.Evidence(w.Context(), viewer, v.Name)
	w.must(err)
	for _, e := range list {
		if e.Release == release {
			out[e.Kind]++
		}
	}
	return out
}
