package sqlite

import (
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

var deployments = kind[resource.Deployment]{
	what: "deployment", table: "deployments", keys: []string{"agent", "environment"},
	columns: []string{"agent", "environment", "revision"},
	values:  func(d resource.Deployment) []any { return []any{d.Agent, d.Environment, d.Revision} },
}

var snapshots = kind[resource.Snapshot]{
	what: "snapshot", table: "snapshots", keys: []string{"id"},
}

var pins = kind[control.SessionPin]{
	what: "session", table: "session_pins", keys: []string{"agent", "environment", "session"},
}

// PutDeployment implements control.ServingWriter.
func (w *writer) PutDeployment(d resource.Deployment) error {
	if d.Revision == 1 {
		return insert(w, deployments, d)
	}
	return replace(w, deployments, d, d.Revision, d.Agent, d.Environment)
}

// PutSnapshot implements control.ServingWriter.
func (w *writer) PutSnapshot(s resource.Snapshot) error {
	doc, err := encode(s)
	if err != nil {
		return err
	}
	_, err = w.exec(`INSERT INTO snapshots (id, agent, environment, doc) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET agent = excluded.agent, environment = excluded.environment, doc = excluded.doc`,
		s.ID, s.Agent, s.Environment, doc)
	return err
}

// PutSessionVersion implements control.ServingWriter.
func (w *writer) PutSessionVersion(agent, env, session string, p control.SessionPin) error {
	doc, err := encode(p)
	if err != nil {
		return err
	}
	_, err = w.exec(`INSERT INTO session_pins (agent, environment, session, doc) VALUES ($1, $2, $3, $4)
		ON CONFLICT (agent, environment, session) DO UPDATE SET doc = excluded.doc`, agent, env, session, doc)
	return err
}

// Deployment implements control.ServingReader.
func (r reader) Deployment(agent, env string) (resource.Deployment, error) {
	return get(r, deployments, agent, env)
}

// Deployments implements control.ServingReader.
func (r reader) Deployments(agent string) ([]resource.Deployment, error) {
	var f filter
	f.eq("agent", agent)
	return list(r, deployments, f.where()+" ORDER BY agent, environment", f.args...)
}

// Snapshots implements control.ServingReader.
func (r reader) Snapshots(agent, env string) ([]resource.Snapshot, error) {
	return list(r, snapshots, "WHERE agent = $1 AND environment = $2 ORDER BY seq DESC", agent, env)
}

// Snapshot implements control.ServingReader.
func (r reader) Snapshot(id string) (resource.Snapshot, error) { return get(r, snapshots, id) }

// SessionVersion implements control.ServingReader.
func (r reader) SessionVersion(agent, env, session string) (control.SessionPin, error) {
	return get(r, pins, agent, env, session)
}
