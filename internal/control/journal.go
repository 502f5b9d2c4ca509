package control

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// journal makes one run's progress durable (agentrun.Journal). It belongs to one
// goroutine.
type journal struct {
	c        *Control
	revision int64
	approval string // opened for the call that the run waits for
	usage    *usage // nil for a run that was never begun
}

var _ agentrun.Journal = (*journal)(nil)

// Record writes the run, what is needed to go on, the ledger event of a new
// decision, and what the end of the run means for a canary, in one transaction.
func (j *journal) Record(ctx context.Context, cp agentrun.Checkpoint) error {
	run := cp.Run
	run.Revision = j.revision + 1
	err := j.c.update(ctx, func(t *tx) error {
		if err := t.onTraffic(run, cp.Decision); err != nil {
			return err
		}
		if j.usage != nil {
			if err := j.usage.take(t, run.Stats, cp.Decision, cp.Weighed); err != nil {
				return err
			}
		}
		if cp.Decision != nil {
			if err := t.decided(run, cp); err != nil {
				return err
			}
		}
		if run.Outcome == resource.OutcomeWaiting {
			a, err := t.askCall(run, cp)
			if err != nil {
				return err
			}
			run.Approval = a.ID
		}
		cp.Run = run
		return t.saveRun(cp)
	})
	if err != nil {
		return j.c.tellLimited(ctx, run, err)
	}
	j.revision, j.approval = run.Revision, run.Approval
	if j.usage != nil {
		j.usage.recorded = run.Stats
	}
	return nil
}

// saveRun writes a run's progress, or its end.
func (t *tx) saveRun(cp agentrun.Checkpoint) error {
	run := cp.Run
	if err := t.PutRun(run); err != nil {
		return err
	}
	if run.EndedAt == 0 {
		data, err := json.Marshal(cp)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "the checkpoint of run %s cannot be written", run.ID)
		}
		return t.PutCheckpoint(run.ID, data)
	}
	if err := t.DeleteCheckpoint(run.ID); err != nil {
		return err
	}
	if err := t.ignored(run, run.Steps); err != nil {
		return err
	}
	if err := t.record(runEvent(run)); err != nil {
		return err
	}
	t.then(func() { t.c.cfg.Meter.RunEnded(run) })
	if err := t.copyToShadow(run); err != nil {
		return err
	}
	return t.observe(run)
}

func runEvent(run resource.Run) resource.Event {
	attrs := map[string]string{"outcome": string(run.Outcome), "mode": string(run.Mode), "toolCalls": strconv.Itoa(run.Stats.ToolCalls)}
	if run.Code != "" {
		attrs["code"] = string(run.Code)
	}
	if d, err := blueprint.Digest(run.Output); err == nil {
		attrs["output"] = d
	}
	return resource.Event{Actor: run.Principal, Action: "run.ended", SubjectKind: "run", SubjectID: run.ID,
		Digest: run.Digest, Agent: run.Agent, Environment: run.Environment, Attrs: attrs}
}
