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

// ShadowResults implements control.ShadowReader.
func (r reader) ShadowResults(release string) ([]resource.ShadowResult, error) {
	return list(r, shadowResults, "WHERE release = $1 ORDER BY seq", release)
}

var (
	_ control.ShadowReader = reader{}
	_ control.ShadowWriter = (*writer)(nil)
)
