// Package sequencer gives committed ledger events their place: it takes them in
// the order of their transactions, hashes them into the Merkle tree and signs a
// checkpoint for each batch. What a crash leaves behind is sequenced by the same
// code at the next start, because an event is pending until a checkpoint covers it.
//
// Start from [New].
package sequencer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

const (
	maxBatch = 1024                  // leaves that share a checkpoint
	pace     = 50 * time.Millisecond // between batches that are not full: one signature covers more, and calls that are being recorded wait less often behind it
	minRetry = 100 * time.Millisecond
	maxRetry = 5 * time.Second
)

// Store is what the sequencer needs of a store.
type Store interface {
	// View is control.Store's: the tree's hashes and the newest checkpoint.
	View(ctx context.Context, fn func(control.Reader) error) error
	// Pending is signalled after commits that added events; one signal may stand
	// for many commits.
	Pending() <-chan struct{}
	// PendingLeaves returns the size of the tree and at most limit leaves that come
	// next, in the order of their transactions.
	PendingLeaves(ctx context.Context, limit int) (size int64, leaves [][]byte, err error)
	// Sequence stores hashes, in storage order from that of size on, and the checkpoint
	// in one durable transaction. fault.Conflict when the tree has another size by
	// now; nothing is stored then.
	Sequence(ctx context.Context, size int64, hashes []tlog.Hash, cp audit.Checkpoint) error
}

// Sequencer appends pending events to the tree. It is safe for concurrent use.
type Sequencer struct {
	store  Store
	signer audit.Signer
	log    *slog.Logger
	mu     sync.Mutex // one batch at a time
}

// New makes a sequencer; a nil logger discards.
func New(store Store, signer audit.Signer, log *slog.Logger) *Sequencer {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Sequencer{store: store, signer: signer, log: log}
}

// Run sequences what is committed until ctx ends. A failure is logged and tried
// again; events stay pending meanwhile and nothing is lost.
func (s *Sequencer) Run(ctx context.Context) {
	retry := minRetry
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.store.Pending():
		}
		for {
			err := s.Flush(ctx)
			if err == nil {
				retry = minRetry
				wait(ctx, pace)
				break
			}
			if ctx.Err() != nil {
				return
			}
			s.log.Error("ledger not sequenced; trying again", "code", fault.CodeOf(err), "error", err, "in", retry)
			wait(ctx, retry)
			retry = min(2*retry, maxRetry)
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Flush sequences everything that is pending.
func (s *Sequencer) Flush(ctx context.Context) error {
	for {
		n, err := s.batch(ctx)
		if err != nil || n < maxBatch {
			return err
		}
	}
}

// batch sequences one batch and returns how many leaves it had.
func (s *Sequencer) batch(ctx context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size, leaves, err := s.store.PendingLeaves(ctx, maxBatch)
	if err != nil || len(leaves) == 0 {
		return 0, err
	}
	var hashes []tlog.Hash
	var root tlog.Hash
	err = s.store.View(ctx, func(r control.Reader) error {
		stored := audit.Reader(r.TreeHashes)
		if err := unchanged(r, size, stored); err != nil {
			return err
		}
		hashes, root, err = audit.Append(size, leaves, stored)
		return err
	})
	if err != nil {
		return 0, err
	}
	cp, err := audit.MakeCheckpoint(s.signer, size+int64(len(leaves)), root)
	if err != nil {
		return 0, err
	}
	return len(leaves), s.store.Sequence(ctx, size, hashes, cp)
}

// unchanged compares the stored hashes with the newest checkpoint, so that a tree
// that was tampered with is never signed on.
func unchanged(r control.Reader, size int64, stored tlog.HashReader) error {
	if size == 0 {
		return nil
	}
	cp, err := r.LatestCheckpoint()
	if err != nil {
		return err
	}
	if cp.Size != size {
		return fault.New(fault.Conflict, "the ledger grew from %d to %d entries: another sequencer was first", size, cp.Size)
	}
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		return fault.Wrap(err, fault.Corrupt, "the ledger's tree of %d entries cannot be read; check it with `aureus audit verify` on an export and restore a backup", size)
	}
	if root != cp.Root {
		return fault.New(fault.Corrupt, "the ledger's tree does not match its newest checkpoint of %d entries; nothing more is signed. Check it with `aureus audit verify` on an export and restore a backup", size)
	}
	return nil
}
