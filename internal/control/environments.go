package control

import (
	"context"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// Production is the environment that is meant when none is named.
const Production = "production"

// knownEnvironment is fault.Invalid for an environment that no pipeline has.
func knownEnvironment(r Reader, name string) error {
	all, err := allPipelines(r)
	if err != nil {
		return err
	}
	envs := pipeline.Environments(all)
	if slices.ContainsFunc(envs, func(e resource.Environment) bool { return e.Name == name }) {
		return nil
	}
	var names []string
	for _, e := range envs {
		names = append(names, e.Name)
	}
	return fault.New(fault.Invalid, "there is no environment %q; the environments are %s", name, strings.Join(names, ", "))
}

// Environments lists the environments of all pipelines in promotion order. Viewer.
func (c *Control) Environments(ctx context.Context, p Principal) (envs []resource.Environment, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) error {
		all, err := allPipelines(r)
		envs = pipeline.Environments(all)
		return err
	})
	return envs, err
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
