package sequencer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/sequencer"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
	"github.com/aureus-agents/aureus/resource"
)

func open(t testing.TB, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(path)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return db
}

func newDB(t testing.TB) *sqlite.DB { return open(t, filepath.Join(t.TempDir(), "aureus.db")) }

func newKey(t testing.TB) *attest.Key {
	t.Helper()
	key, err := attest.NewKey()
	if err != nil {
		t.Fatalf("NewKey() = %v", err)
	}
	return key
}

// record appends n events in one update each.
func record(t testing.TB, db *sqlite.DB, n int) {
	t.Helper()
	for i := range n {
		err := db.Update(t.Context(), func(tx control.Tx) error {
			return tx.Append(resource.Event{ID: fmt.Sprint("ev", i), Action: "test.happened", SubjectKind: "run", SubjectID: "u1"})
		})
		if err != nil {
			t.Fatalf("Update() = %v", err)
		}
	}
}

// verified exports the ledger as an outsider gets it and verifies it.
func verified(t testing.TB, db *sqlite.DB, key *attest.Key, want int64) {
	t.Helper()
	var out bytes.Buffer
	err := db.View(t.Context(), func(r control.Reader) error {
		if n, err := r.PendingEvents(); err != nil || n != 0 {
			t.Errorf("PendingEvents() = %d, %v, want 0", n, err)
		}
		checkpoints, err := r.Checkpoints(control.Page{Limit: 1000})
		if err != nil {
			return err
		}
		return audit.Export(&out, key.VerifierKey(), checkpoints, entries(r))
	})
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	report, err := audit.Verify(&out, key.VerifierKey())
	if err != nil {
		t.Fatalf("Verify() = %v", err)
	}
	if !report.Verified || report.Leaves != want || report.Checkpoint != want {
		t.Errorf("Verify() = %+v, want %d verified leaves", report, want)
	}
}

func entries(r control.Reader) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for from := int64(0); ; {
			leaves, err := r.Leaves(from, 500)
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			if len(leaves) == 0 {
				return
			}
			for _, l := range leaves {
				hash, err := r.TreeHashes([]int64{tlog.StoredHashIndex(0, l.Index)})
				if err != nil {
					yield(audit.Entry{}, err)
					return
				}
				if !yield(audit.Entry{Leaf: l.Data, Hash: hash[0]}, nil) {
					return
				}
				from = l.Index + 1
			}
		}
	}
}

func TestFlush(t *testing.T) {
	db, key := newDB(t), newKey(t)
	s := sequencer.New(db, key, nil)
	if err := s.Flush(t.Context()); err != nil {
		t.Errorf("Flush() of an empty ledger = %v", err)
	}
	total := 0
	for _, n := range []int{1, 1, 2, 300, 7} { // over the bounds of chunks of hashes
		record(t, db, n)
		total += n
		if err := s.Flush(t.Context()); err != nil {
			t.Fatalf("Flush() = %v", err)
		}
		verified(t, db, key, int64(total))
	}
	err := db.View(t.Context(), func(r control.Reader) error {
		got, err := r.Entries(309, 10)
		want := []resource.LedgerEntry{
			{Index: 309, Event: resource.Event{ID: "ev5", Action: "test.happened", SubjectKind: "run", SubjectID: "u1"}},
			{Index: 310, Event: resource.Event{ID: "ev6", Action: "test.happened", SubjectKind: "run", SubjectID: "u1"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Entries(309): (-want +got)\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Errorf("View() = %v", err)
	}
}

// TestFlushLarge sequences more events than fit in one batch.
func TestFlushLarge(t *testing.T) {
	db, key := newDB(t), newKey(t)
	err := db.Update(t.Context(), func(tx control.Tx) error {
		for i := range 2500 {
			if err := tx.Append(resource.Event{ID: fmt.Sprint("ev", i), Action: "test.happened"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update() = %v", err)
	}
	if err := sequencer.New(db, key, nil).Flush(t.Context()); err != nil {
		t.Fatalf("Flush() = %v", err)
	}
	verified(t, db, key, 2500)
}

// TestRun sequences what is committed concurrently, and stops.
func TestRun(t *testing.T) {
	db, key := newDB(t), newKey(t)
	s := sequencer.New(db, key, nil)
	ctx, stop := context.WithCancel(t.Context())
	var running, writing sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	for range 8 {
		writing.Go(func() { record(t, db, 25) })
	}
	writing.Wait()
	for seen := int64(-1); seen != 200; { // Run gets there without a Flush
		err := db.View(t.Context(), func(r control.Reader) error {
			cp, err := r.LatestCheckpoint()
			seen = cp.Size
			return err
		})
		if err != nil {
			t.Fatalf("View() = %v", err)
		}
	}
	stop()
	running.Wait()
	verified(t, db, key, 200)
}

// failing is a store whose Sequence reports a failure, before or after it stored.
type failing struct {
	*sqlite.DB
	stores bool
}

var errDisk = errors.New("disk on fire")

func (f failing) Sequence(ctx context.Context, size int64, hashes []tlog.Hash, cp audit.Checkpoint) error {
	if f.stores {
		if err := f.DB.Sequence(ctx, size, hashes, cp); err != nil {
			return err
		}
	}
	return errDisk
}

// TestFailedWrite fails the write, once when nothing was stored and once when all
// was; after a restart the same code goes on and no entry is lost or doubled.
func TestFailedWrite(t *testing.T) {
	for _, stores := range []bool{false, true} {
		t.Run(fmt.Sprintf("stored=%t", stores), func(t *testing.T) {
			path, key := filepath.Join(t.TempDir(), "aureus.db"), newKey(t)
			db, err := sqlite.Open(path)
			if err != nil {
				t.Fatalf("Open() = %v", err)
			}
			record(t, db, 10)
			if err := sequencer.New(failing{db, stores}, key, nil).Flush(t.Context()); !errors.Is(err, errDisk) {
				t.Errorf("Flush() = %v, want %v", err, errDisk)
			}
			record(t, db, 5)
			if err := db.Close(); err != nil {
				t.Fatalf("Close() = %v", err)
			}
			db = open(t, path)
			if err := sequencer.New(db, key, nil).Flush(t.Context()); err != nil {
				t.Fatalf("Flush() after a restart = %v", err)
			}
			verified(t, db, key, 15)
		})
	}
}

// TestSecondSequencer sequences the same leaves twice; the second is refused.
func TestSecondSequencer(t *testing.T) {
	db, key := newDB(t), newKey(t)
	record(t, db, 3)
	_, leaves, err := db.PendingLeaves(t.Context(), 10)
	if err != nil {
		t.Fatalf("PendingLeaves() = %v", err)
	}
	none := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, nil })
	hashes, root, err := audit.Append(0, leaves, none)
	if err != nil {
		t.Fatalf("Append() = %v", err)
	}
	cp, err := audit.MakeCheckpoint(key, 3, root)
	if err != nil {
		t.Fatalf("MakeCheckpoint() = %v", err)
	}
	if err := db.Sequence(t.Context(), 0, hashes, cp); err != nil {
		t.Errorf("Sequence() = %v", err)
	}
	if err := db.Sequence(t.Context(), 0, hashes, cp); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("Sequence() twice = %v, want %s", err, fault.Conflict)
	}
	cp.Size = 9
	if err := db.Sequence(t.Context(), 3, hashes, cp); fault.CodeOf(err) != fault.Internal {
		t.Errorf("Sequence() of hashes that do not fit = %v, want %s", err, fault.Internal)
	}
	verified(t, db, key, 3)
}

// TestTamperedTree changes a stored checkpoint; nothing is signed after it.
func TestTamperedTree(t *testing.T) {
	db, key := newDB(t), newKey(t)
	record(t, db, 3)
	_, leaves, err := db.PendingLeaves(t.Context(), 10)
	if err != nil {
		t.Fatalf("PendingLeaves() = %v", err)
	}
	none := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, nil })
	hashes, root, err := audit.Append(0, leaves, none)
	if err != nil {
		t.Fatalf("Append() = %v", err)
	}
	cp, err := audit.MakeCheckpoint(key, 3, root)
	if err != nil {
		t.Fatalf("MakeCheckpoint() = %v", err)
	}
	hashes[len(hashes)-1][0] ^= 1
	if err := db.Sequence(t.Context(), 0, hashes, cp); err != nil {
		t.Fatalf("Sequence() = %v", err)
	}
	record(t, db, 1)
	if err := sequencer.New(db, key, nil).Flush(t.Context()); fault.CodeOf(err) != fault.Corrupt {
		t.Errorf("Flush() on a tampered tree = %v, want %s", err, fault.Corrupt)
	}
}
