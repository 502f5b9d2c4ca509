package sqlite

import (
	"database/sql"
	"errors"
	"strconv"

	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Append implements control.Tx.
func (w *writer) Append(e resource.Event) error {
	leaf, err := audit.Encode(e)
	if err != nil {
		return err
	}
	w.events = true
	_, err = w.exec("INSERT INTO ledger_events (subject_kind, subject_id, id, leaf) VALUES ($1, $2, $3, $4)",
		e.SubjectKind, e.SubjectID, e.ID, leaf)
	return err
}

// treeSize is how many events are sequenced.
func (r reader) treeSize() (int64, error) {
	var n sql.NullInt64
	err := r.one("SELECT max(size) FROM checkpoints", nil, &n)
	return n.Int64, err
}

// Leaves implements control.LedgerReader.
func (r reader) Leaves(from, limit int64) ([]control.Leaf, error) {
	size, err := r.treeSize()
	if err != nil {
		return nil, err
	}
	out := []control.Leaf{}
	err = r.each("SELECT row, leaf FROM ledger_events WHERE row > $1 AND row <= $2 ORDER BY row LIMIT $3",
		[]any{max(from, 0), size, positive(limit)}, func(rows *sql.Rows) error {
			var l control.Leaf
			if err := rows.Scan(&l.Index, &l.Data); err != nil {
				return err
			}
			l.Index-- // row 1 is index 0
			out = append(out, l)
			return nil
		})
	return out, err
}

func positive(limit int64) int64 {
	if limit <= 0 {
		return 100
	}
	return limit
}

// Entries implements control.LedgerReader.
func (r reader) Entries(from, limit int64) ([]resource.LedgerEntry, error) {
	leaves, err := r.Leaves(from, limit)
	if err != nil {
		return nil, err
	}
	out := make([]resource.LedgerEntry, len(leaves))
	for i, l := range leaves {
		out[i].Index = l.Index
		if err := decode(l.Data, &out[i].Event); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PendingEvents implements control.LedgerReader.
func (r reader) PendingEvents() (int64, error) {
	size, err := r.treeSize()
	if err != nil {
		return 0, err
	}
	var last sql.NullInt64
	err = r.one("SELECT max(row) FROM ledger_events", nil, &last)
	return last.Int64 - size, err
}

// EventsOf implements control.LedgerReader.
func (r reader) EventsOf(subjectKind, subjectID string, p control.Page) ([]resource.LedgerEntry, error) {
	size, err := r.treeSize()
	if err != nil {
		return nil, err
	}
	var f filter
	f.add("subject_kind = ?", subjectKind)
	f.add("subject_id = ?", subjectID)
	if p.After != "" {
		f.add("row < (SELECT max(row) FROM ledger_events WHERE subject_kind = ? AND subject_id = ? AND id = ?)", subjectKind, subjectID, p.After)
	}
	out := []resource.LedgerEntry{}
	err = r.events(f.where()+" ORDER BY row DESC LIMIT "+strconv.Itoa(limit(p)), f.args, func(e control.StoredEvent) {
		index := e.Row - 1
		if e.Row > size {
			index = -1
		}
		out = append(out, resource.LedgerEntry{Index: index, Event: e.Event})
	})
	return out, err
}

// EventsSince implements control.LedgerReader.
func (r reader) EventsSince(row int64, limit int) ([]control.StoredEvent, error) {
	out := []control.StoredEvent{}
	err := r.events("WHERE row > $1 ORDER BY row LIMIT $2", []any{row, positive(int64(limit))}, func(e control.StoredEvent) {
		out = append(out, e)
	})
	return out, err
}

func (r reader) events(tail string, args []any, fn func(control.StoredEvent)) error {
	return r.each("SELECT row, leaf FROM ledger_events "+tail, args, func(rows *sql.Rows) error {
		var e control.StoredEvent
		var leaf sql.RawBytes
		if err := rows.Scan(&e.Row, &leaf); err != nil {
			return err
		}
		if err := decode(leaf, &e.Event); err != nil {
			return err
		}
		fn(e)
		return nil
	})
}

// LatestCheckpoint implements control.LedgerReader.
func (r reader) LatestCheckpoint() (audit.Checkpoint, error) {
	found, err := r.checkpoints("ORDER BY size DESC LIMIT 1")
	if err != nil || len(found) == 0 {
		return audit.Checkpoint{}, err
	}
	return found[0], nil
}

// Checkpoints implements control.LedgerReader; the page goes on after a size.
func (r reader) Checkpoints(p control.Page) ([]audit.Checkpoint, error) {
	after := int64(0)
	if p.After != "" {
		n, err := strconv.ParseInt(p.After, 10, 64)
		if err != nil {
			return nil, fault.New(fault.Invalid, "a page of checkpoints goes on after a tree size, not %q", p.After)
		}
		after = n
	}
	return r.checkpoints("WHERE size > $1 ORDER BY size LIMIT "+strconv.Itoa(limit(p)), after)
}

func (r reader) checkpoints(tail string, args ...any) ([]audit.Checkpoint, error) {
	out := []audit.Checkpoint{}
	err := r.each("SELECT size, root, note FROM checkpoints "+tail, args, func(rows *sql.Rows) error {
		var c audit.Checkpoint
		var root []byte
		if err := rows.Scan(&c.Size, &root, &c.Note); err != nil {
			return err
		}
		if copy(c.Root[:], root) != len(c.Root) {
			return corrupt(errors.New("a checkpoint's root is too short"))
		}
		out = append(out, c)
		return nil
	})
	return out, err
}
