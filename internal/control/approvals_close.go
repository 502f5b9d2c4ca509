package control

import (
	"context"
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// closing names where something was taken off traffic.
type closing struct {
	Agent       string `json:"agent"`
	Environment string `json:"environment"`
}

// closeWaiting has the runs ended that wait for people with what cause took off
// traffic in an environment.
func (t *tx) closeWaiting(agent, env, cause string) error {
	data, err := json.Marshal(closing{agent, env})
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: jobCloseWaiting, Key: "waiting/" + agent + "/" + env + "/" + cause, Payload: data})
}

// endWaiting ends the runs that wait for people and whose version makes no calls
// any more, and withdraws what they asked. A run that asked since ends when it is
// taken up again.
func (c *Control) endWaiting(ctx context.Context, j Job) (func(*tx) error, error) {
	var at closing
	if err := json.Unmarshal(j.Payload, &at); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload does not name an environment")
	}
	var open []resource.Approval
	err := c.view(ctx, func(r Reader) error {
		for after := ""; ; {
			list, err := r.Approvals(ApprovalFilter{Agent: at.Agent, Environment: at.Environment, Kind: approvalOfCall, State: resource.ApprovalPending},
				Page{Limit: 1000, After: after})
			if err != nil || len(list) == 0 {
				return err
			}
			after = list[len(list)-1].ID
			open = append(open, list...)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, a := range open {
		if err := c.update(ctx, func(t *tx) error { return t.closeOff(a) }); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// closeOff closes the request of a call whose version makes none any more.
func (t *tx) closeOff(a resource.Approval) error {
	if a.Call == nil {
		return nil
	}
	why, err := offTraffic(t, resource.Run{Agent: a.Agent, Environment: a.Environment, Digest: a.Call.Version})
	if err != nil || why == "" {
		return err
	}
	return t.closeWith(a.ID, resource.System, resource.OffTraffic, why)
}

// closeApproval withdraws a request and ends the runs that wait for it. A
// session of the gateway is told instead; it waits for more than this.
func (t *tx) closeApproval(id string, by resource.Actor, why string) error {
	return t.closeWith(id, by, resource.ToolError, why)
}

func (t *tx) closeWith(id string, by resource.Actor, code resource.FailureCode, why string) error {
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
		if err := t.endRun(run, code, why); err != nil {
			return err
		}
	}
	return nil
}
