package control

import (
	"context"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// Runs lists runs, newest first, without payloads. Viewer.
func (c *Control) Runs(ctx context.Context, p Principal, f RunFilter, page Page) (rs []resource.Run, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { rs, err = r.Runs(f, page); return err })
	if !seesPayloads(p) {
		for i := range rs {
			withoutPayloads(&rs[i])
		}
	}
	return rs, err
}

// Run is one run with its steps; payloads only for developer, operator, approver. Viewer.
func (c *Control) Run(ctx context.Context, p Principal, id string) (run resource.Run, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return run, err
	}
	err = c.view(ctx, func(r Reader) (err error) { run, err = r.Run(id); return err })
	if err == nil && !seesPayloads(p) {
		withoutPayloads(&run)
	}
	return run, err
}

func withoutPayloads(run *resource.Run) {
	run.Input, run.Output, run.Message = nil, nil, ""
	for i, s := range run.Steps {
		if s.Model != nil {
			m := *s.Model
			m.Content = ""
			run.Steps[i].Model = &m
		}
		if s.Tool != nil {
			t := *s.Tool
			t.Args, t.Result = nil, ""
			run.Steps[i].Tool = &t
		}
		if s.CRV != nil {
			v := *s.CRV
			v.Message, v.Findings = "", nil
			run.Steps[i].CRV = &v
		}
	}
}

// importBatch is how many recorded runs one transaction stores.
const importBatch = 500

// ImportRuns stores recorded runs; one that was imported before is left as it
// is. It returns how many are new. Developer.
func (c *Control) ImportRuns(ctx context.Context, p Principal, runs []resource.Run) (int, error) {
	if err := need(p, resource.RoleDeveloper); err != nil {
		return 0, err
	}
	for i, r := range runs {
		if r.ID == "" || r.Agent == "" {
			return 0, fault.New(fault.Invalid, "run %d of the import has no id or no agent", i+1)
		}
	}
	imported := 0
	for start := 0; start < len(runs); start += importBatch {
		batch := runs[start:min(start+importBatch, len(runs))]
		n := 0
		if err := c.update(ctx, func(t *tx) (err error) { n, err = t.importRuns(p, batch); return err }); err != nil {
			return imported, err
		}
		imported += n
	}
	return imported, nil
}

func (t *tx) importRuns(p Principal, runs []resource.Run) (int, error) {
	n := 0
	for _, r := range runs {
		if _, err := t.Run(r.ID); !fault.Is(err, fault.NotFound) {
			if err != nil {
				return n, err
			}
			continue
		}
		r.Mode, r.Revision, r.Release = resource.RunRecorded, 1, ""
		if err := t.InsertRun(r); err != nil {
			return n, err
		}
		n++
	}
	if n == 0 {
		return 0, nil
	}
	digest, err := blueprint.Digest(runIDs(runs))
	if err != nil {
		return n, err
	}
	return n, t.record(resource.Event{Actor: p.Actor, Action: "runs.imported", SubjectKind: "agent", SubjectID: runs[0].Agent, Agent: runs[0].Agent, Digest: digest})
}

func runIDs(runs []resource.Run) []string {
	ids := make([]string, len(runs))
	for i, r := range runs {
		ids[i] = r.ID
	}
	return ids
}

// ScenarioFromRun makes a regression scenario of a run: its input, what its tools
// answered, and what should have happened. Developer.
func (c *Control) ScenarioFromRun(ctx context.Context, p Principal, id string) (blueprint.Scenario, error) {
	if err := need(p, resource.RoleDeveloper); err != nil {
		return blueprint.Scenario{}, err
	}
	run, err := c.Run(ctx, p, id)
	if err != nil {
		return blueprint.Scenario{}, err
	}
	if run.Outcome == resource.OutcomeRunning || run.Outcome == resource.OutcomeWaiting {
		return blueprint.Scenario{}, fault.New(fault.Conflict, "run %s has not ended; make a scenario of it then", id)
	}
	if run.Digest == "" {
		return simulate.FromRun(run) // imported: no version of ours
	}
	v, err := c.Version(ctx, p, run.Agent+"@"+run.Digest)
	if err != nil {
		return blueprint.Scenario{}, err
	}
	return simulate.FromRunOf(run, v.Manifest)
}
