package control

import (
	"context"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// manualEvents are the events that a person may send.
var manualEvents = map[string]release.EventKind{
	"pause": release.Pause, "resume": release.Resume, "cancel": release.Cancel,
	"rollback": release.Rollback, "promote": release.Promote,
}

// MoveRelease sends pause, resume, cancel, rollback or promote to a release, with
// a reason. fault.Conflict when the event does not fit the release's state;
// fault.Blocked when a quarantined version would go on. Operator.
func (c *Control) MoveRelease(ctx context.Context, p Principal, id, event, reason string) (rel resource.Release, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return rel, err
	}
	kind, ok := manualEvents[event]
	if !ok {
		return rel, fault.New(fault.Invalid, "%q is not an event of a release; send pause, resume, cancel, rollback or promote", event)
	}
	if strings.TrimSpace(reason) == "" {
		return rel, fault.New(fault.Invalid, "say why: the reason of a %s is part of the record", event)
	}
	err = c.update(ctx, func(t *tx) error {
		r, err := t.Release(id)
		if err != nil {
			return err
		}
		if err := notForPeople(r, kind); err != nil {
			return err
		}
		if kind == release.Rollback && r.State == resource.ReleasePromoted {
			if err := t.yieldDrill(p.Actor, r.Agent, r.Environment, "release "+r.ID+" is rolled back"); err != nil {
				return err
			}
			if err := t.stillServes(r); err != nil {
				return err
			}
		}
		if kind == release.Resume || kind == release.Promote {
			if err := t.notQuarantined(r); err != nil {
				return err
			}
		}
		ev := release.Event{Kind: kind, Actor: p.Actor, Reason: reason}
		if kind == release.Resume {
			if ev.Busy, err = t.beforeResume(&r); err != nil {
				return err
			}
		}
		rel, err = t.move(r, ev)
		return err
	})
	return rel, err
}

// beforeResume is fault.Conflict while a rollback verifies what it restored: a
// preview or a shadow would begin beside it. busy reports whether another release
// moves; one that waited for that is compared with what serves by now.
func (t *tx) beforeResume(r *resource.Release) (busy bool, err error) {
	d, err := t.deployment(r)
	if err == nil {
		err = settled(d)
	}
	if err != nil {
		return false, err
	}
	if busy, err = t.otherMoves(*r); err != nil || busy || r.PausedFrom != resource.ReleasePending {
		return busy, err
	}
	return false, t.compareAgain(r)
}

// otherMoves reports whether another release of the agent moves in the
// environment; those that wait do not.
func (t *tx) otherMoves(r resource.Release) (bool, error) {
	list, err := t.Releases(ReleaseFilter{Agent: r.Agent, Environment: r.Environment, States: movingStates}, Page{Limit: 1000})
	return slices.ContainsFunc(list, func(o resource.Release) bool {
		waits := o.State == resource.ReleasePending || o.State == resource.ReleasePaused && o.PausedFrom == resource.ReleasePending
		return o.ID != r.ID && !waits
	}), err
}

// notQuarantined is fault.Blocked when the release's version was quarantined
// since the release began.
func (t *tx) notQuarantined(r resource.Release) error {
	if r.State.Final() {
		return nil // the machine says what is wrong
	}
	v, err := t.VersionByDigest(r.Agent, r.Digest)
	if err != nil || v.Quarantine == nil {
		return err
	}
	return quarantined(v)
}

// stillServes is fault.Conflict for a promoted release that another one has
// replaced: rolling it back would take the newer one off traffic.
func (t *tx) stillServes(r resource.Release) error {
	d, err := t.Deployment(r.Agent, r.Environment)
	if err != nil {
		return err
	}
	if err := mayRollBack(d); err != nil {
		return err
	}
	snap, err := t.Snapshot(d.Snapshot)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil || snap.Release != r.ID || d.Weight > 0 {
		return fault.New(fault.Conflict, "release %s no longer decides what serves in %s: another one has replaced it; use `aureus rollback %s --env %s`",
			r.ID, r.Environment, r.Agent, r.Environment)
	}
	return nil
}

// settled is fault.Conflict while a rollback of the environment verifies what it
// restored: a second one would take that off traffic unseen.
func settled(d resource.Deployment) error {
	if !d.Paused {
		return nil
	}
	return fault.New(fault.Conflict, "%s in %s is %s; what was restored is being verified: wait until that has ended", d.Agent, d.Environment, d.Reason)
}

// mayRollBack is fault.Conflict also for an agent that people took out of service:
// a rollback would bring it back.
func mayRollBack(d resource.Deployment) error {
	if d.Retired {
		return fault.New(fault.Conflict, "%s is out of service in %s (%s), and a rollback does not bring it back; release a version there", d.Agent, d.Environment, d.Reason)
	}
	return settled(d)
}

// Rollback takes what serves in an environment back to the last verified
// snapshot before it; a version in canary or soaking there is taken back first.
// One that is previewed or shadowed has no traffic, and is held. Operator.
func (c *Control) Rollback(ctx context.Context, p Principal, agent, env, reason string) (rel resource.Release, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return rel, err
	}
	if strings.TrimSpace(reason) == "" {
		return rel, fault.New(fault.Invalid, "say why: the reason of a rollback is part of the record")
	}
	err = c.update(ctx, func(t *tx) error {
		if err := t.yieldDrill(p.Actor, agent, env, "the environment is rolled back"); err != nil {
			return err
		}
		r, err := t.toRollBack(agent, env)
		if fault.Is(err, fault.NotFound) { // what serves can be taken back, whatever pipelines say by now
			if err := knownEnvironment(t, env); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		rel, err = t.move(r, release.Event{Kind: release.Rollback, Actor: p.Actor, Reason: reason})
		return err
	})
	return rel, err
}

// toRollBack is the release that a rollback of an environment is about.
func (t *tx) toRollBack(agent, env string) (resource.Release, error) {
	d, err := t.Deployment(agent, env)
	if fault.Is(err, fault.NotFound) {
		return resource.Release{}, fault.New(fault.NotFound, "nothing of agent %q was ever released in %s", agent, env)
	}
	if err != nil {
		return resource.Release{}, err
	}
	if err := mayRollBack(d); err != nil {
		return resource.Release{}, err
	}
	if d.Soaking || d.Weight > 0 {
		return t.Release(d.Release) // what soaks, or is in canary, is what may be bad
	}
	list, err := t.Releases(ReleaseFilter{Agent: agent, Environment: env, Digest: d.Stable,
		States: []resource.ReleaseState{resource.ReleasePromoted}}, Page{Limit: 1})
	if err != nil {
		return resource.Release{}, err
	}
	if len(list) == 0 || d.Stable == "" {
		return resource.Release{}, fault.New(fault.Conflict, "nothing of %s in %s can be rolled back: no promoted release serves there", agent, env)
	}
	return list[0], nil
}
