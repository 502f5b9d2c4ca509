package sqlite

import (
	"database/sql"

	"github.com/aureus-agents/aureus/resource"
)

// PutStep implements control.RunWriter.
func (w *writer) PutStep(run string, s resource.Step) error {
	doc, err := encode(s)
	if err != nil {
		return err
	}
	_, err = w.exec("INSERT INTO run_steps (run, idx, doc) VALUES ($1, $2, $3) ON CONFLICT (run, idx) DO UPDATE SET doc = excluded.doc", run, s.Index, doc)
	return err
}

// steps are those that PutStep wrote, in order.
func (r reader) steps(run string) (steps []resource.Step, err error) {
	err = r.each("SELECT doc FROM run_steps WHERE run = $1 ORDER BY idx", []any{run}, func(rows *sql.Rows) error {
		var doc []byte
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		var s resource.Step
		if err := decode(doc, &s); err != nil {
			return err
		}
		steps = append(steps, s)
		return nil
	})
	return steps, err
}
