package control

import (
	"context"
	"strconv"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// CheckDrills starts the drills whose time has come. One that cannot run now is
// recorded as skipped, and so are the times that passed while nobody looked, but
// for one: drills are never made up for. What cannot be read of one agent is
// logged, and keeps no other's drill back. Call it every few seconds.
func (c *Control) CheckDrills(ctx context.Context) error {
	var due []drillPlace
	err := c.view(ctx, func(r Reader) (err error) { due, err = c.drillPlaces(r); return err })
	if err != nil {
		return err
	}
	for _, p := range due {
		err := c.update(ctx, func(t *tx) error { return t.scheduledDrill(p) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.noDrill(p.agent, p.env, err)
	}
	return nil
}

// noDrill logs why the drills of a place cannot be looked after.
func (c *Control) noDrill(agent, env string, err error) {
	if err != nil {
		c.cfg.Logger.Error("scheduled drills cannot be looked after", "agent", agent, "environment", env, "error", err)
	}
}

// drillPlace is an agent in an environment whose stage has a schedule of drills.
type drillPlace struct {
	agent, env string
	schedule   blueprint.Schedule
}

// metaDrill is the setting that holds up to when the drills of a place were looked
// after.
func (p drillPlace) metaDrill() string { return "drills/" + p.agent + "/" + p.env }

// drillPlaces are the places that have something to do now.
func (c *Control) drillPlaces(r Reader) (due []drillPlace, err error) {
	all, err := r.Pipelines()
	if err != nil || !anyDrills(all) {
		return nil, err
	}
	agents, err := r.Agents()
	if err != nil {
		return nil, err
	}
	for _, agent := range agents {
		ds, err := r.Deployments(agent)
		c.noDrill(agent, "", err)
		for _, d := range ds {
			p, is, err := c.drillPlace(r, all, d)
			c.noDrill(d.Agent, d.Environment, err)
			if is {
				due = append(due, p)
			}
		}
	}
	return due, nil
}

// drillPlace is the place of a deployment; is reports whether it has something to
// do now.
func (c *Control) drillPlace(r Reader, all []resource.Pipeline, d resource.Deployment) (p drillPlace, is bool, err error) {
	if d.Stable == "" {
		return p, false, nil
	}
	v, err := r.VersionByDigest(d.Agent, d.Stable)
	if err != nil {
		return p, false, err
	}
	pl := pipeline.For(all, v.Agent, v.Manifest.Blueprint.Metadata.Owner)
	rs, err := pipeline.StageOf(pl, d.Environment, false)
	if err != nil || rs.Stage.Drill == nil {
		return p, false, nil // what serves there goes by a pipeline that has no such environment any more
	}
	p = drillPlace{agent: d.Agent, env: d.Environment, schedule: rs.Stage.Drill.Schedule}
	is, first, err := p.due(r, c.cfg.Now())
	return p, is || first, err
}

func anyDrills(all []resource.Pipeline) bool {
	for _, p := range all {
		for _, s := range p.Spec.Spec.Environments {
			if s.Drill != nil {
				return true
			}
		}
	}
	return false
}

// due reports whether a time of the schedule has come since it was looked after;
// first, that it never was: what was before that is not due.
func (p drillPlace) due(r Reader, now time.Time) (is, first bool, err error) {
	text, err := r.Meta(p.metaDrill())
	if fault.Is(err, fault.NotFound) {
		return false, true, nil
	}
	if err != nil {
		return false, false, err
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false, false, fault.Wrap(err, fault.Corrupt, "the time of the last drill of %s in %s cannot be read; restore a backup", p.agent, p.env)
	}
	is, err = cameDue(p.schedule, time.UnixMilli(ms), now)
	return is, false, err
}

// cameDue reports whether a time of the schedule lies after since and not after
// now. Pure.
func cameDue(s blueprint.Schedule, since, now time.Time) (bool, error) {
	next, ok, err := pipeline.NextTime(s, since)
	return err == nil && ok && !next.After(now), err
}

// scheduledDrill starts a drill that is due, or records why it does not run.
func (t *tx) scheduledDrill(p drillPlace) error {
	now := t.c.cfg.Now()
	is, first, err := p.due(t, now)
	if err != nil || !is && !first {
		return err
	}
	if err := t.PutMeta(p.metaDrill(), strconv.FormatInt(now.UnixMilli(), 10)); err != nil || first {
		return err
	}
	_, _, err = t.drillable(p.agent, p.env)
	switch {
	case err == nil:
		_, err = t.startDrill(resource.System, p.agent, p.env, "on schedule")
		return err
	case lasting(err), fault.Is(err, fault.Conflict), fault.Is(err, fault.Unavailable):
		return t.record(resource.Event{Actor: resource.System, Action: "drill.skipped", SubjectKind: "agent", SubjectID: p.agent,
			Agent: p.agent, Environment: p.env, Reason: sentenceOf(err)})
	}
	return err
}
