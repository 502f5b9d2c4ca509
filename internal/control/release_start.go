package control

import (
	"context"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// movingStates are the states of a release that has not ended.
var movingStates = []resource.ReleaseState{
	resource.ReleasePending, resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseFrozen,
	resource.ReleaseDeploying, resource.ReleaseSmoke, resource.ReleaseShadow, resource.ReleasePreview,
	resource.ReleaseCanary, resource.ReleaseSoaking, resource.ReleasePaused, resource.ReleaseRollingBack,
}

// StartRelease starts a release; its first effects run in the background.
// fault.Blocked for a quarantined version or one that has not passed the
// environment before; fault.Conflict when another release moves there, or the
// version serves there already. Developer or operator.
func (c *Control) StartRelease(ctx context.Context, p Principal, r ReleaseRequest) (rel resource.Release, err error) {
	if err := need(p, resource.RoleDeveloper, resource.RoleOperator); err != nil {
		return rel, err
	}
	env, err := c.environment(r.Environment)
	if err != nil {
		return rel, err
	}
	err = c.update(ctx, func(t *tx) error {
		v, err := resolve(t, r.Version)
		if err != nil {
			return err
		}
		if err := c.mayRelease(t, v, env); err != nil {
			return err
		}
		rel, err = t.openRelease(p, v, env, r.Reason)
		return err
	})
	return rel, err
}

// mayRelease checks what can be known before any work is done.
func (c *Control) mayRelease(r Reader, v resource.Version, env resource.Environment) error {
	if v.Quarantine != nil {
		return quarantined(v)
	}
	g, err := c.orderGate(r, v, env)
	if err != nil {
		return err
	}
	if g.Verdict == resource.Block {
		return fault.New(fault.Blocked, "%s", g.Message).With(fault.Detail{Code: string(g.Code), Message: g.Message, Fix: g.Remediation})
	}
	moving, err := r.Releases(ReleaseFilter{Agent: v.Agent, Environment: env.Name, States: movingStates}, Page{Limit: 1})
	if err != nil {
		return err
	}
	if len(moving) > 0 {
		return fault.New(fault.Conflict, "release %s of %s@v%d is already moving in %s (%s); finish or cancel it first",
			moving[0].ID, v.Agent, moving[0].Version, env.Name, moving[0].State)
	}
	d, err := r.Deployment(v.Agent, env.Name)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err == nil && d.Stable == v.Digest && !d.Stopped {
		return fault.New(fault.Conflict, "%s already serves in %s", v.Name, env.Name)
	}
	return err
}

// quarantined says why a version may not go out.
func quarantined(v resource.Version) error {
	q := v.Quarantine
	return fault.New(fault.Blocked, "%s is in quarantine since incident %s (%s); record its RCA and prove a guardrail, or release another version",
		v.Name, q.Incident, q.Reason).With(fault.Detail{Code: string(resource.PolicyViolation), Message: "quarantined by " + q.Incident,
		Fix: "aureus incident show " + q.Incident})
}

func (t *tx) openRelease(p Principal, v resource.Version, env resource.Environment, reason string) (resource.Release, error) {
	var baseline *resource.Manifest
	d, err := t.Deployment(v.Agent, env.Name)
	switch {
	case fault.Is(err, fault.NotFound):
		err = nil
	case err == nil && d.Stable != "":
		var bv resource.Version
		if bv, err = t.VersionByDigest(v.Agent, d.Stable); err == nil {
			baseline = bv.Manifest
		}
	}
	if err != nil {
		return resource.Release{}, err
	}
	now := t.c.now()
	rel := resource.Release{
		ID: t.c.cfg.NewID("rel"), Agent: v.Agent, Version: v.Number, Digest: v.Digest, Environment: env.Name,
		State: resource.ReleasePending, Revision: 1, Baseline: d.Stable,
		Delta: crv.Delta(baseline, v.Manifest, d.Stable, v.Digest),
		Gates: []resource.Gate{}, History: []resource.Transition{}, Reason: reason,
		CreatedAt: now, CreatedBy: p.Actor, UpdatedAt: now, EnteredAt: now,
	}
	rel.Tier = rel.Delta.Tier
	rel.Plan.Steps = []blueprint.CanaryStep{}
	if env.Canary {
		rel.Plan = canary.Plan(v.Manifest.Blueprint.Spec.Release.Canary)
	}
	if err := t.InsertRelease(rel); err != nil {
		return rel, err
	}
	return t.move(rel, release.Event{Kind: release.Begin, Actor: p.Actor, Reason: reason})
}

// Release is one release. Viewer.
func (c *Control) Release(ctx context.Context, p Principal, id string) (rel resource.Release, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return rel, err
	}
	err = c.view(ctx, func(r Reader) (err error) { rel, err = r.Release(id); return err })
	return rel, err
}

// Releases lists releases, newest first. Viewer.
func (c *Control) Releases(ctx context.Context, p Principal, f ReleaseFilter, page Page) (rs []resource.Release, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { rs, err = r.Releases(f, page); return err })
	return rs, err
}
