package control

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// observe gives a finished run to the canary that its session was assigned in. The
// verdict moves the traffic in this same transaction.
func (t *tx) observe(run resource.Run) error {
	if run.Release == "" || run.Mode != resource.RunLive {
		return nil
	}
	rel, err := t.Release(run.Release)
	if err != nil || !release.InCanary(rel) {
		return err // decided already: a late outcome changes nothing
	}
	return t.countOutcome(rel, resource.CanaryOutcome{Run: run.ID, Session: run.Session, Canary: run.Canary, Failed: run.Outcome.Failed(),
		Weight: run.Weight, Outcome: run.Outcome, Gateway: run.Gateway, LatencyMs: run.LatencyMs, Cost: run.Stats.Cost,
		Blocks: run.Stats.CRVFailures, Denials: run.Stats.Denials, Escalations: run.Stats.Escalations})
}

// countOutcome moves the canary of rel by an outcome and keeps it. A run counts
// once: the end of one that counted as missing changes nothing any more.
func (t *tx) countOutcome(rel resource.Release, o resource.CanaryOutcome) error {
	counted, err := t.CanaryCounted(rel.ID, o.Run)
	if err != nil || counted {
		return err
	}
	var before *resource.CanarySession
	got, err := t.CanarySession(rel.ID, o.Session)
	switch {
	case err == nil:
		before = &got
	case !fault.Is(err, fault.NotFound):
		return err
	}
	o.Release, o.Step, o.At = rel.ID, rel.Step, t.c.now()
	seen, after := canary.See(*rel.Canary, before, o)
	next, err := t.move(rel, release.Event{Kind: release.Outcome, Actor: resource.System, Run: o.Run, IsCanary: o.Canary,
		Failed: o.Failed, Weight: o.Weight, Seen: seen})
	if err != nil {
		return err
	}
	o.Seq = next.Canary.Control.Runs + next.Canary.Canary.Runs
	if err := t.PutCanarySession(rel.ID, o.Session, after); err != nil {
		return err
	}
	return t.InsertCanaryOutcome(canary.Mark(o, *next.Canary))
}

// beginCanary freezes what the canary's streams are held against: the limits that
// the newest runs of the serving version give, and what the release's evaluation
// is worth.
func (t *tx) beginCanary(r *resource.Release) error {
	runs, err := t.Runs(RunFilter{Agent: r.Agent, Environment: r.Environment, Digest: r.Baseline, Mode: resource.RunLive},
		Page{Limit: canary.LimitRuns})
	if err != nil {
		return err
	}
	st := canary.Freeze(r.Plan, *r.Canary, runs)
	if r.Plan.UseEvaluation {
		if st, err = t.withEvaluation(*r, st); err != nil {
			return err
		}
	}
	r.Canary = &st
	return nil
}

// withEvaluation counts the cases of the evaluation that the release goes out on.
func (t *tx) withEvaluation(r resource.Release, st resource.CanaryState) (resource.CanaryState, error) {
	f := EvidenceFilter{Subject: r.Digest, Kind: resource.EvidenceEvaluation, Release: r.ID}
	found, err := t.Evidence(f, Page{Limit: 1})
	if err != nil || len(found) == 0 {
		return st, err
	}
	if err := t.c.checkFound(found[0], f); err != nil {
		return st, err
	}
	var report struct {
		Cases []struct {
			Passes int               `json:"passes"`
			Runs   []json.RawMessage `json:"runs"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(found[0].Report, &report); err != nil {
		return st, fault.Wrap(err, fault.Corrupt, "the evaluation report of release %s cannot be read", r.ID)
	}
	cases, failed := 0, 0
	for _, c := range report.Cases {
		if len(c.Runs) == 0 {
			continue // it was not measured
		}
		cases++
		if c.Passes < len(c.Runs) {
			failed++
		}
	}
	return canary.WithEvaluation(r.Plan, st, found[0].Digest, cases, failed), nil
}
