package control

import (
	"context"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/incident"
	"github.com/aureus-agents/aureus/resource"
)

// maxGrouped is how many failing runs of an incident are read to group them: the
// newest. The counts of an incident are of all.
const maxGrouped = 10_000

// runBatch is how many runs are read in one view, so that no read is long.
const runBatch = 200

// eachRun reads runs newest first, with their steps, until do wants no more. One
// that is not stored any more is passed over.
func (c *Control) eachRun(ctx context.Context, f RunFilter, do func(resource.Run) (more bool, err error)) error {
	page := Page{Limit: runBatch}
	for {
		var runs []resource.Run
		last := 0
		err := c.view(ctx, func(r Reader) error {
			list, err := r.Runs(f, page)
			if err != nil {
				return err
			}
			last = len(list)
			for _, light := range list {
				page.After = light.ID
				run, err := r.Run(light.ID)
				if fault.Is(err, fault.NotFound) {
					continue
				}
				if err != nil {
					return err
				}
				runs = append(runs, run)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, run := range runs {
			if more, err := do(run); err != nil || !more {
				return err
			}
		}
		if last < runBatch {
			return nil
		}
	}
}

// eachFailed reads the failing live runs of an incident's version that ended since
// its release began, newest first.
func (c *Control) eachFailed(ctx context.Context, in resource.Incident, do func(resource.Run) (more bool, err error)) error {
	var since resource.Millis
	if err := c.view(ctx, func(r Reader) error {
		rel, err := r.Release(in.Release)
		since = rel.CreatedAt
		return err
	}); err != nil {
		return err
	}
	f := RunFilter{Agent: in.Agent, Environment: in.Environment, Digest: in.Digest, Mode: modeOf(in.Drill), FailedOnly: true}
	n := 0
	return c.eachRun(ctx, f, func(run resource.Run) (bool, error) {
		if run.EndedAt < since {
			return true, nil // of an earlier release of the version
		}
		n++
		more, err := do(run)
		return more && n < maxGrouped, err
	})
}

// groupRuns groups an incident's failing runs by cause, beside those of the control
// arm of its canary, and counts all.
func (c *Control) groupRuns(ctx context.Context, in resource.Incident) (*incident.Grouper, resource.IncidentImpact, error) {
	var impact resource.IncidentImpact
	var rel resource.Release
	err := c.view(ctx, func(r Reader) (err error) {
		if rel, err = r.Release(in.Release); err != nil {
			return err
		}
		bad, err := r.Tally(badRuns(rel))
		if err != nil {
			return err
		}
		var beside RunTally
		if rel.Baseline != "" && rel.Canary != nil {
			beside, err = r.Tally(TallyQuery{Agent: rel.Agent, Environment: rel.Environment, Digest: rel.Baseline, Mode: modeOf(rel.Drill), Release: rel.ID})
			if err != nil {
				return err
			}
		}
		goodAt, err := restoredAt(r, in, rel)
		impact = incident.ImpactOf(rel, bad, beside, goodAt)
		return err
	})
	if err != nil {
		return nil, impact, err
	}
	g := &incident.Grouper{}
	err = c.eachFailed(ctx, in, func(run resource.Run) (bool, error) { g.Add(run); return true, nil })
	if err != nil || impact.Control.Failures == 0 {
		return g, impact, err
	}
	f := RunFilter{Agent: rel.Agent, Environment: rel.Environment, Digest: rel.Baseline, Release: rel.ID, Mode: modeOf(rel.Drill), FailedOnly: true}
	n := 0
	err = c.eachRun(ctx, f, func(run resource.Run) (bool, error) { g.AddControl(run); n++; return n < maxGrouped, nil })
	return g, impact, err
}

// restoredAt is when all traffic was on a good version after an incident: the
// restored one, or, when nothing could be restored or it failed its checks, the
// next one that was promoted there. 0 is not yet.
func restoredAt(r Reader, in resource.Incident, rel resource.Release) (resource.Millis, error) {
	if in.RolledBackTo != "" && (in.MitigatedAt > 0 || rel.State == resource.ReleaseRollingBack) {
		return rel.GoodAt, nil
	}
	at := resource.Millis(0)
	list, err := r.Releases(ReleaseFilter{Agent: in.Agent, Environment: in.Environment, Since: in.OpenedAt}, Page{Limit: maxPage})
	for _, next := range list {
		for _, h := range next.History {
			if h.To == resource.ReleasePromoted && h.At > in.OpenedAt && (at == 0 || h.At < at) {
				at = h.At
			}
		}
	}
	return at, err
}
