package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func open(t *testing.T) *DB {
	t.Helper()
	db := OpenTemplate(t, filepath.Join(t.TempDir(), "aureus.db"))
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return db
}

// fill lets the database grow by so many pages more, which ends as a full disk
// ends: with SQLITE_FULL.
func fill(t *testing.T, db *DB, pages int) {
	t.Helper()
	var n, got int
	if err := db.writer.QueryRow("PRAGMA page_count").Scan(&n); err != nil {
		t.Fatalf("page_count = %v", err)
	}
	if err := db.writer.QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", n+pages)).Scan(&got); err != nil {
		t.Fatalf("max_page_count = %v", err)
	}
}

func has(t *testing.T, db *DB, key string) bool {
	t.Helper()
	err := db.View(t.Context(), func(r control.Reader) error {
		_, err := r.Meta(key)
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		t.Errorf("Meta(%q) = %v", key, err)
	}
	return err == nil
}

var large = strings.Repeat("x", 100_000)

func TestFullDisk(t *testing.T) {
	t.Parallel()
	db := open(t)
	put := func(key, value string) error {
		return db.Update(context.Background(), func(tx control.Tx) error {
			if err := tx.PutMeta(key+"/small", "v"); err != nil {
				return err
			}
			return tx.PutMeta(key, value)
		})
	}
	if err := put("before", "v"); err != nil {
		t.Fatalf("Update() = %v", err)
	}
	fill(t, db, 4)
	if err := put("large", large); fault.CodeOf(err) != fault.StorageFull {
		t.Errorf("Update() on a full disk = %v (%s), want %s", err, fault.CodeOf(err), fault.StorageFull)
	}
	// An update that hides the failure from the store commits nothing either.
	err := db.Update(t.Context(), func(tx control.Tx) error {
		_ = tx.PutMeta("hidden", large)
		return errors.Join(tx.PutMeta("hidden/small", "v"))
	})
	if fault.CodeOf(err) != fault.StorageFull {
		t.Errorf("Update() that hides a full disk = %v, want %s", err, fault.StorageFull)
	}
	for _, key := range []string{"large", "large/small", "hidden", "hidden/small"} {
		if has(t, db, key) {
			t.Errorf("%q is stored, want nothing of a failed update", key)
		}
	}
	if !has(t, db, "before") {
		t.Errorf("what was stored before the disk was full is gone")
	}
	fill(t, db, 10_000)
	if err := put("large", large); err != nil {
		t.Errorf("Update() with space again = %v", err)
	}
}

// TestFullDiskConcurrent fills the disk under concurrent updates: every one is
// either stored whole and acknowledged, or refused and not stored.
func TestFullDiskConcurrent(t *testing.T) {
	t.Parallel()
	db := open(t)
	fill(t, db, 30)
	const n = 200
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			errs[i] = db.Update(context.Background(), func(tx control.Tx) error {
				if err := tx.Append(resource.Event{ID: fmt.Sprint("ev", i), Action: "a", SubjectKind: "run", SubjectID: "u"}); err != nil {
					return err
				}
				return tx.PutMeta(fmt.Sprint("k", i), large[:2000])
			})
		})
	}
	all.Wait()
	stored := 0
	for i, err := range errs {
		if err != nil && fault.CodeOf(err) != fault.StorageFull {
			t.Errorf("Update() = %v, want nil or %s", err, fault.StorageFull)
		}
		if got := has(t, db, fmt.Sprint("k", i)); got != (err == nil) {
			t.Errorf("update %d: error %v and stored %t", i, err, got)
		}
		if err == nil {
			stored++
		}
	}
	if stored == 0 || stored == n {
		t.Errorf("%d of %d updates were stored, want some and not all", stored, n)
	}
	fill(t, db, 10_000)
	err := db.View(t.Context(), func(r control.Reader) error {
		events, err := r.PendingEvents()
		if events != int64(stored) {
			t.Errorf("PendingEvents() = %d, want %d as many as stored updates", events, stored)
		}
		return err
	})
	if err != nil {
		t.Errorf("View() = %v", err)
	}
}

// TestFullDiskJobs fills the disk while a job is done; it is done again with space,
// also when the engine could not write that it had failed.
func TestFullDiskJobs(t *testing.T) {
	t.Parallel()
	db := open(t)
	db.lostEvery = 20 * time.Millisecond
	ctx, stop := context.WithCancel(context.Background())
	failed, done, stopped := make(chan error, 100), make(chan int, 1), make(chan error, 1)
	var full atomic.Bool
	full.Store(true)
	go func() {
		stopped <- db.RunJobs(ctx, func(context.Context, control.Job) (func(control.Tx) error, error) {
			if full.Load() {
				fill(t, db, 0)
			}
			return func(tx control.Tx) error { return tx.PutMeta("done", large) }, nil
		}, 1, time.Minute, func(_ control.Job, n int, _ time.Duration, err error) {
			if err != nil {
				failed <- err
			} else {
				done <- n
			}
		})
	}()
	if err := db.Update(ctx, func(tx control.Tx) error { return tx.Enqueue(control.Job{Kind: "k", Key: "1"}) }); err != nil {
		t.Fatalf("Update() = %v", err)
	}
	if err := <-failed; fault.CodeOf(err) != fault.StorageFull {
		t.Errorf("job on a full disk = %v, want %s", err, fault.StorageFull)
	}
	full.Store(false)
	fill(t, db, 10_000)
	<-done
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("RunJobs() = %v", err)
	}
	if !has(t, db, "done") {
		t.Errorf("the job's effect is not stored")
	}
}

// TestLostJob marks a job as running that nobody runs.
func TestLostJob(t *testing.T) {
	t.Parallel()
	db := open(t)
	db.lostEvery = 20 * time.Millisecond
	if err := db.Update(t.Context(), func(tx control.Tx) error { return tx.Enqueue(control.Job{Kind: "k", Key: "1"}) }); err != nil {
		t.Fatalf("Update() = %v", err)
	}
	if _, err := db.writer.Exec("UPDATE river_job SET state = 'running', attempt = 1"); err != nil {
		t.Fatalf("UPDATE = %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	attempts, stopped := make(chan int, 10), make(chan error, 1)
	go func() {
		stopped <- db.RunJobs(ctx, func(context.Context, control.Job) (func(control.Tx) error, error) { return nil, nil },
			1, time.Minute, func(_ control.Job, n int, _ time.Duration, _ error) { attempts <- n })
	}()
	if got := <-attempts; got != 2 {
		t.Errorf("attempt = %d, want 2", got)
	}
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("RunJobs() = %v", err)
	}
}
