package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// maxJoined bounds the runs that wait for one request.
const maxJoined = 50

// anHour is what Asking.PerHour counts over.
const anHour = resource.Millis(time.Hour / time.Millisecond)

// askCall has people asked about the call that a run waits for: by the open
// request for the same call, or by a new one. *agentrun.Again when the agent has
// asked too often.
func (t *tx) askCall(run resource.Run, cp agentrun.Checkpoint) (resource.Approval, error) {
	if cp.Call == nil || cp.Decision == nil {
		return resource.Approval{}, fault.New(fault.Internal, "run %s waits for a human, but for no call", run.ID)
	}
	v, err := t.VersionByDigest(run.Agent, run.Digest)
	if err != nil {
		return resource.Approval{}, err
	}
	a := callRequest(v, run, cp)
	open, err := t.Approvals(ApprovalFilter{Agent: a.Agent, Environment: a.Environment, Kind: approvalOfCall, State: resource.ApprovalPending}, Page{Limit: 1000})
	if err != nil {
		return a, err
	}
	for _, other := range open {
		if t.mayJoin(other, a) {
			return t.joinApproval(other, a)
		}
	}
	asking := v.Manifest.Blueprint.Spec.Approvals.Resolved()
	pending, recent, err := t.Asked(a.Agent, a.Environment, approvalOfCall, t.c.earliest()-anHour)
	switch {
	case err != nil:
		return a, err
	case pending >= asking.MaxOpen:
		return a, &agentrun.Again{NoAsk: fmt.Sprintf("%d requests of this agent wait for people already, which is as many as may", pending)}
	case recent >= asking.PerHour:
		return a, &agentrun.Again{NoAsk: fmt.Sprintf("the agent asked people %d times within an hour, which is as often as it may", recent)}
	}
	return t.openApproval(a, asking.Timeout.D(approvalTTL))
}

// callRequest is the request for the call that a run waits for.
func callRequest(v resource.Version, run resource.Run, cp agentrun.Checkpoint) resource.Approval {
	d := cp.Decision
	said := run.Input
	if cp.Call.Said != "" {
		said = cp.Call.Said
	}
	return resource.Approval{Kind: approvalOfCall, Subject: run.ID, Digest: d.ArgsDigest, Agent: run.Agent,
		Environment: run.Environment, Title: fmt.Sprintf("%s wants to call %s", v.Name, cp.Call.Tool.Name), Tier: cp.Call.Tool.RiskTier,
		Quorum: max(d.Quorum, 1), Excluded: []string{run.Principal.Name}, Tool: cp.Call.Tool.Name, Args: cp.Call.Args,
		Reason: d.Reason, CreatedBy: resource.Actor{Name: run.Agent, Kind: "agent"},
		Call: &resource.AskedCall{Version: run.Digest, Goal: v.Manifest.Blueprint.Spec.Goal, PolicyDigest: d.PolicyDigest,
			Arguments: d.Arguments, Origins: d.Origins, Fears: d.Fears, Before: d.Before, LastOutside: d.LastOutside},
		Runs: []resource.AskedRun{{Run: run.ID, Principal: run.Principal.Name, Said: said, Gateway: run.Gateway}}}
}

// mayJoin reports whether a's run can wait for an open request: everything that
// people judge but the users' messages is the same, and none of them has seen it,
// so that all see every run that they answer for.
func (t *tx) mayJoin(open, a resource.Approval) bool {
	if open.Seen || open.Call == nil || len(open.Decisions) > 0 || len(open.Runs) >= maxJoined || t.c.ended(open) {
		return false
	}
	x, y := open.Call, a.Call
	sameState := x.Before.Phase == y.Before.Phase && x.Before.Tainted == y.Before.Tainted &&
		x.Before.Confidentiality == y.Before.Confidentiality && x.Before.Unknown == y.Before.Unknown
	return open.Digest == a.Digest && open.Tool == a.Tool && open.Quorum == a.Quorum && open.Tier == a.Tier && x.Version == y.Version &&
		x.PolicyDigest == y.PolicyDigest && x.Goal == y.Goal &&
		slices.Equal(x.Arguments, y.Arguments) && maps.Equal(x.Origins, y.Origins) && slices.Equal(x.Fears, y.Fears) && sameState && toolOf(x.LastOutside) == toolOf(y.LastOutside)
}

func toolOf(o *resource.OutsideText) string {
	if o == nil {
		return ""
	}
	return o.Tool
}

// joinApproval adds a's run to those that wait for an open request.
func (t *tx) joinApproval(open, a resource.Approval) (resource.Approval, error) {
	joins := a.Runs[0]
	if slices.ContainsFunc(open.Runs, func(r resource.AskedRun) bool { return r.Run == joins.Run }) {
		return open, nil
	}
	open.Runs = append(slices.Clone(open.Runs), joins)
	open.Excluded = append(slices.Clone(open.Excluded), joins.Principal)
	slices.Sort(open.Excluded)
	open.Excluded = slices.Compact(open.Excluded)
	open.Revision++
	if err := t.PutApproval(open); err != nil {
		return open, err
	}
	return open, t.recordApproval(open, "approval.joined", a.CreatedBy, "", map[string]string{"run": joins.Run, "runs": strconv.Itoa(len(open.Runs))})
}

// feared are the policies whose asking a request shows, never nil.
func feared(a resource.Approval) []string {
	out := []string{}
	if a.Call != nil {
		for _, f := range a.Call.Fears {
			out = append(out, f.Policy)
		}
	}
	return out
}

// useApproval turns an answered request into a grant for one of its runs; a yes
// works once for each.
func (t *tx) useApproval(id, run string) (agentrun.Grant, error) {
	a, err := t.Approval(id)
	if err != nil {
		return agentrun.Grant{}, err
	}
	g := agentrun.Grant{Approval: a.ID, ArgsDigest: a.Digest, Denied: true, Reason: "the request " + string(a.State), Shown: feared(a)}
	i := slices.IndexFunc(a.Runs, func(r resource.AskedRun) bool { return r.Run == run })
	if i < 0 {
		g.Reason = "the request is not about this run"
		return g, nil
	}
	if n := len(a.Decisions); n > 0 {
		g.Reason = a.Decisions[n-1].Reason
	}
	if a.State == resource.ApprovalWithdrawn {
		g.Reason = "the request was withdrawn"
	}
	if a.State == resource.ApprovalApproved && !a.Runs[i].Used && t.c.ended(a) {
		a.State, a.Revision = resource.ApprovalExpired, a.Revision+1
		g.Reason = "the request expired before the call could be made"
		if err := t.PutApproval(a); err != nil {
			return g, err
		}
		return g, t.recordApproval(a, "approval.expired", resource.System, g.Reason, nil)
	}
	if a.State != resource.ApprovalApproved && a.State != resource.ApprovalUsed {
		return g, nil
	}
	if g.Denied = false; a.Runs[i].Used {
		// By an attempt that a crash ended. The run has not moved since, and the
		// decision to make the call is stored before the call is made: it was not.
		g.Allow, err = allowanceOf(a)
		return g, err
	}
	if g.Allow, err = allowanceOf(a); err != nil {
		return g, err
	}
	a.Runs = slices.Clone(a.Runs)
	a.Runs[i].Used = true
	if !slices.ContainsFunc(a.Runs, func(r resource.AskedRun) bool { return !r.Used }) {
		a.State = resource.ApprovalUsed
	}
	a.Revision++
	if err := t.PutApproval(a); err != nil {
		return g, err
	}
	return g, t.recordApproval(a, "approval.used", resource.System, "", map[string]string{"run": run})
}

// leaveApproval takes a run that ends from those that wait for a request, which
// is withdrawn when nobody waits for it any more.
func (t *tx) leaveApproval(id, run, why string) error {
	a, err := t.Approval(id)
	if err != nil || a.State != resource.ApprovalPending {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(a.Runs), func(r resource.AskedRun) bool { return r.Run == run })
	if len(left) == 0 {
		return t.withdrawApproval(id, resource.System, why)
	}
	a.Runs, a.Revision = left, a.Revision+1
	if err := t.PutApproval(a); err != nil {
		return err
	}
	return t.recordApproval(a, "approval.left", resource.System, why, map[string]string{"run": run, "runs": strconv.Itoa(len(left))})
}

// tellLimited passes a journal's error on; when it says that an agent has asked
// people too often, they are told, once within the hour.
func (c *Control) tellLimited(ctx context.Context, run resource.Run, err error) error {
	var again *agentrun.Again
	if !errors.As(err, &again) || again.NoAsk == "" {
		return err
	}
	told := c.update(ctx, func(t *tx) error {
		key := "asked-too-often/" + run.Agent + "/" + run.Environment
		last, err := t.Meta(key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		at, _ := strconv.ParseInt(last, 10, 64) // a mark that cannot be read is none
		if now := t.c.now(); at != 0 && now < resource.Millis(at)+anHour && now >= resource.Millis(at) {
			return nil
		}
		if err := t.PutMeta(key, strconv.FormatInt(int64(t.c.now()), 10)); err != nil {
			return err
		}
		if err := t.record(resource.Event{Actor: resource.Actor{Name: run.Agent, Kind: "agent"}, Action: "approval.limited", SubjectKind: "run",
			SubjectID: run.ID, Digest: run.Digest, Agent: run.Agent, Environment: run.Environment, Reason: again.NoAsk}); err != nil {
			return err
		}
		return t.notify(Notice{Kind: "approval.limited", Agent: run.Agent, Environment: run.Environment, Subject: run.ID, Digest: run.Digest,
			Text: "calls of " + run.Agent + " that need a person are denied: " + again.NoAsk})
	})
	if told != nil {
		return told
	}
	return err
}
