package control

import (
	"context"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Production is the environment that is meant when none is named.
const Production = "production"

// DefaultEnvironments are the built-in environments, in promotion order:
// staging, where a wide change needs one approver, and production, where every
// change of behaviour needs one, an irreversible one two, and a version goes
// beside the serving one first.
func DefaultEnvironments() []resource.Environment {
	return []resource.Environment{
		{Name: "staging", Order: 1, Approvals: map[blueprint.Tier]int{
			blueprint.TierHigh: 1, blueprint.TierCritical: 1}},
		{Name: Production, Order: 2, Canary: true, After: "staging", Approvals: map[blueprint.Tier]int{
			blueprint.TierMedium: 1, blueprint.TierHigh: 1, blueprint.TierCritical: 2}},
	}
}

func (c *Control) environment(name string) (resource.Environment, error) {
	var names []string
	for _, e := range c.envs {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return resource.Environment{}, fault.New(fault.Invalid, "there is no environment %q; the environments are %s", name, strings.Join(names, ", "))
}

// Environments lists environments in promotion order. Viewer.
func (c *Control) Environments(ctx context.Context, p Principal) ([]resource.Environment, error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	return slices.Clone(c.envs), nil
}

// Deployments lists what serves; agent "" is all. Viewer.
func (c *Control) Deployments(ctx context.Context, p Principal, agent string) (ds []resource.Deployment, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { ds, err = r.Deployments(agent); return err })
	return ds, err
}

// Snapshots lists snapshots, newest first. Viewer.
func (c *Control) Snapshots(ctx context.Context, p Principal, agent, env string) (ss []resource.Snapshot, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { ss, err = r.Snapshots(agent, env); return err })
	return ss, err
}
