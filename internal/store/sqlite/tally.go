package sqlite

import (
	"cmp"
	"database/sql"
	"errors"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// Tally implements control.TallyReader.
func (r reader) Tally(q control.TallyQuery) (t control.RunTally, err error) {
	f := tallied(q)
	session := "CASE WHEN session = '' THEN id ELSE session END"
	err = r.one("SELECT count(*), coalesce(sum(failed), 0), count(DISTINCT "+session+"), count(DISTINCT CASE WHEN failed = 1 THEN "+session+
		" END), coalesce(max(CASE WHEN failed = 1 THEN ended_at END), 0) FROM runs "+f.where(), f.args,
		&t.Runs, &t.Failed, &t.Sessions, &t.FailedSessions, &t.LastFailedAt)
	if err != nil || t.Failed == 0 {
		return t, err
	}
	t.FirstFailedRun, t.FirstFailedAt, err = r.FirstFailure(q)
	return t, err
}

// FirstFailure implements control.TallyReader.
func (r reader) FirstFailure(q control.TallyQuery) (run string, at resource.Millis, err error) {
	f := tallied(q)
	f.add("failed = 1")
	err = r.one("SELECT id, ended_at FROM runs "+f.where()+" ORDER BY ended_at, seq LIMIT 1", f.args, &run, &at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return run, at, err
}

// tallied selects the runs of a mode that ended since then.
func tallied(q control.TallyQuery) filter {
	var f filter
	f.eq("digest", q.Digest)
	f.eq("environment", q.Environment)
	f.eq("agent", q.Agent)
	f.eq("release", q.Release)
	f.add("mode = ?", string(cmp.Or(q.Mode, resource.RunLive)))
	f.add("ended = 1")
	f.add("ended_at >= ?", int64(q.Since))
	return f
}
