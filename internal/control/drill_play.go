package control

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

const (
	jobPlayDrill = "drill.play"
	jobEndDrill  = "drill.end"
	// drillParallel is how many runs of a drill are under way at a time.
	drillParallel = 4
)

// drillPayload names the drill of a job, and when the job is due.
type drillPayload struct {
	Release string          `json:"release"`
	At      resource.Millis `json:"at,omitempty"`
}

// modeOf is the mode of the runs that a release's canary counts: a drill's own, or
// live ones, and never the one for the other.
func modeOf(drill bool) resource.RunMode {
	if drill {
		return resource.RunDrill
	}
	return resource.RunLive
}

// beginDrill has the traffic of a drill played, now that its canary has begun, and
// its end armed.
func (t *tx) beginDrill(rel resource.Release) error {
	payload, err := json.Marshal(drillPayload{Release: rel.ID})
	if err != nil {
		return err
	}
	if err := t.Enqueue(Job{Kind: jobPlayDrill, Key: "drill/" + rel.ID + "/play", Payload: payload}); err != nil {
		return err
	}
	return t.armDrillEnd(rel, t.c.now()+drillWithin(rel))
}

// drillStagePlay is what a drill's traffic is played with.
type drillStagePlay struct {
	rel     resource.Release
	good    *simulate.Version
	bad     *simulate.Version
	numbers map[string]int // of the two versions, by digest
	model   agentrun.Model
	cases   []simulate.Case
	played  atomic.Int64
}

// playDrill plays the traffic of a drill until its canary is decided. Each run is
// written with what it means for the canary in one transaction, so a crash loses
// the runs that were under way and nothing else.
func (c *Control) playDrill(ctx context.Context, j Job) (func(*tx) error, error) {
	var pl drillPayload
	if err := json.Unmarshal(j.Payload, &pl); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload does not name a drill")
	}
	s, err := c.prepareDrill(ctx, pl.Release)
	if err != nil && lasting(err) {
		why := "its traffic could not be played: " + sentenceOf(err)
		return func(t *tx) error { return t.cancelDrill(pl.Release, why) }, nil
	}
	if err != nil || s == nil {
		return nil, err
	}
	for more := true; more; {
		var decided atomic.Bool
		err := simulate.Each(ctx, drillParallel, drillParallel, func(ctx context.Context, _ int) error {
			goesOn, err := c.playOne(ctx, s)
			if !goesOn {
				decided.Store(true)
			}
			return err
		})
		if err != nil {
			return nil, again(err)
		}
		more = !decided.Load()
	}
	return nil, nil
}

// prepareDrill reads and compiles both versions of a drill, nil when its canary
// has ended.
func (c *Control) prepareDrill(ctx context.Context, id string) (*drillStagePlay, error) {
	s := &drillStagePlay{}
	var good, bad resource.Version
	err := c.view(ctx, func(r Reader) (err error) {
		if s.rel, err = r.Release(id); err != nil {
			return err
		}
		if good, err = r.VersionByDigest(s.rel.Agent, s.rel.Baseline); err != nil {
			return err
		}
		bad, err = r.VersionByDigest(s.rel.Agent, s.rel.Digest)
		return err
	})
	if err != nil || !release.InCanary(s.rel) {
		return nil, err
	}
	s.numbers = map[string]int{good.Digest: good.Number, bad.Digest: bad.Number}
	if s.good, err = simulate.Prepare(good.Manifest, good.Digest); err != nil {
		return nil, err
	}
	if s.bad, err = simulate.Prepare(bad.Manifest, bad.Digest); err != nil {
		return nil, err
	}
	if s.cases, err = drillCases(good.Manifest.Blueprint); err != nil {
		return nil, err
	}
	s.model, err = c.cfg.Models.Model(good.Manifest.Blueprint.Spec.Model)
	s.played.Store(s.rel.Canary.Control.Runs + s.rel.Canary.Canary.Runs)
	return s, err
}

// playOne routes and plays one run. goesOn is false once the canary is decided.
func (c *Control) playOne(ctx context.Context, s *drillStagePlay) (goesOn bool, err error) {
	id := c.cfg.NewID("run")
	var pin SessionPin
	err = c.view(ctx, func(r Reader) error {
		d, err := r.Deployment(s.rel.Agent, s.rel.Environment)
		if err != nil || !d.Drill || d.Release != s.rel.ID {
			return err
		}
		goesOn = true
		pin, err = route(d, id, nil, false, c.now())
		return err
	})
	if err != nil || !goesOn {
		return goesOn, err
	}
	v := s.good
	if pin.Canary {
		v = s.bad
	}
	n := s.played.Add(1)
	began := c.now()
	played, err := v.Play(ctx, s.model, s.cases[int(n)%len(s.cases)],
		simulate.PlayOptions{Seed: v.Seed(n), Mode: resource.RunDrill, Measured: true, Helpers: c.helpers()})
	if err == nil {
		err = played.Outage // says nothing about the version; the job is done again
	}
	if err != nil {
		return true, err
	}
	run := played.Run
	run.ID, run.Session, run.Environment, run.Release = id, id, s.rel.Environment, s.rel.ID
	run.Version, run.Canary, run.Weight = s.numbers[run.Digest], pin.Canary, pin.Weight
	run.StartedAt, run.EndedAt, run.Revision = began, c.now(), 1
	run.Principal = resource.System
	err = c.update(ctx, func(t *tx) error { goesOn, err = t.countDrill(run, pin); return err })
	if err == errHarmless {
		goesOn, err = false, c.update(ctx, func(t *tx) error { return t.endDrill(s.rel.ID, errHarmless.Error()) })
	}
	return goesOn, err
}

// errHarmless undoes the outcome that would give a drill's version all traffic.
var errHarmless = errors.New("the canary found the drill's version harmless")

// countDrill stores a run of a drill and gives it to the canary, its draw with it:
// a run that a crash cut off was never drawn. A canary that finds the version
// harmless, or has no verdict after all runs, has missed it.
func (t *tx) countDrill(run resource.Run, pin SessionPin) (goesOn bool, err error) {
	rel, err := t.Release(run.Release)
	if err != nil || !release.InCanary(rel) {
		return false, err
	}
	if err := t.numberDraw(&pin, run.ID); err != nil {
		return false, err
	}
	run.Draw = pin.Draw
	if err := t.InsertRun(run); err != nil {
		return false, err
	}
	if err := t.record(runEvent(run)); err != nil {
		return false, err
	}
	t.then(func() { t.c.cfg.Meter.RunEnded(run) })
	if err := t.observe(run); err != nil {
		return false, err
	}
	if rel, err = t.Release(rel.ID); err != nil || !release.InCanary(rel) {
		return false, err
	}
	if n := rel.Canary.Control.Runs + rel.Canary.Canary.Runs; n >= int64(rel.Stage.Stage.Drill.Runs) {
		return false, t.endDrill(rel.ID, "the canary had no verdict after all runs of the drill")
	}
	return true, nil
}
