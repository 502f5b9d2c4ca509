// Package storetest is the contract of control.Store as tests. Every store runs
// the same suite, so that one behaves like the other.
//
// Start from [Run].
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Store is what the suite needs of a store beyond control.Store.
type Store interface {
	control.Store
	// RunJobs does jobs until ctx ends.
	RunJobs(ctx context.Context, do control.JobHandler, workers int, grace time.Duration,
		observe func(j control.Job, attempt int, took time.Duration, err error)) error
	Close() error
}

// Open opens the store that is kept in dir; the same dir is the same store.
type Open func(t *testing.T, dir string) Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s *suite)
	}{
		{"versions", testVersions},
		{"evidence", testEvidence},
		{"deployments", testDeployments},
		{"snapshots", testSnapshots},
		{"sessions", testSessions},
		{"releases", testReleases},
		{"canary outcomes", testCanaryOutcomes},
		{"shadow results", testShadowResults},
		{"canary sessions", testCanarySessions},
		{"canary draws", testCanaryDraws},
		{"approvals", testApprovals},
		{"approval tokens", testApprovalTokens},
		{"delegations", testDelegations},
		{"channels", testChannels},
		{"runs", testRuns},
		{"steps of runs", testRunSteps},
		{"checkpoints of runs", testRunCheckpoints},
		{"recent calls", testRecentCalls},
		{"usage", testUsage},
		{"evaluations", testEvaluations},
		{"requests counted", testAsked},
		{"incidents", testIncidents},
		{"tally", testTally},
		{"pipelines", testPipelines},
		{"waivers", testWaivers},
		{"tokens", testTokens},
		{"settings", testMeta},
		{"paging", testPaging},
		{"figures", testFigures},
		{"figures count a run once", testFiguresOnce},
		{"series", testSeries},
		{"rollbacks", testRollbacks},
		{"ledger order", testLedgerOrder},
		{"ledger pending", testLedgerPending},
		{"view is a snapshot", testSnapshotIsolation},
		{"update sees its own writes", testOwnWrites},
		{"a failed update leaves nothing", testFailedUpdate},
		{"grouped updates are independent", testGroupedUpdates},
		{"panic and exit in an update", testPanic},
		{"ended context", testEndedContext},
		{"use after the end", testUseAfterEnd},
		{"after commit", testAfterCommit},
		{"counters under contention", testContention},
		{"durable", testDurable},
		{"jobs run once", testJobsOnce},
		{"jobs of failed updates", testJobsRolledBack},
		{"job keys", testJobKeys},
		{"job retry", testJobRetry},
		{"job that is invalid", testJobInvalid},
		{"job whose commit fails", testJobCommitFails},
		{"job stop and go on", testJobStop},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := &suite{t: t, dir: dir, open: open, store: open(t, dir)}
			t.Cleanup(func() { s.close() })
			c.test(t, s)
		})
	}
}

// suite is one test's store with short forms of its calls.
type suite struct {
	t     *testing.T
	dir   string
	open  Open
	store Store
}

func (s *suite) close() {
	if err := s.store.Close(); err != nil {
		s.t.Errorf("Close() = %v", err)
	}
}

// reopen closes the store and opens it again.
func (s *suite) reopen() {
	s.t.Helper()
	s.close()
	s.store = s.open(s.t, s.dir)
}

// update runs fn and fails the test when the update fails.
func (s *suite) update(fn func(tx control.Tx) error) {
	s.t.Helper()
	if err := s.store.Update(context.Background(), fn); err != nil {
		s.t.Fatalf("Update() = %v", err)
	}
}

// refused runs fn and wants a fault.
func (s *suite) refused(want fault.Code, fn func(tx control.Tx) error) {
	s.t.Helper()
	err := s.store.Update(context.Background(), fn)
	if got := fault.CodeOf(err); got != want {
		s.t.Errorf("Update() = %v (%s), want %s", err, got, want)
	}
}

// read runs fn in a view and returns what it returned.
func read[T any](s *suite, fn func(r control.Reader) (T, error)) T {
	s.t.Helper()
	var out T
	err := s.store.View(context.Background(), func(r control.Reader) (err error) {
		out, err = fn(r)
		return err
	})
	if err != nil {
		s.t.Fatalf("View() = %v", err)
	}
	return out
}

// absent runs fn in a view and wants fault.NotFound.
func absent[T any](s *suite, fn func(r control.Reader) (T, error)) {
	s.t.Helper()
	err := s.store.View(context.Background(), func(r control.Reader) error {
		_, err := fn(r)
		return err
	})
	if !fault.Is(err, fault.NotFound) {
		s.t.Errorf("View() = %v (%s), want %s", err, fault.CodeOf(err), fault.NotFound)
	}
}

// equal fails the test when got is not want.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

// ids are the ids of a list.
func ids[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = id(v)
	}
	return out
}

var actor = resource.Actor{Name: "ada", Kind: "human"}
