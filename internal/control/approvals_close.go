package control

import (
	"context"
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// closing names a version that was taken off traffic.
type closing struct {
	Agent  string `json:"agent"`
	Digest string `json:"digest"`
}

// closeWaiting has the runs of a version ended that wait for people.
func (t *tx) closeWaiting(agent, digest, incident string) error {
	data, err := json.Marshal(closing{agent, digest})
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: jobCloseWaiting, Key: "waiting/" + digest + "/" + incident, Payload: data})
}

// endWaiting ends the runs that wait for people with a version that was taken off
// traffic, and withdraws what they asked. A run that asked since ends when it is
// taken up again.
func (c *Control) endWaiting(ctx context.Context, j Job) (func(*tx) error, error) {
	var v closing
	if err := json.Unmarshal(j.Payload, &v); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload does not name a version")
	}
	var open []resource.Approval
	err := c.view(ctx, func(r Reader) error {
		for after := ""; ; {
			list, err := r.Approvals(ApprovalFilter{Agent: v.Agent, Kind: approvalOfCall, State: resource.ApprovalPending}, Page{Limit: 1000, After: after})
			if err != nil || len(list) == 0 {
				return err
			}
			after = list[len(list)-1].ID
			for _, a := range list {
				if a.Call != nil && a.Call.Version == v.Digest {
					open = append(open, a)
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, a := range open {
		if err := c.update(ctx, func(t *tx) error { return t.closeApproval(a.ID, resource.System, offTraffic) }); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// offTraffic is why the runs of a version that was taken off traffic end.
const offTraffic = "the version was taken off traffic while the call waited for people"

// closeApproval withdraws a request and ends the runs that wait for it. A
// session of the gateway is told instead; it waits for more than this.
func (t *tx) closeApproval(id string, by resource.Actor, why string) error {
	a, err := t.Approval(id)
	if err != nil || a.State != resource.ApprovalPending {
		return err
	}
	if err := t.withdrawApproval(id, by, why); err != nil {
		return err
	}
	for _, r := range a.Runs {
		run, err := t.Run(r.Run)
		if err != nil {
			return err
		}
		if run.Outcome != resource.OutcomeWaiting || run.Approval != id {
			continue
		}
		if err := t.endInterrupted(run, why); err != nil {
			return err
		}
	}
	return nil
}
