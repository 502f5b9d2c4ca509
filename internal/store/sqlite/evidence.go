package sqlite

import (
	"database/sql"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// InsertEvidence implements control.EvidenceWriter.
func (w *writer) InsertEvidence(e resource.Evidence) error {
	bundle, report := e.Bundle, e.Report
	e.Bundle, e.Report = nil, nil // kept as bytes: the digest is over them
	doc, err := encode(e)
	if err != nil {
		return err
	}
	n, err := w.exec(`INSERT INTO evidence (id, subject, kind, release, environment, doc, bundle, report)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		e.ID, e.Subject, e.Kind, e.Release, e.Environment, doc, bundle, report)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "evidence %q exists already", e.ID)
	}
	return err
}

// Evidence implements control.EvidenceReader.
func (r reader) Evidence(q control.EvidenceFilter, p control.Page) ([]resource.Evidence, error) {
	f := evidenceFilter(q)
	tail := f.newest("evidence", p)
	return r.evidence(tail, f.args...)
}

// CountEvidence implements control.EvidenceReader.
func (r reader) CountEvidence(q control.EvidenceFilter) (n int, err error) {
	f := evidenceFilter(q)
	err = r.each("SELECT count(*) FROM evidence "+f.where(), f.args, func(rows *sql.Rows) error { return rows.Scan(&n) })
	return n, err
}

func evidenceFilter(q control.EvidenceFilter) filter {
	var f filter
	f.eq("subject", q.Subject)
	f.eq("kind", q.Kind)
	f.eq("release", q.Release)
	if q.OrAny {
		f.add("environment IN ('', ?)", q.Environment)
	} else {
		f.eq("environment", q.Environment)
	}
	return f
}

// EvidenceByID implements control.EvidenceReader.
func (r reader) EvidenceByID(id string) (resource.Evidence, error) {
	found, err := r.evidence("WHERE id = $1", id)
	if err == nil && len(found) == 0 {
		err = missing("evidence", id)
	}
	if err != nil {
		return resource.Evidence{}, err
	}
	return found[0], nil
}

func (r reader) evidence(tail string, args ...any) ([]resource.Evidence, error) {
	out := []resource.Evidence{}
	err := r.each("SELECT doc, bundle, report FROM evidence "+tail, args, func(rows *sql.Rows) error {
		var e resource.Evidence
		var doc, bundle, report []byte
		if err := rows.Scan(&doc, &bundle, &report); err != nil {
			return err
		}
		if err := decode(doc, &e); err != nil {
			return err
		}
		e.Bundle, e.Report = bundle, report
		out = append(out, e)
		return nil
	})
	return out, err
}
