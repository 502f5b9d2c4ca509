package control

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// A drill is a rehearsal: a version that is bad on purpose is released beside what
// serves, gets traffic that the drill plays itself, and has to be seen by the
// canary, rolled back and replaced by the way that a real one would be. Nothing of
// it reaches people: its runs' effects are captured, no session is routed to its
// version, and what serves goes on serving.

// Staging is the environment of a drill when none is named.
const Staging = "staging"

// gateDrill is the gate that keeps a drill apart from a release.
const gateDrill = "drill"

// drillSkips is what a drill goes without: the version would fail it.
var drillSkips = []string{pipeline.GateOrder, pipeline.GateValidation, pipeline.GatePolicy, pipeline.GateSimulation,
	pipeline.GateEvaluation, pipeline.GateGuardrail, "approval", pipeline.GateSmoke}

// StartDrill seeds a bad version of what serves in an environment and releases it
// there. fault.Blocked in the last environment of the agent's pipeline;
// fault.Conflict while a release moves there, a freeze window is open, or nothing
// verified serves. Operator.
func (c *Control) StartDrill(ctx context.Context, p Principal, agent string, r DrillRequest) (d resource.Drill, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return d, err
	}
	err = c.update(ctx, func(t *tx) error {
		rel, err := t.startDrill(p.Actor, agent, cmp.Or(r.Environment, Staging), strings.TrimSpace(r.Reason))
		if err != nil {
			return err
		}
		d, err = drillOf(t, rel)
		return err
	})
	return d, err
}

func (t *tx) startDrill(by resource.Actor, agent, env, reason string) (resource.Release, error) {
	good, rs, err := t.drillable(agent, env)
	if err != nil {
		return resource.Release{}, err
	}
	bad, err := t.seed(good)
	if err != nil {
		return resource.Release{}, err
	}
	rel, err := t.openRelease(by, bad, rs, cmp.Or(reason, "a drill beside "+good.Name))
	if err != nil {
		return rel, err
	}
	err = t.record(resource.Event{Actor: by, Action: "drill.started", SubjectKind: "release", SubjectID: rel.ID, Digest: bad.Digest,
		Agent: agent, Environment: env, Reason: reason, Attrs: map[string]string{"version": strconv.Itoa(bad.Number), "good": good.Digest,
			"skips": strings.Join(drillSkips, ","), "within": rs.Stage.Drill.Within.String(), "runs": strconv.Itoa(rs.Stage.Drill.Runs)}})
	if err != nil {
		return rel, err
	}
	return rel, t.armDrillEnd(rel, t.c.now()+resource.Millis(stepPatience.Milliseconds())+drillWithin(rel))
}

// drillWithin is the target time to recovery of a drill.
func drillWithin(rel resource.Release) resource.Millis {
	return resource.Millis(time.Duration(rel.Stage.Stage.Drill.Within).Milliseconds())
}

// drillable is the version that serves in an environment and the stage of a drill
// beside it.
func (t *tx) drillable(agent, env string) (good resource.Version, rs resource.ReleaseStage, err error) {
	d, err := t.Deployment(agent, env)
	if fault.Is(err, fault.NotFound) {
		if err := knownEnvironment(t, env); err != nil {
			return good, rs, err
		}
	} else if err != nil {
		return good, rs, err
	}
	if err := t.notLast(agent, env); err != nil {
		return good, rs, err
	}
	if d.Stable == "" || d.Stopped {
		return good, rs, fault.New(fault.Conflict, "nothing of %s serves in %s, so there is nothing that a drill could go back to; release a version there first", agent, env)
	}
	if good, err = t.VersionByDigest(agent, d.Stable); err != nil {
		return good, rs, err
	}
	pl, err := pipelineOf(t, good)
	if err != nil {
		return good, rs, err
	}
	if rs, err = pipeline.StageOf(pl, env, false); err != nil {
		return good, rs, err
	}
	rs.Stage = drillStage(rs.Stage)
	return good, rs, t.mayDrill(d, good, rs)
}

// notLast is fault.Blocked for the last environment of the pipeline of an agent's
// newest version, or of the one that serves there.
func (t *tx) notLast(agent, env string) error {
	s, err := summary(t, agent)
	if err != nil {
		return err
	}
	digests := []string{s.Latest.Digest}
	for _, d := range s.Deployments {
		if d.Environment == env && d.Stable != "" {
			digests = append(digests, d.Stable)
		}
	}
	for _, digest := range digests {
		v, err := t.VersionByDigest(agent, digest)
		if err != nil {
			return err
		}
		pl, err := pipelineOf(t, v)
		if err != nil {
			return err
		}
		if names := pipeline.Names(pl); names[len(names)-1] == env {
			return fault.New(fault.Blocked, "%s is the last environment of the pipeline %s, and no drill runs there; name one before it with --env", env, pl.Name)
		}
	}
	return nil
}

// drillStage is a stage as a drill goes through it: its canary, or the one of the
// blueprint, and nothing that waits for people or time.
func drillStage(s blueprint.Stage) blueprint.Stage {
	s.Rollout = blueprint.Rollout{Strategy: blueprint.StrategyCanary, Canary: s.Rollout.Canary, Sessions: blueprint.DefaultSessions}
	s.Before, s.After, s.Soak, s.Auto = nil, nil, 0, false
	d := blueprint.Drill{}
	if s.Drill != nil {
		d = *s.Drill
	}
	d = d.Resolved()
	s.Drill = &d
	return s
}

// mayDrill is fault.Conflict when a drill would get in the way, or could not go
// back to anything.
func (t *tx) mayDrill(d resource.Deployment, good resource.Version, rs resource.ReleaseStage) error {
	moving, err := unfinishedIn(t, d.Agent, d.Environment)
	if err != nil {
		return err
	}
	if len(moving) > 0 {
		return fault.New(fault.Conflict, "release %s of %s@v%d is moving in %s (%s), and a drill waits for none; start it when that has ended",
			moving[0].ID, d.Agent, moving[0].Version, d.Environment, moving[0].State)
	}
	if err := settled(d); err != nil {
		return err
	}
	if until := t.c.frozenUntil(resource.Release{Stage: rs}); until > 0 {
		return fault.New(fault.Conflict, "a freeze window of %s is open until %s; start the drill then", d.Environment,
			time.UnixMilli(int64(until)).UTC().Format(time.RFC3339))
	}
	snap, err := t.Snapshot(d.Snapshot)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if good.Quarantine != nil || !snap.Verified || snap.RetiredAt != 0 {
		return fault.New(fault.Conflict, "%s serves in %s and is in quarantine or not verified, so a drill could not go back to it; release a good version first", good.Name, d.Environment)
	}
	if err := t.c.mayServe(t, good, d.Environment, ""); err != nil {
		return err
	}
	_, err = drillCases(good.Manifest.Blueprint)
	return err
}

// Drills lists an agent's drills, newest first. Viewer.
func (c *Control) Drills(ctx context.Context, p Principal, agent string, page Page) (out []resource.Drill, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) error {
		if _, err := summary(r, agent); err != nil {
			return err
		}
		rels, err := r.Releases(ReleaseFilter{Agent: agent, Drill: true}, page)
		for _, rel := range rels {
			d, err := drillOf(r, rel)
			if err != nil {
				return err
			}
			out = append(out, d)
		}
		return err
	})
	return out, err
}

// Drill is one drill by the id of its release. Viewer.
func (c *Control) Drill(ctx context.Context, p Principal, id string) (d resource.Drill, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return d, err
	}
	err = c.view(ctx, func(r Reader) error {
		rel, err := r.Release(id)
		if err != nil {
			return err
		}
		if !rel.Drill {
			return fault.New(fault.NotFound, "release %s is no drill; `aureus drill list %s` lists those", id, rel.Agent)
		}
		d, err = drillOf(r, rel)
		return err
	})
	return d, err
}
