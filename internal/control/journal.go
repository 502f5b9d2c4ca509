package control

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// journal makes one run's progress durable (agentrun.Journal). It belongs to one
// goroutine.
type journal struct {
	c        *Control
	revision int64
	approval string // opened for the call that the run waits for
	place    string // that a rate limit is kept for
	deciding bool   // a call of the run is being decided
}

var _ agentrun.Journal = (*journal)(nil)

// Record writes the run, what is needed to go on, the ledger event of a new
// decision, and what the end of the run means for a canary, in one transaction.
func (j *journal) Record(ctx context.Context, cp agentrun.Checkpoint) error {
	run := cp.Run
	run.Revision = j.revision + 1
	err := j.c.update(ctx, func(t *tx) error {
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
	if cp.Decision != nil {
		j.endDecision()
	}
	if err == nil {
		j.revision, j.approval = run.Revision, run.Approval
	}
	return err
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

// decided puts a guard decision into the ledger: digests and names, no argument.
func (t *tx) decided(run resource.Run, cp agentrun.Checkpoint) error {
	d := *cp.Decision
	attrs := map[string]string{"decision": string(d.State), "args": d.ArgsDigest, "check": d.Check, "phase": d.Before.Phase,
		"tainted": strconv.FormatBool(d.Before.Tainted)}
	for i, id := range d.Policies {
		attrs[fmt.Sprintf("policy.%02d", i)] = id
	}
	if cp.Call != nil {
		attrs["tool"], attrs["call"] = cp.Call.Tool.Name, cp.Call.ID
	}
	if d.State == resource.DecisionApproved {
		if err := t.CountCall(run.Agent, run.Environment, t.c.now()); err != nil {
			return err
		}
	}
	t.then(func() { t.c.cfg.Meter.Decided(run.Agent, run.Environment, d) })
	return t.record(resource.Event{Actor: resource.Actor{Name: run.Agent, Kind: "agent"}, Action: "guard.decided", SubjectKind: "run",
		SubjectID: run.ID, Digest: run.Digest, Agent: run.Agent, Environment: run.Environment, Reason: d.Check, Attrs: attrs})
}

// askCall opens the approval request of the call that a run waits for.
func (t *tx) askCall(run resource.Run, cp agentrun.Checkpoint) (resource.Approval, error) {
	if cp.Call == nil || cp.Decision == nil {
		return resource.Approval{}, fault.New(fault.Internal, "run %s waits for a human, but for no call", run.ID)
	}
	v, err := t.VersionByDigest(run.Agent, run.Digest)
	if err != nil {
		return resource.Approval{}, err
	}
	return t.openApproval(resource.Approval{Kind: approvalOfCall, Subject: run.ID, Digest: cp.Decision.ArgsDigest, Agent: run.Agent,
		Environment: run.Environment, Title: fmt.Sprintf("%s wants to call %s", v.Name, cp.Call.Tool.Name), Tier: cp.Call.Tool.RiskTier,
		Quorum: max(cp.Decision.Quorum, 1), Excluded: []string{run.Principal.Name}, Tool: cp.Call.Tool.Name, Args: cp.Call.Args,
		Reason: cp.Decision.Reason, CreatedBy: resource.Actor{Name: run.Agent, Kind: "agent"}})
}

// observe gives a finished run to the canary that it was assigned in. The
// verdict moves the traffic in this same transaction.
func (t *tx) observe(run resource.Run) error {
	if run.Release == "" || run.Mode != resource.RunLive {
		return nil
	}
	rel, err := t.Release(run.Release)
	if err != nil {
		return err
	}
	inCanary := rel.State == resource.ReleaseCanary || (rel.State == resource.ReleasePaused && rel.PausedFrom == resource.ReleaseCanary)
	if !inCanary {
		return nil // decided already; a late outcome changes nothing
	}
	failed := run.Outcome.Failed()
	next, err := t.move(rel, release.Event{Kind: release.Outcome, Actor: resource.System, Run: run.ID, IsCanary: run.Canary,
		Failed: failed, Weight: run.Weight})
	if err != nil {
		return err
	}
	return t.InsertCanaryOutcome(resource.CanaryOutcome{Release: rel.ID, Seq: next.Canary.Control.Runs + next.Canary.Canary.Runs,
		Run: run.ID, Canary: run.Canary, Failed: failed, Weight: run.Weight, EHarm: next.Canary.EHarm, ESafe: next.Canary.ESafe,
		EAbs: next.Canary.EAbs, At: t.c.now()})
}
