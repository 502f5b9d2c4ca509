package sqlite

import (
	"math"

	"github.com/aureus-agents/aureus/resource"
)

var canarySessions = kind[resource.CanarySession]{
	what: "session of the canary", table: "canary_sessions", keys: []string{"release", "session"},
}

// PutCanarySession implements control.CanaryWriter.
func (w *writer) PutCanarySession(release, session string, s resource.CanarySession) error {
	doc, err := encode(s)
	if err != nil {
		return err
	}
	_, err = w.exec(`INSERT INTO canary_sessions (release, session, doc) VALUES ($1, $2, $3)
		ON CONFLICT (release, session) DO UPDATE SET doc = excluded.doc`, release, session, doc)
	return err
}

// CanarySession implements control.CanaryReader.
func (r reader) CanarySession(release, session string) (resource.CanarySession, error) {
	return get(r, canarySessions, release, session)
}

// CanaryCounted implements control.CanaryReader.
func (r reader) CanaryCounted(release, run string) (bool, error) {
	var n int
	err := r.one("SELECT count(*) FROM canary_outcomes WHERE release = $1 AND run = $2", []any{release, run}, &n)
	return n > 0, err
}

var canaryDraws = kind[resource.CanaryDraw]{
	what: "draw of the canary", table: "canary_draws", keys: []string{"release", "seq"},
	columns: []string{"release", "seq"},
	values:  func(d resource.CanaryDraw) []any { return []any{d.Release, d.Seq} },
}

// InsertCanaryDraw implements control.CanaryWriter.
func (w *writer) InsertCanaryDraw(d resource.CanaryDraw) error { return insert(w, canaryDraws, d) }

// CanaryDraws implements control.CanaryReader.
func (r reader) CanaryDraws(release string, after, upTo int64) ([]resource.CanaryDraw, error) {
	if upTo <= 0 {
		upTo = math.MaxInt64
	}
	return list(r, canaryDraws, "WHERE release = $1 AND seq > $2 AND seq <= $3 ORDER BY seq", release, after, upTo)
}

// CanaryDrawn implements control.CanaryReader.
func (r reader) CanaryDrawn(release string) (n int64, err error) {
	err = r.one("SELECT coalesce(max(seq), 0) FROM canary_draws WHERE release = $1", []any{release}, &n)
	return n, err
}
