package control

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

const (
	jobMissing = "canary.missing"
	// missingSlot is the time whose runs one job looks after.
	missingSlot = 60_000
	maxWatched  = 256 // releases of which the last watched minute is remembered
)

// missingPayload names the runs that a job looks after: those of a release that
// began before a time and have not ended.
type missingPayload struct {
	Release string          `json:"release"`
	Before  resource.Millis `json:"before"`
}

// watchMissing has somebody look whether a canary's run has ended by the plan's
// timeout: one job for all runs that begin in the same minute.
func (t *tx) watchMissing(run resource.Run) error {
	if run.Release == "" || run.Gateway {
		return nil // a gateway session ends when its client leaves it idle
	}
	slot := run.StartedAt / missingSlot
	key := fmt.Sprintf("canary/%s/missing/%d", run.Release, slot)
	t.c.mu.Lock()
	watched := t.c.missing[run.Release] == slot
	t.c.mu.Unlock()
	if watched {
		return nil
	}
	rel, err := t.Release(run.Release)
	if err != nil || rel.Plan.OutcomeTimeoutMs <= 0 {
		return err
	}
	before := (slot + 1) * missingSlot
	payload, err := json.Marshal(missingPayload{Release: run.Release, Before: before})
	if err != nil {
		return err
	}
	t.then(func() {
		t.c.mu.Lock()
		defer t.c.mu.Unlock()
		if len(t.c.missing) >= maxWatched {
			clear(t.c.missing) // what is forgotten costs a job that is dropped
		}
		t.c.missing[run.Release] = slot
	})
	return t.Enqueue(Job{Kind: jobMissing, Key: key, Payload: payload, RunAt: before + resource.Millis(rel.Plan.OutcomeTimeoutMs)})
}

// countMissing counts runs that have not ended as failed ones of their arm. Runs
// that wait for people are not among them: an answer, or its expiry, ends them.
func (c *Control) countMissing(_ context.Context, j Job) (func(*tx) error, error) {
	var pl missingPayload
	if err := json.Unmarshal(j.Payload, &pl); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload does not name a release")
	}
	return func(t *tx) error {
		rel, err := t.Release(pl.Release)
		if err != nil || !release.InCanary(rel) {
			return err
		}
		if t.c.now() < pl.Before+resource.Millis(rel.Plan.OutcomeTimeoutMs) {
			return errEarly
		}
		runs, err := t.Runs(RunFilter{Agent: rel.Agent, Environment: rel.Environment, Release: rel.ID, Mode: resource.RunLive,
			Outcomes: []resource.Outcome{resource.OutcomeRunning}}, Page{Limit: 1000})
		for i := len(runs) - 1; err == nil && i >= 0; i-- { // the oldest first
			if run := runs[i]; run.StartedAt < pl.Before && !run.Gateway {
				err = t.countLate(run, rel.Plan.OutcomeTimeoutMs)
			}
		}
		return err
	}, nil
}

// countLate counts a run that has not ended, unless its canary is decided by now.
func (t *tx) countLate(run resource.Run, afterMs int64) error {
	rel, err := t.Release(run.Release)
	if err != nil || !release.InCanary(rel) {
		return err
	}
	return t.countOutcome(rel, resource.CanaryOutcome{Run: run.ID, Session: run.Session, Canary: run.Canary, Failed: true, Missing: true,
		Weight: run.Weight, Draw: run.Draw, LatencyMs: afterMs})
}
