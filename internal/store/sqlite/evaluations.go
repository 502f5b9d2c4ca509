package sqlite

import (
	"database/sql"
	"errors"

	"github.com/aureus-agents/aureus/resource"
)

// EvaluationRun implements control.EvaluationReader.
func (r reader) EvaluationRun(scope, key string) ([]byte, error) {
	var doc string
	err := r.one("SELECT doc FROM evaluation_runs WHERE scope = $1 AND key = $2", []any{scope, key}, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		err = missing("run of an evaluation", scope, key)
	}
	return []byte(doc), err
}

// PutEvaluationRun implements control.EvaluationWriter.
func (w *writer) PutEvaluationRun(scope, key string, doc []byte, at resource.Millis) error {
	_, err := w.exec(`INSERT INTO evaluation_runs (scope, key, at, doc) VALUES ($1, $2, $3, $4)
		ON CONFLICT (scope, key) DO UPDATE SET at = excluded.at, doc = excluded.doc`, scope, key, int64(at), string(doc))
	return err
}

// DropEvaluationRuns implements control.EvaluationWriter.
func (w *writer) DropEvaluationRuns(scope string) error {
	_, err := w.exec("DELETE FROM evaluation_runs WHERE scope = $1", scope)
	return err
}

// ForgetEvaluationRuns implements control.EvaluationWriter.
func (w *writer) ForgetEvaluationRuns(before resource.Millis) error {
	_, err := w.exec("DELETE FROM evaluation_runs WHERE at < $1", int64(before))
	return err
}
