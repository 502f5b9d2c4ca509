package sqlite

import (
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

var pipelines = kind[resource.Pipeline]{
	what: "pipeline", table: "pipelines", keys: []string{"name"},
	columns: []string{"name", "revision"},
	values:  func(p resource.Pipeline) []any { return []any{p.Name, p.Revision} },
}

var waivers = kind[resource.Waiver]{
	what: "waiver", table: "waivers", keys: []string{"id"},
	columns: []string{"id", "agent", "digest", "state", "revision"},
	values:  func(w resource.Waiver) []any { return []any{w.ID, w.Agent, w.Digest, w.State, w.Revision} },
}

// PutPipeline implements control.PipelineWriter.
func (w *writer) PutPipeline(p resource.Pipeline) error {
	if p.Revision == 1 {
		return insert(w, pipelines, p)
	}
	return replace(w, pipelines, p, p.Revision, p.Name)
}

// DeletePipeline implements control.PipelineWriter.
func (w *writer) DeletePipeline(name string, revision int64) error {
	n, err := w.exec("DELETE FROM pipelines WHERE name = $1 AND revision = $2", name, revision)
	if err != nil || n == 1 {
		return err
	}
	if _, err := get(w.reader, pipelines, name); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "somebody else changed this pipeline first; read it again")
}

// InsertWaiver implements control.PipelineWriter.
func (w *writer) InsertWaiver(v resource.Waiver) error { return insert(w, waivers, v) }

// PutWaiver implements control.PipelineWriter.
func (w *writer) PutWaiver(v resource.Waiver) error {
	return replace(w, waivers, v, v.Revision, v.ID)
}

// Pipeline implements control.PipelineReader.
func (r reader) Pipeline(name string) (resource.Pipeline, error) { return get(r, pipelines, name) }

// Pipelines implements control.PipelineReader.
func (r reader) Pipelines() ([]resource.Pipeline, error) {
	return list(r, pipelines, "ORDER BY name")
}

// Waiver implements control.PipelineReader.
func (r reader) Waiver(id string) (resource.Waiver, error) { return get(r, waivers, id) }

// Waivers implements control.PipelineReader.
func (r reader) Waivers(q control.WaiverFilter, p control.Page) ([]resource.Waiver, error) {
	var f filter
	f.eq("agent", q.Agent)
	f.eq("digest", q.Digest)
	f.eq("state", q.State)
	tail := f.newest("waivers", p)
	return list(r, waivers, tail, f.args...)
}
