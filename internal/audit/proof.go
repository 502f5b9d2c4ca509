package audit

import (
	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/fault"
)

// ProveInclusion proves that the leaf at index is in the tree of size.
func ProveInclusion(index, size int64, r tlog.HashReader) ([]tlog.Hash, error) {
	if index < 0 || index >= size {
		return nil, fault.New(fault.NotFound, "Entry %d is not in the ledger of %d entries.", index, size)
	}
	return tlog.ProveRecord(size, index, r)
}

// VerifyInclusion checks that leaf is at index in the tree of size with root;
// fault.Verification when it is not.
func VerifyInclusion(leaf []byte, index, size int64, root tlog.Hash, proof []tlog.Hash) error {
	if err := tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(leaf)); err != nil {
		return fault.Wrap(err, fault.Verification, "The proof does not show that entry %d is in the ledger of %d entries.", index, size)
	}
	return nil
}

// ProveConsistency proves that the tree of size begins with the tree of old.
func ProveConsistency(old, size int64, r tlog.HashReader) ([]tlog.Hash, error) {
	if old < 1 || old > size {
		return nil, fault.New(fault.Invalid, "A ledger of %d entries does not begin with one of %d.", size, old)
	}
	return tlog.ProveTree(size, old, r)
}

// VerifyConsistency checks that the tree of size with root begins with the tree
// of old with oldRoot; fault.Verification when it does not.
func VerifyConsistency(old int64, oldRoot tlog.Hash, size int64, root tlog.Hash, proof []tlog.Hash) error {
	if err := tlog.CheckTree(proof, size, root, old, oldRoot); err != nil {
		return fault.Wrap(err, fault.Verification, "The proof does not show that the ledger of %d entries begins with that of %d.", size, old)
	}
	return nil
}
