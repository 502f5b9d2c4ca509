package sqlite

import (
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

var releases = kind[resource.Release]{
	what: "release", table: "releases", keys: []string{"id"},
	columns: []string{"id", "agent", "environment", "digest", "state", "decided_at", "updated_at", "revision"},
	values: func(r resource.Release) []any {
		return []any{r.ID, r.Agent, r.Environment, r.Digest, string(r.State), int64(r.DecidedAt), int64(r.UpdatedAt), r.Revision}
	},
}

var canaryOutcomes = kind[resource.CanaryOutcome]{
	what: "outcome of the canary", table: "canary_outcomes", keys: []string{"release", "seq"},
	columns: []string{"release", "seq", "run"},
	values:  func(o resource.CanaryOutcome) []any { return []any{o.Release, o.Seq, o.Run} },
}

// InsertRelease implements control.ReleaseWriter.
func (w *writer) InsertRelease(r resource.Release) error { return insert(w, releases, r) }

// PutRelease implements control.ReleaseWriter.
func (w *writer) PutRelease(r resource.Release) error {
	return replace(w, releases, r, r.Revision, r.ID)
}

// InsertCanaryOutcome implements control.ReleaseWriter.
func (w *writer) InsertCanaryOutcome(o resource.CanaryOutcome) error {
	return insert(w, canaryOutcomes, o)
}

// Release implements control.ReleaseReader.
func (r reader) Release(id string) (resource.Release, error) { return get(r, releases, id) }

// Releases implements control.ReleaseReader.
func (r reader) Releases(q control.ReleaseFilter, p control.Page) ([]resource.Release, error) {
	var f filter
	f.eq("agent", q.Agent)
	f.eq("environment", q.Environment)
	f.eq("digest", q.Digest)
	in(&f, "state", q.States)
	if q.Since > 0 {
		f.add("updated_at >= ?", int64(q.Since))
	}
	if q.Drill {
		f.add("json_extract(doc, '$.drill') = 1")
	}
	tail := f.newest("releases", p)
	return list(r, releases, tail, f.args...)
}

// CanaryOutcomes implements control.ReleaseReader.
func (r reader) CanaryOutcomes(release string) ([]resource.CanaryOutcome, error) {
	return list(r, canaryOutcomes, "WHERE release = $1 ORDER BY seq", release)
}

// CanaryOutcomesAfter implements control.ReleaseReader.
func (r reader) CanaryOutcomesAfter(release string, after, upTo int64) ([]resource.CanaryOutcome, error) {
	return list(r, canaryOutcomes, "WHERE release = $1 AND seq > $2 AND seq <= $3 ORDER BY seq", release, after, upTo)
}
