package sqlite

import (
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

var incidents = kind[resource.Incident]{
	what: "incident", table: "incidents", keys: []string{"id"},
	columns: []string{"id", "agent", "state", "revision"},
	values:  func(i resource.Incident) []any { return []any{i.ID, i.Agent, i.State, i.Revision} },
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
func (r reader) Incidents(agent, state string, p control.Page) ([]resource.Incident, error) {
	var f filter
	f.eq("agent", agent)
	f.eq("state", state)
	tail := f.newest("incidents", p)
	return list(r, incidents, tail, f.args...)
}
