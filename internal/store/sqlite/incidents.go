package sqlite

import (
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

var incidents = kind[resource.Incident]{
	what: "incident", table: "incidents", keys: []string{"id"},
	columns: []string{"id", "agent", "state", "environment", "severity", "assignee", "opened_at", "due", "revision"},
	values: func(i resource.Incident) []any {
		return []any{i.ID, i.Agent, i.State, i.Environment, i.Severity, i.Assignee, int64(i.OpenedAt), due(i), i.Revision}
	},
}

// due is when an incident's prevention is due, 0 when it is done or has no date.
func due(i resource.Incident) int64 {
	if i.RCA == nil || i.RCA.DoneAt > 0 {
		return 0
	}
	return int64(i.RCA.Due)
}

// InsertIncident implements control.IncidentWriter.
func (w *writer) InsertIncident(i resource.Incident) error { return insert(w, incidents, i) }

// PutIncident implements control.IncidentWriter.
func (w *writer) PutIncident(i resource.Incident) error {
	return replace(w, incidents, i, i.Revision, i.ID)
}

// Incident implements control.IncidentReader.
func (r reader) Incident(id string) (resource.Incident, error) { return get(r, incidents, id) }

// Incidents implements control.IncidentReader.
func (r reader) Incidents(q control.IncidentFilter, p control.Page) ([]resource.Incident, error) {
	var f filter
	f.eq("agent", q.Agent)
	f.eq("state", q.State)
	f.eq("environment", q.Environment)
	f.eq("severity", q.Severity)
	f.eq("assignee", q.Assignee)
	if q.Since > 0 {
		f.add("opened_at >= ?", int64(q.Since))
	}
	if q.DueBefore > 0 {
		f.add("due > 0 AND due < ?", int64(q.DueBefore))
	}
	tail := f.newest("incidents", p)
	return list(r, incidents, tail, f.args...)
}
