package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// attempt is one attempt as RunJobs observed it.
type attempt struct {
	Key    string
	Number int
	Err    error
}

// runner is a store whose jobs run.
type runner struct {
	s        *suite
	attempts chan attempt
	stop     context.CancelFunc
	stopped  chan error
}

func (s *suite) run(do control.JobHandler) *runner {
	ctx, stop := context.WithCancel(context.Background())
	r := &runner{s: s, attempts: make(chan attempt, 1000), stop: stop, stopped: make(chan error, 1)}
	go func() {
		r.stopped <- s.store.RunJobs(ctx, do, 8, time.Minute, func(j control.Job, n int, _ time.Duration, err error) {
			r.attempts <- attempt{j.Key, n, err}
		})
	}()
	return r
}

// halt stops the jobs and waits for them.
func (r *runner) halt() {
	r.s.t.Helper()
	r.stop()
	if err := <-r.stopped; err != nil {
		r.s.t.Errorf("RunJobs() = %v", err)
	}
}

// next waits for n attempts and returns them sorted by key.
func (r *runner) next(n int) []attempt {
	out := make([]attempt, n)
	for i := range out {
		out[i] = <-r.attempts
	}
	slices.SortFunc(out, func(a, b attempt) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// count is a job whose commit counts how often the key was committed.
func count(_ context.Context, j control.Job) (func(control.Tx) error, error) {
	return func(tx control.Tx) error {
		old, err := tx.Meta("done/" + j.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		return tx.PutMeta("done/"+j.Key, old+"x")
	}, nil
}

func (s *suite) enqueue(keys ...string) {
	s.t.Helper()
	s.update(func(tx control.Tx) error {
		for _, key := range keys {
			if err := tx.Enqueue(control.Job{Kind: "count", Key: key, Payload: []byte(`{"p":1}`)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func testJobsOnce(t *testing.T, s *suite) {
	const n = 40
	s.enqueue("early")
	var mu sync.Mutex
	var seen []control.Job
	r := s.run(func(ctx context.Context, j control.Job) (func(control.Tx) error, error) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, j)
		return count(ctx, j)
	})
	for i := range n {
		s.enqueue(fmt.Sprintf("k%02d", i))
	}
	for _, a := range r.next(n + 1) {
		equal(t, "attempt of "+a.Key, a, attempt{a.Key, 1, nil})
		equal(t, "commits of "+a.Key, meta(s, "done/"+a.Key), "x")
	}
	r.halt()
	early := seen[slices.IndexFunc(seen, func(j control.Job) bool { return j.Key == "early" })]
	equal(t, "job as the handler saw it", early, control.Job{Kind: "count", Key: "early", Payload: []byte(`{"p":1}`)})
	// Completed jobs do not come back.
	s.reopen()
	r = s.run(count)
	s.enqueue("last")
	equal(t, "attempts after reopening", r.next(1), []attempt{{"last", 1, nil}})
	r.halt()
}

func testJobsRolledBack(t *testing.T, s *suite) {
	r := s.run(count)
	defer r.halt()
	s.refused(fault.Blocked, func(tx control.Tx) error {
		if err := tx.Enqueue(control.Job{Kind: "count", Key: "lost"}); err != nil {
			return err
		}
		return fault.New(fault.Blocked, "no")
	})
	s.enqueue("kept")
	equal(t, "attempts", r.next(1), []attempt{{"kept", 1, nil}})
	// The key of the lost job is still free.
	s.enqueue("lost")
	equal(t, "attempts", r.next(1), []attempt{{"lost", 1, nil}})
}

func testJobKeys(t *testing.T, s *suite) {
	r := s.run(count)
	defer r.halt()
	s.enqueue("a", "a", "b")
	r.next(2)
	s.enqueue("a", "c") // after it was done, too
	equal(t, "attempts", r.next(1), []attempt{{"c", 1, nil}})
	equal(t, "commits of a", meta(s, "done/a"), "x")
	s.refused(fault.Invalid, func(tx control.Tx) error { return tx.Enqueue(control.Job{Kind: "count"}) })
	s.refused(fault.Invalid, func(tx control.Tx) error { return tx.Enqueue(control.Job{Key: "k"}) })
}

func testJobRetry(t *testing.T, s *suite) {
	var mu sync.Mutex
	left := 2
	fails := errors.New("not yet")
	r := s.run(func(ctx context.Context, j control.Job) (func(control.Tx) error, error) {
		mu.Lock()
		defer mu.Unlock()
		if left--; left >= 0 {
			return nil, fails
		}
		return count(ctx, j)
	})
	defer r.halt()
	s.enqueue("a")
	for i, want := range []error{fails, fails, nil} {
		if got := r.next(1)[0]; got.Number != i+1 || !errors.Is(got.Err, want) {
			t.Errorf("attempt = %+v, want number %d and %v", got, i+1, want)
		}
	}
	equal(t, "commits", meta(s, "done/a"), "x")
}

func testJobInvalid(t *testing.T, s *suite) {
	r := s.run(func(ctx context.Context, j control.Job) (func(control.Tx) error, error) {
		if j.Key == "bad" {
			return nil, fault.New(fault.Invalid, "never")
		}
		return count(ctx, j)
	})
	s.enqueue("bad")
	equal(t, "code", fault.CodeOf(r.next(1)[0].Err), fault.Invalid)
	r.halt()
	s.reopen()
	r = s.run(count)
	s.enqueue("good")
	equal(t, "attempts after an invalid job", r.next(1), []attempt{{"good", 1, nil}})
	r.halt()
	absent(s, func(r control.Reader) (string, error) { return r.Meta("done/bad") })
}

func testJobCommitFails(t *testing.T, s *suite) {
	var mu sync.Mutex
	first := true
	r := s.run(func(ctx context.Context, j control.Job) (func(control.Tx) error, error) {
		mu.Lock()
		fail := first
		first = false
		mu.Unlock()
		commit, err := count(ctx, j)
		return func(tx control.Tx) error {
			if err := commit(tx); err != nil || !fail {
				return err
			}
			return fault.New(fault.Conflict, "somebody was first")
		}, err
	})
	defer r.halt()
	s.enqueue("a")
	equal(t, "code of the first attempt", fault.CodeOf(r.next(1)[0].Err), fault.Conflict)
	equal(t, "second attempt", r.next(1), []attempt{{"a", 2, nil}})
	equal(t, "commits", meta(s, "done/a"), "x")
}

// testJobStop ends RunJobs while a job runs: the job finishes, and what
// is enqueued then is done by the next RunJobs.
func testJobStop(t *testing.T, s *suite) {
	began, finish := make(chan struct{}), make(chan struct{})
	r := s.run(func(ctx context.Context, j control.Job) (func(control.Tx) error, error) {
		close(began)
		<-finish
		return count(ctx, j)
	})
	s.enqueue("slow")
	<-began
	r.stop()
	close(finish)
	if err := <-r.stopped; err != nil {
		t.Errorf("RunJobs() = %v", err)
	}
	equal(t, "commits of the job that ran", meta(s, "done/slow"), "x")
	s.enqueue("later")
	r = s.run(count)
	equal(t, "attempts of the next RunJobs", r.next(1), []attempt{{"later", 1, nil}})
	err := s.store.RunJobs(t.Context(), count, 1, time.Second, nil)
	equal(t, "second RunJobs", fault.CodeOf(err), fault.Conflict)
	r.halt()
}
