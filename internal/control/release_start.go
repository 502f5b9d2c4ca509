package control

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// movingStates are the states of a release that has not ended.
var movingStates = []resource.ReleaseState{
	resource.ReleasePending, resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseFrozen,
	resource.ReleaseDeploying, resource.ReleaseSmoke, resource.ReleaseShadow, resource.ReleasePreview,
	resource.ReleaseCanary, resource.ReleaseSoaking, resource.ReleasePaused, resource.ReleaseRollingBack,
}

// StartRelease starts a release; its first effects run in the background. When
// another release of the agent moves in the environment, the pipeline says what
// happens: it is fault.Conflict, or the release is pending until that one has
// ended, or takes its place. fault.Blocked for a quarantined version or one that
// has not passed the environment before; fault.Conflict when the version serves
// there already. A hotfix needs a reason. Developer or operator.
func (c *Control) StartRelease(ctx context.Context, p Principal, r ReleaseRequest) (rel resource.Release, err error) {
	if err := need(p, resource.RoleDeveloper, resource.RoleOperator); err != nil {
		return rel, err
	}
	if r.Hotfix && strings.TrimSpace(r.Reason) == "" {
		return rel, fault.New(fault.Invalid, "say why: the reason of a hotfix is part of the record")
	}
	err = c.update(ctx, func(t *tx) error {
		v, err := resolve(t, r.Version)
		if err != nil {
			return err
		}
		rs, concurrency, err := t.stageFor(v, r)
		if err != nil {
			return err
		}
		if err := c.mayRelease(t, v, rs); err != nil {
			return err
		}
		if err := t.makeWay(p.Actor, v, rs.Stage.Name, concurrency); err != nil {
			return err
		}
		rel, err = t.openRelease(p.Actor, v, rs, r.Reason)
		return err
	})
	return rel, err
}

// stageFor is the stage that a release goes through: of the pipeline that serves
// the agent now.
func (t *tx) stageFor(v resource.Version, r ReleaseRequest) (resource.ReleaseStage, blueprint.Concurrency, error) {
	pl, err := pipelineOf(t, v)
	if err != nil {
		return resource.ReleaseStage{}, "", err
	}
	rs, err := pipeline.StageOf(pl, r.Environment, r.Hotfix)
	rs.Makers = makersOf(pl)
	return rs, pl.Spec.Spec.Resolved().Concurrency, err
}

// mayRelease checks what can be known before any work is done.
func (c *Control) mayRelease(r Reader, v resource.Version, rs resource.ReleaseStage) error {
	if v.Drill {
		return onlyDrilled(v)
	}
	if v.Quarantine != nil {
		return quarantined(v)
	}
	g, err := c.orderGate(r, v, rs)
	if err != nil {
		return err
	}
	if g.Verdict == resource.Block {
		return fault.New(fault.Blocked, "%s", g.Message).With(fault.Detail{Code: string(g.Code), Message: g.Message, Fix: g.Remediation})
	}
	d, err := r.Deployment(v.Agent, rs.Stage.Name)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err == nil && d.Stable == v.Digest && !d.Stopped {
		return fault.New(fault.Conflict, "%s already serves in %s", v.Name, rs.Stage.Name)
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

// openRelease stores a release and begins it, unless another one moves: the end
// of that one begins it.
func (t *tx) openRelease(by resource.Actor, v resource.Version, rs resource.ReleaseStage, reason string) (resource.Release, error) {
	now := t.c.now()
	rel := resource.Release{
		ID: t.c.cfg.NewID("rel"), Agent: v.Agent, Version: v.Number, Digest: v.Digest, Environment: rs.Stage.Name, Stage: rs,
		State: resource.ReleasePending, Revision: 1,
		Gates: []resource.Gate{}, History: []resource.Transition{}, Reason: reason, Drill: v.Drill,
		CreatedAt: now, CreatedBy: by, UpdatedAt: now, EnteredAt: now,
	}
	if err := t.compare(&rel, v); err != nil {
		return rel, err
	}
	if err := t.InsertRelease(rel); err != nil {
		return rel, err
	}
	if rs.Hotfix != nil {
		if err := t.announceHotfix(rel); err != nil {
			return rel, err
		}
	}
	ahead, err := t.ahead(rel)
	if err != nil {
		return rel, err
	}
	if ahead != nil {
		return rel, t.record(resource.Event{Actor: by, Action: "release.pending", SubjectKind: "release", SubjectID: rel.ID, Digest: rel.Digest,
			Agent: rel.Agent, Environment: rel.Environment, Reason: reason, Attrs: map[string]string{"version": strconv.Itoa(rel.Version), "after": ahead.ID}})
	}
	return t.move(rel, release.Event{Kind: release.Begin, Actor: by, Reason: reason})
}

// compare sets what a release is compared with: what serves now, the delta over
// it, the tier of that, in what the rules ask less than before, and the plan of its
// canary.
func (t *tx) compare(rel *resource.Release, v resource.Version) error {
	var baseline *resource.Manifest
	d, err := t.deployment(rel)
	if err != nil {
		return err
	}
	if d.Stable != "" {
		bv, err := t.VersionByDigest(v.Agent, d.Stable)
		if err != nil {
			return err
		}
		baseline = bv.Manifest
	}
	rel.Baseline = d.Stable
	rel.Delta = crv.Delta(baseline, v.Manifest, d.Stable, v.Digest)
	rel.Tier = rel.Delta.Tier
	if err := t.compareRules(rel, v, d); err != nil {
		return err
	}
	rel.Plan = resource.CanaryPlan{Steps: []blueprint.CanaryStep{}}
	if release.Strategy(*rel) == blueprint.StrategyCanary {
		plan := v.Manifest.Blueprint.Spec.Release.Canary
		if own := rel.Stage.Stage.Rollout.Canary; own != nil {
			plan = *own
		}
		if rel.Plan, err = t.canaryPlan(plan, rel); err != nil {
			return err
		}
	}
	return nil
}

// announceHotfix makes a release on the emergency path loud.
func (t *tx) announceHotfix(rel resource.Release) error {
	skips := strings.Join(rel.Stage.Hotfix.Skip, ",")
	if err := t.record(resource.Event{Actor: rel.CreatedBy, Action: "release.hotfix", SubjectKind: "release", SubjectID: rel.ID, Digest: rel.Digest,
		Agent: rel.Agent, Environment: rel.Environment, Reason: rel.Reason,
		Attrs: map[string]string{"version": strconv.Itoa(rel.Version), "skips": skips, "pipeline": rel.Stage.Pipeline}}); err != nil {
		return err
	}
	return t.notify(Notice{Kind: "release.hotfix", Agent: rel.Agent, Environment: rel.Environment, Subject: rel.ID, Digest: rel.Digest,
		Text: fmt.Sprintf("HOTFIX: %s started %s@v%d into %s without %s: %s", rel.CreatedBy.Name, rel.Agent, rel.Version, rel.Environment, skips, rel.Reason)})
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
