package control

import (
	"context"
	"fmt"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Retire takes an agent out of service in every environment: invokes are refused,
// and what its runs and sessions ask for, until a version of it is released there
// again; no rollback brings one back. Its versions, evidence and runs
// stay. It returns the deployments that it stopped; an agent that serves nowhere
// is as it should be. fault.Conflict while a release of it moves. Operator.
func (c *Control) Retire(ctx context.Context, p Principal, agent, reason string) (stopped []resource.Deployment, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, fault.New(fault.Invalid, "say why the agent is retired, for the record").
			With(fault.Detail{Path: "reason", Message: "this field is required"})
	}
	err = c.update(ctx, func(t *tx) error {
		stopped = []resource.Deployment{} // the transaction may run again
		if _, err := summary(t, agent); err != nil {
			return err
		}
		had, err := t.Deployments(agent)
		if err != nil {
			return err
		}
		for _, s := range had {
			if err := t.yieldDrill(p.Actor, agent, s.Environment, "the agent is retired"); err != nil {
				return err
			}
		}
		moving, err := t.Releases(ReleaseFilter{Agent: agent, States: movingStates}, Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(moving) > 0 {
			return fault.New(fault.Conflict, "release %s of %s moves in %s (%s); cancel it or wait for its end, and retire the agent then",
				moving[0].ID, agent, moving[0].Environment, moving[0].State)
		}
		ds, err := t.Deployments(agent)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if d.Stopped || d.Stable == "" && d.Candidate == "" {
				continue
			}
			d.Stopped, d.Retired, d.Candidate, d.Weight, d.Reason = true, true, "", 0, "retired by "+p.Actor.Name+": "+reason
			if err := t.putDeployment(d); err != nil {
				return err
			}
			if err := t.closeWaiting(agent, d.Environment, fmt.Sprintf("retired/%d", d.Revision)); err != nil {
				return err
			}
			if err := t.record(resource.Event{Actor: p.Actor, Action: "agent.retired", SubjectKind: "agent", SubjectID: agent,
				Digest: d.Stable, Agent: agent, Environment: d.Environment, Reason: reason}); err != nil {
				return err
			}
			stopped = append(stopped, d)
		}
		return nil
	})
	return stopped, err
}
