package audit

import (
	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Reader reads stored hashes by tlog's storage index with read, which returns
// one hash for each index in the same order.
func Reader(read func(indexes []int64) ([][32]byte, error)) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		raw, err := read(indexes)
		if err != nil {
			return nil, err
		}
		if len(raw) != len(indexes) {
			return nil, fault.New(fault.Corrupt, "The ledger lacks %d of its tree's hashes: restore the database from a backup.", len(indexes)-len(raw))
		}
		out := make([]tlog.Hash, len(raw))
		for i, h := range raw {
			out[i] = h
		}
		return out, nil
	})
}

// Append adds leaves to a tree of the given size. hashes are to be stored from
// index tlog.StoredHashCount(size) on; root is that of the tree of
// size+len(leaves). r reads the hashes stored so far, once.
func Append(size int64, leaves [][]byte, r tlog.HashReader) (hashes []tlog.Hash, root tlog.Hash, err error) {
	if size < 0 {
		return nil, tlog.Hash{}, fault.New(fault.Internal, "A tree has no size %d.", size)
	}
	t, err := edge(size, r)
	if err != nil {
		return nil, tlog.Hash{}, err
	}
	for i, leaf := range leaves {
		added, err := tlog.StoredHashes(size+int64(i), leaf, t)
		if err != nil {
			return nil, tlog.Hash{}, fault.Wrap(err, fault.Corrupt, "The ledger's tree of %d leaves cannot be continued.", size)
		}
		t.add(added)
	}
	if root, err = tlog.TreeHash(size+int64(len(leaves)), t); err != nil {
		return nil, tlog.Hash{}, fault.Wrap(err, fault.Corrupt, "The ledger's tree of %d leaves has no root.", size)
	}
	return t.added, root, nil
}

// growing is a tree's right edge and what was appended to it: all that appending
// needs to read.
type growing struct {
	edge  map[int64]tlog.Hash // by storage index
	first int64               // storage index of added[0]
	added []tlog.Hash
}

func (t *growing) add(h []tlog.Hash) { t.added = append(t.added, h...) }

// ReadHashes implements tlog.HashReader.
func (t *growing) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if at := x - t.first; at >= 0 && at < int64(len(t.added)) {
			out[i] = t.added[at]
			continue
		}
		h, ok := t.edge[x]
		if !ok {
			return nil, fault.New(fault.Internal, "Appending read hash %d, which is not at the tree's edge.", x)
		}
		out[i] = h
	}
	return out, nil
}

// edge reads the roots of the perfect subtrees that a tree of size is made of.
func edge(size int64, r tlog.HashReader) (*growing, error) {
	t := &growing{edge: map[int64]tlog.Hash{}, first: tlog.StoredHashCount(size)}
	var indexes []int64
	for lo := int64(0); lo < size; {
		level := 0
		for int64(2)<<level <= size-lo {
			level++
		}
		indexes = append(indexes, tlog.StoredHashIndex(level, lo>>level))
		lo += 1 << level
	}
	if len(indexes) == 0 {
		return t, nil
	}
	hashes, err := r.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	if len(hashes) != len(indexes) {
		return nil, fault.New(fault.Corrupt, "The ledger lacks hashes of its tree of %d leaves: restore the database from a backup.", size)
	}
	for i, x := range indexes {
		t.edge[x] = hashes[i]
	}
	return t, nil
}
