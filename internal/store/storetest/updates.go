package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func meta(s *suite, key string) string {
	s.t.Helper()
	return read(s, func(r control.Reader) (string, error) { return r.Meta(key) })
}

func testSnapshotIsolation(t *testing.T, s *suite) {
	s.update(func(tx control.Tx) error { return tx.PutMeta("k", "before") })
	err := s.store.View(t.Context(), func(r control.Reader) error {
		if got, err := r.Meta("k"); err != nil || got != "before" {
			t.Errorf("Meta() = %q, %v, want %q", got, err, "before")
		}
		s.update(func(tx control.Tx) error { return tx.PutMeta("k", "after") })
		if got, err := r.Meta("k"); err != nil || got != "before" {
			t.Errorf("Meta() in the same view = %q, %v, want %q", got, err, "before")
		}
		return nil
	})
	equal(t, "View", err, nil)
	equal(t, "Meta in a later view", meta(s, "k"), "after")
	want := errors.New("mine")
	if got := s.store.View(t.Context(), func(control.Reader) error { return want }); got != want {
		t.Errorf("View() = %v, want the error of its function", got)
	}
}

func testOwnWrites(t *testing.T, s *suite) {
	s.update(func(tx control.Tx) error {
		if err := tx.PutMeta("k", "v"); err != nil {
			return err
		}
		got, err := tx.Meta("k")
		equal(t, "Meta in its own update", got, "v")
		absent(s, func(r control.Reader) (string, error) { return r.Meta("k") })
		return err
	})
}

func testFailedUpdate(t *testing.T, s *suite) {
	want := errors.New("mine")
	err := s.store.Update(t.Context(), func(tx control.Tx) error {
		if err := tx.PutMeta("k", "v"); err != nil {
			return err
		}
		if err := tx.InsertRun(run("u1", resource.OutcomeRunning)); err != nil {
			return err
		}
		return want
	})
	if err != want {
		t.Errorf("Update() = %v, want the error of its function", err)
	}
	absent(s, func(r control.Reader) (string, error) { return r.Meta("k") })
	absent(s, func(r control.Reader) (resource.Run, error) { return r.Run("u1") })
	// A refused statement leaves the transaction usable.
	s.update(func(tx control.Tx) error {
		if err := tx.InsertRun(run("u2", resource.OutcomeRunning)); err != nil {
			return err
		}
		if err := tx.InsertRun(run("u2", resource.OutcomeRunning)); !fault.Is(err, fault.Conflict) {
			t.Errorf("InsertRun() twice = %v, want %s", err, fault.Conflict)
		}
		return tx.PutMeta("k", "v")
	})
	equal(t, "Meta after a refused statement", meta(s, "k"), "v")
}

// testGroupedUpdates holds the first update open until the others wait behind it,
// so that they share its transaction; every third fails.
func testGroupedUpdates(t *testing.T, s *suite) {
	const n = 60
	no := fault.New(fault.Blocked, "no")
	started, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		s.update(func(tx control.Tx) error {
			close(started)
			<-release
			return tx.PutMeta("first", "yes")
		})
	})
	<-started
	errs := make([]error, n)
	for i := range n {
		all.Go(func() {
			errs[i] = s.store.Update(context.Background(), func(tx control.Tx) error {
				if err := tx.PutMeta(fmt.Sprint("k", i), "v"); err != nil {
					return err
				}
				if i%3 == 0 {
					return no
				}
				return tx.Append(event(fmt.Sprint("ev", i), "run", "u"))
			})
		})
	}
	close(release)
	all.Wait()
	for i, err := range errs {
		if i%3 == 0 {
			equal(t, "failed update", err, error(no))
			absent(s, func(r control.Reader) (string, error) { return r.Meta(fmt.Sprint("k", i)) })
			continue
		}
		equal(t, "update", err, nil)
		equal(t, "Meta", meta(s, fmt.Sprint("k", i)), "v")
	}
	equal(t, "Meta of the first", meta(s, "first"), "yes")
	equal(t, "PendingEvents", read(s, func(r control.Reader) (int64, error) { return r.PendingEvents() }), int64(n*2/3))
}

func testPanic(t *testing.T, s *suite) {
	s.refused(fault.Internal, func(tx control.Tx) error {
		if err := tx.PutMeta("k", "v"); err != nil {
			return err
		}
		panic("boom")
	})
	absent(s, func(r control.Reader) (string, error) { return r.Meta("k") })
	var left sync.WaitGroup
	left.Go(func() {
		_ = s.store.Update(context.Background(), func(tx control.Tx) error {
			if err := tx.PutMeta("k", "v"); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
	})
	left.Wait()
	s.update(func(tx control.Tx) error { return tx.PutMeta("other", "v") })
	absent(s, func(r control.Reader) (string, error) { return r.Meta("k") })
}

func testEndedContext(t *testing.T, s *suite) {
	ended, end := context.WithCancel(context.Background())
	end()
	never := func() { t.Errorf("the function ran after its context had ended") }
	err := s.store.Update(ended, func(control.Tx) error { never(); return nil })
	equal(t, "Update with an ended context", fault.CodeOf(err), fault.Unavailable)
	err = s.store.View(ended, func(control.Reader) error { never(); return nil })
	equal(t, "View with an ended context", fault.CodeOf(err), fault.Unavailable)

	waiting, giveUp := context.WithCancel(context.Background())
	answered := make(chan error, 1)
	s.update(func(tx control.Tx) error { // what waits behind an open update can be given up
		go func() {
			answered <- s.store.Update(waiting, func(control.Tx) error { never(); return nil })
		}()
		giveUp()
		equal(t, "Update given up", fault.CodeOf(<-answered), fault.Unavailable)
		return tx.PutMeta("k", "v")
	})
	equal(t, "Meta", meta(s, "k"), "v")
}

func testUseAfterEnd(t *testing.T, s *suite) {
	var kept control.Tx
	s.update(func(tx control.Tx) error { kept = tx; return nil })
	if err := kept.PutMeta("k", "v"); fault.CodeOf(err) != fault.Internal {
		t.Errorf("PutMeta() after the update = %v, want %s", err, fault.Internal)
	}
	absent(s, func(r control.Reader) (string, error) { return r.Meta("k") })
}

func testAfterCommit(t *testing.T, s *suite) {
	var told []string
	s.update(func(tx control.Tx) error {
		tx.AfterCommit(func() { told = append(told, meta(s, "k")) })
		return tx.PutMeta("k", "v")
	})
	s.refused(fault.Blocked, func(tx control.Tx) error {
		tx.AfterCommit(func() { told = append(told, "failed") })
		return fault.New(fault.Blocked, "no")
	})
	equal(t, "AfterCommit", told, []string{"v"})
}

// testContention has 64 goroutines count up one deployment's weight by
// compare-and-swap.
func testContention(t *testing.T, s *suite) {
	const goroutines, each = 64, 3
	s.update(func(tx control.Tx) error {
		return tx.PutDeployment(resource.Deployment{Agent: "a", Environment: "e", Revision: 1})
	})
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range each {
				for add(s) != nil {
				}
			}
		})
	}
	all.Wait()
	d := read(s, func(r control.Reader) (resource.Deployment, error) { return r.Deployment("a", "e") })
	equal(t, "weight", d.Weight, goroutines*each)
	equal(t, "revision", d.Revision, int64(goroutines*each+1))
}

// add reads outside the transaction and writes inside, so a loser gets a conflict.
func add(s *suite) error {
	d := read(s, func(r control.Reader) (resource.Deployment, error) { return r.Deployment("a", "e") })
	d.Weight++
	d.Revision++
	err := s.store.Update(context.Background(), func(tx control.Tx) error { return tx.PutDeployment(d) })
	if err != nil && !fault.Is(err, fault.Conflict) {
		s.t.Errorf("PutDeployment() = %v, want nil or %s", err, fault.Conflict)
		return nil
	}
	return err
}

func testDurable(t *testing.T, s *suite) {
	s.update(func(tx control.Tx) error {
		if err := tx.Append(event("ev1", "run", "u1")); err != nil {
			return err
		}
		if err := tx.InsertRun(ended("u1", "d1", resource.OutcomeSuccess, 5, 3000)); err != nil {
			return err
		}
		return tx.PutMeta("k", "v")
	})
	s.reopen()
	equal(t, "Meta after reopening", meta(s, "k"), "v")
	equal(t, "PendingEvents after reopening", read(s, func(r control.Reader) (int64, error) { return r.PendingEvents() }), int64(1))
	equal(t, "Figures after reopening", figures(s, control.FiguresQuery{})[0].Runs, int64(1))
	first := s.store
	s.reopen()
	err := first.Update(t.Context(), func(control.Tx) error { return nil })
	equal(t, "Update of a closed store", fault.CodeOf(err), fault.Unavailable)
	err = first.View(t.Context(), func(control.Reader) error { return nil })
	equal(t, "View of a closed store", fault.CodeOf(err), fault.Unavailable)
}
