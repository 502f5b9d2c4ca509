package release

import (
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Next moves r by ev at now. An event that fits no row of [Table] is refused with
// fault.Conflict, one that lacks what it needs with fault.Invalid or
// fault.Forbidden; neither changes anything. The result has Revision+1, and one
// line of history more unless ev is an outcome or a pair that moved nothing but
// the statistics. Attempt grows by one when an effect becomes a job. r is not changed.
func Next(r resource.Release, ev Event, now resource.Millis) (resource.Release, []Effect, error) {
	if err := refuse(r, ev); err != nil {
		return r, nil, err
	}
	s := situation{r: takeIn(r, ev, now), ev: ev, now: now}
	i := pick(s)
	if i < 0 {
		return r, nil, conflict(r, ev)
	}
	next := apply(table[i], s)
	return next, effects(table[i].Effects, next), nil
}

// pick is the first row that fits, -1 when none does.
func pick(s situation) int {
	for i := range table {
		row := &table[i]
		if row.Event == s.ev.Kind && row.From == s.r.State && row.Held == s.r.PausedFrom && (row.when == nil || row.when(s)) {
			return i
		}
	}
	return -1
}

// takeIn copies r with what ev tells: its gates, its outcome, its pair.
func takeIn(r resource.Release, ev Event, now resource.Millis) resource.Release {
	switch ev.Kind {
	case Checked:
		r.Gates, r.CheckedAt = merge(r.Gates, ev.Gates), now
	case Deployed, Smoked, Gated, Soaked:
		r.Gates = merge(r.Gates, ev.Gates)
	case Outcome:
		if InCanary(r) {
			st := canary.Observe(r.Plan, *r.Canary, ev.IsCanary, ev.Failed, ev.Weight, ev.Seen)
			r.Canary = &st
		}
	case Compared:
		if InShadow(r) && r.ShadowedAt == 0 {
			st := canary.Compare(*r.Stage.Stage.Rollout.Shadow, *r.Shadow, ev.Pair)
			r.Shadow = &st
		}
	}
	return r
}

// at reports whether r is in a state, or is held in it.
func at(r resource.Release, state resource.ReleaseState) bool {
	return r.State == state || r.State == resource.ReleasePaused && r.PausedFrom == state
}

// InShadow reports whether r compares copies of live runs, also while it is held.
func InShadow(r resource.Release) bool { return at(r, resource.ReleaseShadow) }

// InCanary reports whether r takes outcomes of live runs, also while it is held.
func InCanary(r resource.Release) bool { return at(r, resource.ReleaseCanary) }

// IsSoaking reports whether r serves all traffic and is watched, also while it is
// held.
func IsSoaking(r resource.Release) bool { return at(r, resource.ReleaseSoaking) }

func apply(row Row, s situation) resource.Release {
	next := s.r
	if row.then != nil {
		row.then(&next, s)
	}
	next.State = row.To
	next.Revision++
	next.UpdatedAt = s.now
	if anyJob(row.Effects) {
		next.Attempt++
	}
	if row.To != s.r.State {
		next.EnteredAt = s.now
	}
	if quiet := s.ev.Kind == Outcome || s.ev.Kind == Compared; quiet && row.To == s.r.State && len(row.Effects) == 0 {
		return next
	}
	next.Reason = s.ev.Reason
	if strings.TrimSpace(next.Reason) == "" && row.says != nil {
		next.Reason = row.says(next, s)
	}
	actor := s.ev.Actor
	if actor == (resource.Actor{}) {
		actor = resource.System
	}
	next.History = append(slices.Clip(next.History), resource.Transition{
		At: s.now, Event: string(s.ev.Kind), From: s.r.State, To: row.To, Actor: actor, Reason: next.Reason,
	})
	return next
}

// refuse finds what is wrong with ev apart from the table.
func refuse(r resource.Release, ev Event) error {
	switch {
	case ev.Kind == Promote && strings.TrimSpace(ev.Reason) == "":
		return fault.New(fault.Invalid, "Promoting release %s by hand needs a reason: say why its canary need not decide.", r.ID)
	case ev.Kind == Promote && ev.Actor.Kind != "human":
		return fault.New(fault.Forbidden, "Release %s can be promoted by hand only by a human; %q is of kind %q.", r.ID, ev.Actor.Name, ev.Actor.Kind)
	case ev.Attempt != 0 && ev.Attempt != r.Attempt:
		return fault.New(fault.Conflict, "This %s is the result of attempt %d of release %s, which is at attempt %d: it is not used.",
			ev.Kind, ev.Attempt, r.ID, r.Attempt)
	case (ev.Kind == Smoked || ev.Kind == Gated) && ev.Serving && Strategy(r) == blueprint.StrategyCanary && len(r.Plan.Steps) == 0:
		return fault.New(fault.Invalid, "Release %s has no canary plan, and its stage wants a canary: cancel it and release again.", r.ID)
	case InShadow(r) && (r.Shadow == nil || r.Stage.Stage.Rollout.Shadow == nil):
		return fault.New(fault.Internal, "Release %s is in shadow and its shadow's state is missing: restore the database from a backup.", r.ID)
	case InCanary(r) && (r.Canary == nil || r.Step < 0 || r.Step >= len(r.Plan.Steps)):
		return fault.New(fault.Internal, "Release %s is in canary and its canary's state is missing: restore the database from a backup.", r.ID)
	}
	return nil
}

func conflict(r resource.Release, ev Event) error {
	state := string(r.State)
	if r.State == resource.ReleasePaused {
		state += " (from " + string(r.PausedFrom) + ")"
	}
	switch {
	case ev.Kind == Rollback && (r.State == resource.ReleaseRollingBack || r.State == resource.ReleaseRolledBack):
		return fault.New(fault.Conflict, "Release %s is %s: a rollback is not rolled back. Release the version that is wanted.", r.ID, state)
	case r.State == resource.ReleaseRollingBack && (ev.Kind == Pause || ev.Kind == Cancel):
		return fault.New(fault.Conflict, "Release %s is rolling back, and a rollback always ends: it cannot be held or cancelled.", r.ID)
	case ev.Kind == Promote && InCanary(r) && ev.FrozenUntil > 0:
		return fault.New(fault.Conflict, "A freeze window is open until %s: release %s gets no more traffic before. Promote it then.",
			time.UnixMilli(int64(ev.FrozenUntil)).UTC().Format(time.RFC3339), r.ID)
	case ev.Kind == Cancel && IsSoaking(r):
		return fault.New(fault.Conflict, "Release %s has all traffic already: roll it back instead.", r.ID)
	case ev.Kind == Rollback && !r.State.Final():
		return fault.New(fault.Conflict, "Release %s is %s and has no traffic: there is nothing to roll back. Cancel it instead.", r.ID, state)
	case ev.Kind == Deadline && r.State == resource.ReleaseCanary:
		return fault.New(fault.Conflict, "The deadline of release %s has not passed.", r.ID)
	case r.State == resource.ReleasePaused:
		return fault.New(fault.Conflict, "Release %s is %s: %q does not apply. Resume it first.", r.ID, state, ev.Kind)
	}
	return fault.New(fault.Conflict, "Release %s is %s: %q does not apply.", r.ID, state, ev.Kind)
}
