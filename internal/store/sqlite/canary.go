package sqlite

import "github.com/aureus-agents/aureus/resource"

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
