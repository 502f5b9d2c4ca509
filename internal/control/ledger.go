package control

import (
	"context"
	"encoding/hex"
	"io"
	"iter"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// ledgerBatch is how many leaves are read at a time.
const ledgerBatch = 1000

// auditRead records that somebody read the ledger.
func (c *Control) auditRead(ctx context.Context, p Principal, action string, attrs map[string]string) error {
	return c.update(ctx, func(t *tx) error {
		return t.record(resource.Event{Actor: p.Actor, Action: action, SubjectKind: "ledger", SubjectID: "ledger", Attrs: attrs})
	})
}

// Tail lists ledger entries from an index, ascending; from < 0 counts from the
// end. Auditor; the read is itself recorded.
func (c *Control) Tail(ctx context.Context, p Principal, from, limit int64) (es []resource.LedgerEntry, err error) {
	if err := need(p, resource.RoleAuditor); err != nil {
		return nil, err
	}
	if limit <= 0 || limit > ledgerBatch {
		limit = ledgerBatch
	}
	if err := c.auditRead(ctx, p, "ledger.read", nil); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) error {
		if from < 0 {
			cp, err := r.LatestCheckpoint()
			if err != nil {
				return err
			}
			from = max(cp.Size+from, 0)
		}
		es, err = r.Entries(from, limit)
		return err
	})
	return es, err
}

// Export writes the ledger's export, up to the newest checkpoint: what
// audit.Verify reads. Auditor; recorded.
func (c *Control) Export(ctx context.Context, p Principal, w io.Writer) error {
	if err := need(p, resource.RoleAuditor); err != nil {
		return err
	}
	if err := c.auditRead(ctx, p, "ledger.exported", nil); err != nil {
		return err
	}
	return c.view(ctx, func(r Reader) error {
		checkpoints, err := allCheckpoints(r)
		if err != nil {
			return err
		}
		return audit.Export(w, c.cfg.Key.VerifierKey(), checkpoints, entries(r))
	})
}

func allCheckpoints(r Reader) (all []audit.Checkpoint, err error) {
	after := ""
	for {
		page, err := r.Checkpoints(Page{Limit: ledgerBatch, After: after})
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < ledgerBatch {
			return all, nil
		}
		after = strconv.FormatInt(page[len(page)-1].Size, 10)
	}
}

// entries reads the ledger from its first entry on.
func entries(r Reader) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for from := int64(0); ; {
			batch, err := entryBatch(r, from)
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
			}
			if len(batch) < ledgerBatch {
				return
			}
			from += int64(len(batch))
		}
	}
}

func entryBatch(r Reader, from int64) ([]audit.Entry, error) {
	leaves, err := r.Leaves(from, ledgerBatch)
	if err != nil {
		return nil, err
	}
	indexes := make([]int64, len(leaves))
	for i, l := range leaves {
		indexes[i] = tlog.StoredHashIndex(0, l.Index)
	}
	hashes, err := r.TreeHashes(indexes)
	if err != nil {
		return nil, err
	}
	out := make([]audit.Entry, len(leaves))
	for i, l := range leaves {
		out[i] = audit.Entry{Leaf: l.Data, Hash: hashes[i]}
	}
	return out, nil
}

// ProofOf is the inclusion proof of an entry in the newest checkpoint. Auditor.
func (c *Control) ProofOf(ctx context.Context, p Principal, index int64) (pr Proof, err error) {
	if err := need(p, resource.RoleAuditor); err != nil {
		return pr, err
	}
	err = c.view(ctx, func(r Reader) error {
		cp, err := r.LatestCheckpoint()
		if err != nil {
			return err
		}
		if index < 0 || index >= cp.Size {
			return fault.New(fault.NotFound, "the ledger has entries 0 to %d; there is no entry %d", cp.Size-1, index)
		}
		leaves, err := r.Leaves(index, 1)
		if err != nil {
			return err
		}
		if len(leaves) == 0 {
			return fault.New(fault.Corrupt, "the ledger has no entry %d although a checkpoint covers it", index)
		}
		hashes, err := audit.ProveInclusion(index, cp.Size, audit.Reader(r.TreeHashes))
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash(leaves[0].Data)
		pr = Proof{Index: index, Leaf: leaves[0].Data, LeafHash: hex.EncodeToString(leaf[:]), Size: cp.Size, Root: cp.Root.String(),
			Checkpoint: string(cp.Note), Hashes: []string{}}
		for _, h := range hashes {
			pr.Hashes = append(pr.Hashes, h.String())
		}
		signed, err := audit.OpenCheckpoint(cp.Note, c.cfg.Key.VerifierKey())
		pr.Verified = err == nil && signed.Root == cp.Root &&
			audit.VerifyInclusion(leaves[0].Data, index, cp.Size, signed.Root, hashes) == nil
		return nil
	})
	return pr, err
}

// Ledger is the ledger's head. Viewer.
func (c *Control) Ledger(ctx context.Context, p Principal) (s LedgerStatus, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return s, err
	}
	err = c.view(ctx, func(r Reader) error {
		cp, err := r.LatestCheckpoint()
		if err != nil {
			return err
		}
		s = LedgerStatus{Size: cp.Size, Root: cp.Root.String(), Checkpoint: string(cp.Note)}
		s.Pending, err = r.PendingEvents()
		return err
	})
	return s, err
}

// EventsOf lists the events about one thing (release, run, version, incident),
// newest first. Viewer.
func (c *Control) EventsOf(ctx context.Context, p Principal, kind, id string, page Page) (es []resource.LedgerEntry, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { es, err = r.EventsOf(kind, id, page); return err })
	return es, err
}
