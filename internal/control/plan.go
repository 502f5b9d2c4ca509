package control

import (
	"cmp"
	"context"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// PlanPush says what a push would do: it validates, asks the blueprint's servers
// for their tools, and compares with what is registered and serves. It writes
// nothing. Errors are those of Push. Developer.
func (c *Control) PlanPush(ctx context.Context, p Principal, r PushRequest) (resource.PushPlan, error) {
	if err := need(p, resource.RoleDeveloper); err != nil {
		return resource.PushPlan{}, err
	}
	made, err := c.assemble(ctx, r)
	if err != nil {
		return resource.PushPlan{}, err
	}
	plan := resource.PushPlan{Agent: made.manifest.Blueprint.Metadata.Name, Digest: made.digest, Findings: made.report.Findings, Serving: []resource.ServingPlan{}}
	err = c.view(ctx, func(r Reader) error {
		last, err := r.LatestVersion(plan.Agent)
		switch {
		case fault.Is(err, fault.NotFound):
			plan.Delta = crv.Delta(nil, made.manifest, "", made.digest)
			return nil
		case err != nil:
			return err
		}
		plan.Latest, plan.Delta = last.Name, crv.Delta(last.Manifest, made.manifest, last.Digest, made.digest)
		if plan.SameBlueprint, err = sameBlueprint(last.Manifest, made.manifest); err != nil {
			return err
		}
		if v, err := r.VersionByDigest(plan.Agent, made.digest); err == nil {
			plan.Version = v.Name
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		plan.Serving, err = servingPlans(r, made)
		return err
	})
	return plan, err
}

// servingPlans compares what would be pushed with what serves.
func servingPlans(r Reader, made madeVersion) ([]resource.ServingPlan, error) {
	agent := made.manifest.Blueprint.Metadata.Name
	ds, err := r.Deployments(agent)
	if err != nil {
		return nil, err
	}
	list, err := r.Releases(ReleaseFilter{Agent: agent, Digest: made.digest, States: movingStates}, Page{Limit: 1000})
	if err != nil {
		return nil, err
	}
	moving := map[string]string{}
	for _, rel := range list {
		moving[rel.Environment] = rel.ID
	}
	out := []resource.ServingPlan{}
	for _, d := range ds {
		s := resource.ServingPlan{Environment: d.Environment, Digest: d.Stable, Stopped: d.Stopped, Same: d.Stable == made.digest && !d.Stopped}
		var base *resource.Manifest
		if d.Stable != "" {
			v, err := r.VersionByDigest(agent, d.Stable)
			if err != nil {
				return nil, err
			}
			s.Version, base = v.Name, v.Manifest
			if s.SameBlueprint, err = sameBlueprint(base, made.manifest); err != nil {
				return nil, err
			}
		}
		s.Delta = crv.Delta(base, made.manifest, d.Stable, made.digest)
		s.Release = moving[d.Environment]
		delete(moving, d.Environment)
		out = append(out, s)
	}
	for environment, id := range moving { // where nothing ever served
		out = append(out, resource.ServingPlan{Environment: environment, Release: id, Delta: crv.Delta(nil, made.manifest, "", made.digest)})
	}
	slices.SortFunc(out, func(a, b resource.ServingPlan) int { return cmp.Compare(a.Environment, b.Environment) })
	return out, nil
}

// sameBlueprint reports whether two versions are of one blueprint.
func sameBlueprint(a, b *resource.Manifest) (bool, error) {
	x, err := blueprint.Digest(a.Blueprint)
	if err != nil {
		return false, err
	}
	y, err := blueprint.Digest(b.Blueprint)
	return x == y, err
}
