package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// A chunk holds this many hashes of the tree: one row for 256 instead of 256 rows.
const chunkHashes = 256

// TreeHashes implements control.LedgerReader. fault.NotFound names the first hash
// that is not stored.
func (r reader) TreeHashes(indexes []int64) ([][32]byte, error) {
	chunks := map[int64][]byte{}
	out := make([][32]byte, len(indexes))
	for i, index := range indexes {
		c := index / chunkHashes
		data, ok := chunks[c]
		if !ok {
			var err error
			if data, err = r.chunk(c); err != nil {
				return nil, err
			}
			chunks[c] = data
		}
		at := index % chunkHashes * tlog.HashSize
		if index < 0 || at+tlog.HashSize > int64(len(data)) {
			return nil, fault.New(fault.NotFound, "the ledger's tree has no hash %d", index)
		}
		copy(out[i][:], data[at:])
	}
	return out, nil
}

// chunk reads a chunk; one that is not there is empty.
func (r reader) chunk(c int64) ([]byte, error) {
	var data []byte
	err := r.one("SELECT hashes FROM tree_chunks WHERE chunk = $1", []any{c}, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return data, err
}

// Pending is signalled after commits that added events to the ledger.
func (db *DB) Pending() <-chan struct{} { return db.pending }

// PendingLeaves returns the size of the tree and at most limit leaves that come
// next, in the order of their transactions.
func (db *DB) PendingLeaves(ctx context.Context, limit int) (size int64, leaves [][]byte, err error) {
	err = db.view(ctx, func(r reader) error {
		if size, err = r.treeSize(); err != nil {
			return err
		}
		next := size + 1
		return r.each("SELECT row, leaf FROM ledger_events WHERE row > $1 ORDER BY row LIMIT $2", []any{size, limit}, func(rows *sql.Rows) error {
			var row int64
			var leaf []byte
			if err := rows.Scan(&row, &leaf); err != nil {
				return err
			}
			if row != next {
				return corrupt(fmt.Errorf("ledger event %d is missing", next))
			}
			next++
			leaves = append(leaves, leaf)
			return nil
		})
	})
	return size, leaves, err
}

// Sequence stores what appending leaves to a tree of the given size made:
// their hashes in storage order and the signed checkpoint, in one Update.
// fault.Conflict when the tree has another size by now; nothing is stored then.
func (db *DB) Sequence(ctx context.Context, size int64, hashes []tlog.Hash, cp audit.Checkpoint) error {
	return db.update(ctx, func(w *writer) error {
		have, err := w.treeSize()
		if err != nil {
			return err
		}
		if have != size {
			return fault.New(fault.Conflict, "the ledger has %d entries, not %d: another sequencer was first", have, size)
		}
		if tlog.StoredHashCount(size)+int64(len(hashes)) != tlog.StoredHashCount(cp.Size) {
			return fault.New(fault.Internal, "a checkpoint of %d entries does not fit %d new hashes", cp.Size, len(hashes))
		}
		if err := w.appendHashes(tlog.StoredHashCount(size), hashes); err != nil {
			return err
		}
		_, err = w.exec("INSERT INTO checkpoints (size, root, note) VALUES ($1, $2, $3)", cp.Size, cp.Root[:], cp.Note)
		return err
	})
}

// appendHashes stores hashes from storage index first on.
func (w *writer) appendHashes(first int64, hashes []tlog.Hash) error {
	for len(hashes) > 0 {
		c := first / chunkHashes
		data, err := w.chunk(c)
		if err != nil {
			return err
		}
		if int64(len(data)) != first%chunkHashes*tlog.HashSize {
			return corrupt(fmt.Errorf("chunk %d of the tree has %d bytes before hash %d", c, len(data), first))
		}
		n := min(chunkHashes-first%chunkHashes, int64(len(hashes)))
		for _, h := range hashes[:n] {
			data = append(data, h[:]...)
		}
		if _, err := w.exec("INSERT INTO tree_chunks (chunk, hashes) VALUES ($1, $2) ON CONFLICT (chunk) DO UPDATE SET hashes = excluded.hashes", c, data); err != nil {
			return err
		}
		first, hashes = first+n, hashes[n:]
	}
	return nil
}

var _ control.Tx = (*writer)(nil)
