package control

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// numberDraw stores the draw of a new session's arm, which run makes, and gives it
// its place among those of its canary.
func (t *tx) numberDraw(p *SessionPin, run string) error {
	if p.Draw != unnumbered {
		return nil
	}
	n, err := t.CanaryDrawn(p.Release)
	if err != nil {
		return err
	}
	p.Draw = n + 1
	return t.InsertCanaryDraw(resource.CanaryDraw{Release: p.Release, Seq: p.Draw, Run: run, Canary: p.Canary, Weight: p.Weight})
}

// observe gives a finished run to the canary that its session was assigned in. The
// verdict moves the traffic in this same transaction.
func (t *tx) observe(run resource.Run) error {
	if run.Release == "" || run.Mode != resource.RunLive && run.Mode != resource.RunDrill {
		return nil
	}
	rel, err := t.Release(run.Release)
	if err != nil || !release.InCanary(rel) || run.Mode != modeOf(rel.Drill) {
		return err // decided already: a late outcome changes nothing
	}
	return t.countOutcome(rel, outcomeOf(run))
}

// outcomeOf is what a canary is told of a run.
func outcomeOf(run resource.Run) resource.CanaryOutcome {
	return resource.CanaryOutcome{Run: run.ID, Session: run.Session, Canary: run.Canary, Failed: run.Outcome.Failed(),
		Weight: run.Weight, Draw: run.Draw, Outcome: run.Outcome, Gateway: run.Gateway, LatencyMs: run.LatencyMs, Cost: run.Stats.Cost,
		Blocks: run.Stats.CRVFailures, Denials: run.Stats.Denials, Escalations: run.Stats.Escalations}
}

// lose tells the canary of a run that a stop of the server ended: nobody knows how
// it would have ended, so it counts in neither arm, and its draw stays at its worst.
func (t *tx) lose(run resource.Run) error {
	if run.Release == "" || run.Mode != resource.RunLive {
		return nil
	}
	rel, err := t.Release(run.Release)
	if err != nil || !release.InCanary(rel) {
		return err
	}
	return t.countOutcome(rel, resource.CanaryOutcome{Run: run.ID, Session: run.Session, Canary: run.Canary, Weight: run.Weight,
		Draw: run.Draw, Interrupted: true})
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
	var draws []resource.CanaryDraw
	if o.Draw > 0 {
		if draws, err = t.CanaryDraws(rel.ID, min(canary.Known(*rel.Canary), o.Draw-1), o.Draw); err != nil {
			return err
		}
	}
	seen, after := canary.See(*rel.Canary, before, o, draws...)
	next, err := t.move(rel, release.Event{Kind: release.Outcome, Actor: resource.System, Run: o.Run, IsCanary: o.Canary,
		Failed: o.Failed, Weight: o.Weight, Seen: seen})
	if err != nil {
		return err
	}
	o.Seq = next.Canary.Outcomes
	if !o.Interrupted {
		err = t.PutCanarySession(rel.ID, o.Session, after)
	}
	if err != nil {
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
