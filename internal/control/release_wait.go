package control

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// What a release waits for comes as a job at its time: the end of a freeze
// window, a deadline, no progress. Each looks first whether the release is still
// where it armed the job.

// frozenUntil is when the freeze windows end that are open for the release; 0 is
// none. Windows that cannot be read count as open for now: nothing gets traffic,
// and a rollback does not wait for them.
func (c *Control) frozenUntil(rel resource.Release) resource.Millis {
	windows := rel.Stage.Stage.Freeze
	if len(windows) == 0 || rel.Stage.Skips(release.SkipFreeze) {
		return 0
	}
	_, until, frozen, err := pipeline.Frozen(windows, c.cfg.Now())
	switch {
	case err != nil:
		c.cfg.Logger.Error("freeze windows cannot be read", "release", rel.ID, "error", err)
		return c.now() + resource.Millis(time.Minute/time.Millisecond)
	case !frozen:
		return 0
	}
	return resource.Millis(until.UnixMilli())
}

// armed is the release of a job that came at its time, ok false when it has moved
// on since it armed it.
func (t *tx) armed(j Job) (rel resource.Release, ok bool, err error) {
	var pl releaseJobPayload
	if err := json.Unmarshal(j.Payload, &pl); err != nil {
		return rel, false, fault.Wrap(err, fault.Invalid, "the job's payload does not name a release")
	}
	rel, err = t.Release(pl.Release)
	return rel, err == nil && rel.Attempt == pl.Attempt, err
}

// deadline ends what has a deadline: an undecided canary or shadow is held, a
// preview and a soak have had their time.
func (c *Control) deadline(_ context.Context, j Job) (func(*tx) error, error) {
	return func(t *tx) error {
		rel, ok, err := t.armed(j)
		if err != nil || !ok {
			return err
		}
		ev := release.Event{Kind: release.Deadline, Actor: resource.System}
		switch rel.State {
		case resource.ReleaseShadow, resource.ReleasePreview, resource.ReleaseCanary:
		case resource.ReleaseSoaking:
			ev.Kind = release.Soaked
			if ev.Gates, err = t.soakGates(rel); err != nil {
				return err
			}
			ev.Reason = gatesReason(ev.Gates, "the soak has had its time and every gate passes")
		default:
			return nil
		}
		if rel.Deadline > t.c.now() {
			return errEarly
		}
		_, err = t.move(rel, ev)
		return err
	}, nil
}

// thaw goes on with a release once no freeze window is open any more.
func (c *Control) thaw(_ context.Context, j Job) (func(*tx) error, error) {
	return func(t *tx) error {
		rel, ok, err := t.armed(j)
		if err != nil || !ok || rel.State != resource.ReleaseFrozen {
			return err
		}
		if rel.FrozenUntil > t.c.now() {
			return errEarly
		}
		_, err = t.move(rel, release.Event{Kind: release.Thawed, Actor: resource.System})
		return err
	}, nil
}

// gateRelease reads the gates again that stand before traffic.
func (c *Control) gateRelease(_ context.Context, j Job) (func(*tx) error, error) {
	return func(t *tx) error {
		rel, ok, err := t.armed(j)
		if err != nil || !ok || rel.State != resource.ReleaseShadow && rel.State != resource.ReleasePreview {
			return err
		}
		ev := release.Event{Kind: release.Gated, Actor: resource.System}
		if ev.Gates, err = t.trafficGates(rel); err != nil {
			return err
		}
		d, err := t.deployment(&rel)
		if err != nil {
			return err
		}
		ev.Serving = serving(d)
		_, err = t.move(rel, ev)
		return err
	}, nil
}

// armProgress looks again after the stage's progress deadline.
func (t *tx) armProgress(r *resource.Release) error {
	d := release.ProgressDeadline(*r)
	if d == 0 {
		return nil
	}
	payload, err := json.Marshal(releaseJobPayload{Release: r.ID, Attempt: r.Attempt})
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: "release." + string(release.ArmProgress), Payload: payload, RunAt: r.UpdatedAt + d,
		Key: fmt.Sprintf("release/%s/%s/%d/%d", r.ID, release.ArmProgress, r.Attempt, r.UpdatedAt)})
}

// stalling are the steps that have a progress deadline. The others wait for people
// or for a time, which are not late.
var stalling = []resource.ReleaseState{resource.ReleaseChecking, resource.ReleaseDeploying, resource.ReleaseSmoke, resource.ReleaseCanary}

// progress holds a release to which nothing has happened since it was looked at.
func (c *Control) progress(_ context.Context, j Job) (func(*tx) error, error) {
	return func(t *tx) error {
		rel, ok, err := t.armed(j)
		if err != nil || !ok || !slices.Contains(stalling, rel.State) {
			return err
		}
		if t.c.now() < rel.UpdatedAt+release.ProgressDeadline(rel) {
			return t.armProgress(&rel)
		}
		_, err = t.move(rel, release.Event{Kind: release.Stalled, Actor: resource.System})
		return err
	}, nil
}
