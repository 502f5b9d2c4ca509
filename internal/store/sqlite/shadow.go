package sqlite

import (
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

var shadowResults = kind[resource.ShadowResult]{
	what: "result of the shadow", table: "shadow_results", keys: []string{"release", "seq"},
	columns: []string{"release", "seq", "run"},
	values:  func(s resource.ShadowResult) []any { return []any{s.Release, s.Seq, s.Run} },
}

// InsertShadowResult implements control.ShadowWriter.
func (w *writer) InsertShadowResult(s resource.ShadowResult) error {
	return insert(w, shadowResults, s)
}

// PutShadowResult implements control.ShadowWriter.
func (w *writer) PutShadowResult(s resource.ShadowResult) error {
	doc, err := encode(s)
	if err != nil {
		return err
	}
	n, err := w.exec("UPDATE shadow_results SET doc = $1 WHERE release = $2 AND seq = $3 AND run = $4", doc, s.Release, s.Seq, s.Run)
	if err == nil && n == 0 {
		err = missing(shadowResults.what, s.Release, s.Seq)
	}
	return err
}

// ShadowResults implements control.ShadowReader.
func (r reader) ShadowResults(release string, upTo int64) ([]resource.ShadowResult, error) {
	return list(r, shadowResults, "WHERE release = $1 AND seq <= $2 ORDER BY seq", release, upTo)
}

// ShadowResult implements control.ShadowReader.
func (r reader) ShadowResult(release string, seq int64) (resource.ShadowResult, error) {
	return get(r, shadowResults, release, seq)
}

// LastShadowSeq implements control.ShadowReader.
func (r reader) LastShadowSeq(release string) (last int64, err error) {
	err = r.one("SELECT COALESCE(MAX(seq), 0) FROM shadow_results WHERE release = $1", []any{release}, &last)
	return last, err
}

var (
	_ control.ShadowReader = reader{}
	_ control.ShadowWriter = (*writer)(nil)
)
