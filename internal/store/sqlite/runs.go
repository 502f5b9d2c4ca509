package sqlite

import (
	"database/sql"
	"errors"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// payload is what a run's list leaves out.
type payload struct {
	Input  any             `json:"input,omitempty"`
	Output any             `json:"output,omitempty"`
	Steps  []resource.Step `json:"steps,omitempty"`
}

func split(r resource.Run) (resource.Run, payload) {
	p := payload{Input: r.Input, Output: r.Output, Steps: r.Steps}
	r.Input, r.Output, r.Steps = nil, nil, nil
	return r, p
}

var runs = kind[resource.Run]{
	what: "run", table: "runs", keys: []string{"id"},
	columns: []string{"id", "agent", "environment", "digest", "release", "session", "mode", "outcome", "failed", "ended", "ended_at", "revision"},
	values: func(r resource.Run) []any {
		return []any{r.ID, r.Agent, r.Environment, r.Digest, r.Release, r.Session, string(r.Mode), string(r.Outcome),
			number(r.Outcome.Failed()), number(ended(r)), int64(r.EndedAt), r.Revision}
	},
}

// ended reports whether nothing happens in the run any more.
func ended(r resource.Run) bool {
	return r.Outcome != resource.OutcomeRunning && r.Outcome != resource.OutcomeWaiting
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// InsertRun implements control.RunWriter.
func (w *writer) InsertRun(r resource.Run) error {
	light, rest := split(r)
	doc, err := encode(light)
	if err != nil {
		return err
	}
	text, err := encode(rest)
	if err != nil {
		return err
	}
	n, err := w.exec(`INSERT INTO runs (id, agent, environment, digest, release, session, mode, outcome, failed, ended, ended_at, revision, doc, payload)
		VALUES (`+params(1, 14)+`) ON CONFLICT DO NOTHING`, append(runs.values(r), doc, text)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "run %q exists already", r.ID)
	}
	return w.rollUp(r)
}

// PutRun implements control.RunWriter.
func (w *writer) PutRun(r resource.Run) error {
	var before int64
	err := w.one("SELECT ended FROM runs WHERE id = $1", []any{r.ID}, &before)
	if errors.Is(err, sql.ErrNoRows) {
		return missing("run", r.ID)
	}
	if err != nil {
		return err
	}
	light, rest := split(r)
	if err := replace(w, runs, light, r.Revision, r.ID); err != nil {
		return err
	}
	text, err := encode(rest)
	if err != nil {
		return err
	}
	if _, err := w.exec("UPDATE runs SET payload = $1 WHERE id = $2", text, r.ID); err != nil {
		return err
	}
	if before == 1 { // it entered the figures when it ended
		return nil
	}
	return w.rollUp(r)
}

// Run implements control.RunReader.
func (r reader) Run(id string) (v resource.Run, err error) {
	var doc, text []byte
	var rest payload
	err = r.one("SELECT doc, payload FROM runs WHERE id = $1", []any{id}, &doc, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return v, missing("run", id)
	}
	if err == nil {
		err = decode(doc, &v)
	}
	if err == nil {
		err = decode(text, &rest)
	}
	v.Input, v.Output, v.Steps = rest.Input, rest.Output, rest.Steps
	if err == nil && len(v.Steps) == 0 {
		v.Steps, err = r.steps(id)
	}
	return v, err
}

// Runs implements control.RunReader.
func (r reader) Runs(q control.RunFilter, p control.Page) ([]resource.Run, error) {
	var f filter
	f.eq("agent", q.Agent)
	f.eq("environment", q.Environment)
	f.eq("digest", q.Digest)
	f.eq("release", q.Release)
	f.eq("session", q.Session)
	f.eq("mode", string(q.Mode))
	in(&f, "outcome", q.Outcomes)
	if q.FailedOnly {
		f.add("failed = 1")
	}
	tail := f.newest("runs", p)
	return list(r, runs, tail, f.args...)
}

// PutCheckpoint implements control.RunWriter.
func (w *writer) PutCheckpoint(run string, checkpoint []byte) error {
	_, err := w.exec("INSERT INTO run_checkpoints (run, doc) VALUES ($1, $2) ON CONFLICT (run) DO UPDATE SET doc = excluded.doc", run, checkpoint)
	return err
}

// DeleteCheckpoint implements control.RunWriter. One that is not there is deleted already.
func (w *writer) DeleteCheckpoint(run string) error {
	_, err := w.exec("DELETE FROM run_checkpoints WHERE run = $1", run)
	return err
}

// Checkpoint implements control.RunReader.
func (r reader) Checkpoint(run string) ([]byte, error) {
	var doc []byte
	err := r.one("SELECT doc FROM run_checkpoints WHERE run = $1", []any{run}, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		err = missing("checkpoint of run", run)
	}
	return doc, err
}
