package control

import (
	"context"
	"slices"

	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

// The bounds of a back-test that is asked for interactively; `aureus policy
// backtest` has none.
const (
	DefaultBacktestRuns = 200
	MaxBacktestRuns     = 1000
)

// BacktestQuery asks what a version's guard would have decided in the newest live
// runs of an environment.
type BacktestQuery struct {
	Version     string // reference
	Environment string // "" is production
	Runs        int    // 0 is DefaultBacktestRuns, at most MaxBacktestRuns
}

// BacktestReport is a version's guard held against the one that serves now.
type BacktestReport struct {
	Candidate, Against resource.Version // without manifests
	Environment        string
	Limit              int  // runs looked at, at most
	More               bool // there are older runs than those
	Oldest, Newest     resource.Millis
	Counts             backtest.Comparison
	Moves              []backtest.Moved
	Changes            []backtest.Change // newest first; their runs have no steps and no output
}

// endedOutcomes are the outcomes of runs that can be replayed as a whole.
var endedOutcomes = []resource.Outcome{resource.OutcomeSuccess, resource.OutcomeFailure, resource.OutcomeBlocked,
	resource.OutcomeDenied, resource.OutcomeEscalated, resource.OutcomeError}

// Backtest replays the newest live runs of an environment through the guard of a
// version and through the one that serves there. fault.Conflict when nothing
// serves there. Viewer; arguments and inputs only for those who see payloads.
func (c *Control) Backtest(ctx context.Context, p Principal, q BacktestQuery) (rep BacktestReport, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return rep, err
	}
	if q.Environment == "" {
		q.Environment = Production
	}
	if q.Runs == 0 {
		q.Runs = DefaultBacktestRuns
	}
	if q.Runs < 0 || q.Runs > MaxBacktestRuns {
		return rep, fault.New(fault.Invalid, "a back-test of %d runs is asked for; ask for 1 to %d, or use `aureus policy backtest`", q.Runs, MaxBacktestRuns)
	}
	rep.Environment, rep.Limit = q.Environment, q.Runs
	var ids []string
	if err = c.view(ctx, func(r Reader) (err error) {
		if err := knownEnvironment(r, q.Environment); err != nil {
			return err
		}
		ids, err = rep.sides(r, q)
		return err
	}); err != nil {
		return rep, err
	}
	candidate, err := guardOf(rep.Candidate)
	if err != nil {
		return rep, err
	}
	against, err := guardOf(rep.Against)
	if err != nil {
		return rep, err
	}
	rep.Candidate.Manifest, rep.Against.Manifest = nil, nil
	for _, id := range ids {
		var run resource.Run
		if err := c.view(ctx, func(r Reader) (err error) { run, err = r.Run(id); return err }); err != nil {
			return rep, err
		}
		rep.add(candidate, against, run, seesPayloads(p))
	}
	rep.Moves = rep.Counts.Moves()
	return rep, nil
}

// sides finds the two versions and the runs.
func (rep *BacktestReport) sides(r Reader, q BacktestQuery) (ids []string, err error) {
	if rep.Candidate, err = resolve(r, q.Version); err != nil {
		return nil, err
	}
	agent := rep.Candidate.Agent
	ds, err := r.Deployments(agent)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(ds, func(d resource.Deployment) bool { return d.Environment == q.Environment && d.Stable != "" })
	if i < 0 {
		return nil, fault.New(fault.Conflict, "nothing of %s serves in %s, so there is nothing to hold %s against", agent, q.Environment, rep.Candidate.Name)
	}
	if rep.Against, err = r.VersionByDigest(agent, ds[i].Stable); err != nil {
		return nil, err
	}
	// One more than is looked at says whether there are older ones.
	f, page := RunFilter{Agent: agent, Environment: q.Environment, Mode: resource.RunLive, Outcomes: endedOutcomes}, Page{Limit: min(q.Runs+1, maxPage)}
	runs, err := r.Runs(f, page)
	if err == nil && len(runs) == page.Limit && len(runs) <= q.Runs {
		page.After, page.Limit = runs[len(runs)-1].ID, 1
		var older []resource.Run
		older, err = r.Runs(f, page)
		rep.More = len(older) > 0
	}
	if len(runs) > q.Runs {
		rep.More, runs = true, runs[:q.Runs]
	}
	for _, run := range runs {
		ids = append(ids, run.ID)
		rep.Newest = max(rep.Newest, run.StartedAt)
		if rep.Oldest == 0 || run.StartedAt < rep.Oldest {
			rep.Oldest = run.StartedAt
		}
	}
	return ids, err
}

// maxPage is how many a store lists at once, see Page.
const maxPage = 1000

// add replays one run. What is kept of it is what a report shows.
func (rep *BacktestReport) add(candidate, against *guard.Compiled, run resource.Run, payloads bool) {
	ch, changed := rep.Counts.Add(candidate, against, recorded.Run{Run: run})
	if !changed {
		return
	}
	ch.Run.Steps, ch.Run.Output = nil, nil
	if !payloads {
		ch.Run.Input, ch.Run.Message = nil, ""
		for i := range ch.Calls {
			ch.Calls[i].Args = nil
		}
	}
	rep.Changes = append(rep.Changes, ch)
}

// guardOf compiles the guard of a version that was registered with the built-in
// policies of this Aureus.
func guardOf(v resource.Version) (*guard.Compiled, error) {
	if v.Manifest == nil {
		return nil, fault.New(fault.Internal, "%s was read without its content", v.Name)
	}
	if got := guard.BuiltInDigest(); v.Manifest.Policies.BuiltIn != got {
		return nil, fault.New(fault.Verification, "%s was registered with another built-in policy set than this Aureus has; push its blueprint again", v.Name)
	}
	return guard.Compile(v.Manifest)
}
