package control

import (
	"context"
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// resumePayload names the run to go on with; Approval is the answered request,
// "" for a run that a restart interrupted.
type resumePayload struct {
	Run      string `json:"run"`
	Approval string `json:"approval,omitempty"`
	Revision int64  `json:"revision"` // of the run when it was enqueued
}

// enqueueResume goes on with the runs that wait for an answered request. The
// client of a session asks again by itself.
func (t *tx) enqueueResume(a resource.Approval) error {
	for _, waits := range a.Runs {
		if waits.Gateway {
			continue
		}
		run, err := t.Run(waits.Run)
		if err != nil {
			return err
		}
		if run.Outcome != resource.OutcomeWaiting || run.Approval != a.ID {
			continue
		}
		pl := resumePayload{Run: run.ID, Approval: a.ID, Revision: run.Revision}
		if err := t.enqueueRun(pl, "approval/"+a.ID+"/resume/"+run.ID); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) enqueueRun(pl resumePayload, key string) error {
	data, err := json.Marshal(pl)
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: jobResumeRun, Key: key, Payload: data})
}

// resumeRun goes on with a run. The run's own journal makes every step durable,
// so the job has nothing of its own to commit. When it is done again after a
// crash, the run's revision says whether it went on before.
func (c *Control) resumeRun(ctx context.Context, j Job) (func(*tx) error, error) {
	var pl resumePayload
	if err := json.Unmarshal(j.Payload, &pl); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload does not name a run")
	}
	if !c.claim(pl.Run) {
		return nil, nil // two restarts in a row asked for the same
	}
	defer c.unclaim(pl.Run)
	run, cp, grant, err := c.takeUp(ctx, pl)
	if err != nil || run.ID == "" {
		return nil, err
	}
	l, err := c.load(ctx, run.Agent, run.Digest, run.Environment, canaryOf(run.Canary, run.Release))
	if err != nil && lasting(err) {
		return nil, c.update(ctx, func(t *tx) error { return t.endInterrupted(run, "the run could not go on: "+sentenceOf(err)) })
	}
	if err != nil {
		return nil, err
	}
	c.runs.Add(1)
	defer c.runs.Done()
	// As with an invocation, a stop does not end the run: what a stop cuts off goes
	// on at the next start.
	_, err = c.drive(context.WithoutCancel(ctx), l, run, &cp, grant)
	return nil, err
}

// claim takes a run for one job; false when another one is at it.
func (c *Control) claim(run string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resuming[run] {
		return false
	}
	c.resuming[run] = true
	return true
}

func (c *Control) unclaim(run string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.resuming, run)
}

// takeUp reads the checkpoint of a run and, for an approved call, uses the
// approval up before anything is done with it. It returns no run when there is
// nothing to go on with.
func (c *Control) takeUp(ctx context.Context, pl resumePayload) (run resource.Run, cp agentrun.Checkpoint, g agentrun.Grant, err error) {
	err = c.update(ctx, func(t *tx) error {
		stored, err := t.Run(pl.Run)
		if err != nil || stored.EndedAt != 0 || stored.Revision != pl.Revision {
			return err
		}
		if stored.Gateway {
			return t.endInterrupted(stored, "the session ended with a stop of Aureus; its client starts a new one")
		}
		if why, err := offTraffic(t, stored); err != nil {
			return err
		} else if why != "" {
			return t.endRun(stored, resource.OffTraffic, why)
		}
		data, err := t.Checkpoint(pl.Run)
		if fault.Is(err, fault.NotFound) {
			return t.endInterrupted(stored, "interrupted by a restart before its first step")
		}
		if err != nil {
			return err
		}
		if problem := readable(data, &cp); problem != "" {
			return t.endInterrupted(stored, "its checkpoint "+problem+", so nobody knows where it was; start a new run")
		}
		if pl.Approval != "" {
			if g, err = t.useApproval(pl.Approval, pl.Run); err != nil {
				return err
			}
		}
		run = stored
		return nil
	})
	return run, cp, g, err
}

// readable reads a checkpoint and says what is wrong with it, "" for nothing.
func readable(data []byte, cp *agentrun.Checkpoint) string {
	switch err := json.Unmarshal(data, cp); {
	case err != nil:
		return "cannot be read"
	case len(cp.Messages) == 0:
		return "holds no conversation"
	case cp.Run.Outcome == resource.OutcomeWaiting && len(cp.Pending) == 0:
		return "waits for people but holds no call"
	case cp.Run.Outcome != resource.OutcomeWaiting && cp.Run.Outcome != resource.OutcomeRunning:
		return "is not of a run that goes on"
	}
	return ""
}

// endInterrupted ends a run that cannot go on. It counts for no canary: the
// version had no part in it.
func (t *tx) endInterrupted(run resource.Run, why string) error {
	return t.endRun(run, resource.ToolError, why)
}

func (t *tx) endRun(run resource.Run, code resource.FailureCode, why string) error {
	run.Outcome, run.Code, run.Message = resource.OutcomeError, code, why
	run.EndedAt = t.c.now()
	run.Revision++
	if err := t.lose(run); err != nil {
		return err
	}
	run.Release = ""
	return t.saveRun(agentrun.Checkpoint{Run: run})
}

// Recover takes up what a crash interrupted: runs that were under way go on from
// their last checkpoint. People are asked anew what an earlier build asked. Call it
// once, before serving. Everything else goes on
// by itself, because it is a job.
func (c *Control) Recover(ctx context.Context) (int, error) {
	n := 0
	err := c.update(ctx, func(t *tx) error {
		if err := t.askAgain(); err != nil {
			return err
		}
		after := ""
		for {
			runs, err := t.Runs(RunFilter{Mode: resource.RunLive, Outcomes: []resource.Outcome{resource.OutcomeRunning}}, Page{Limit: 1000, After: after})
			if err != nil || len(runs) == 0 {
				return err
			}
			for _, r := range runs {
				after = r.ID
				n++
				if err := t.enqueueRun(resumePayload{Run: r.ID, Revision: r.Revision}, t.c.cfg.NewID("resume/"+r.ID+"/")); err != nil {
					return err
				}
			}
		}
	})
	return n, err
}
