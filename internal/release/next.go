package release

import (
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Next moves r by ev at now. An event that fits no row of [Table] is refused with
// fault.Conflict, one that lacks what it needs with fault.Invalid or
// fault.Forbidden; neither changes anything. The result has Revision+1, and one
// line of history more unless ev is an outcome that moved nothing but the
// statistics. Attempt grows by one when an effect becomes a job. r is not changed.
func Next(r resource.Release, ev Event, now resource.Millis) (resource.Release, []Effect, error) {
	if err := refuse(r, ev); err != nil {
		return r, nil, err
	}
	s := situation{r: takeIn(r, ev), ev: ev, now: now}
	for _, row := range table {
		if row.Event == ev.Kind && row.From == r.State && row.Held == r.PausedFrom && (row.when == nil || row.when(s)) {
			next := apply(row, s)
			return next, effects(row.Effects, next), nil
		}
	}
	return r, nil, conflict(r, ev)
}

// takeIn copies r with what ev tells: its gates, or its outcome.
func takeIn(r resource.Release, ev Event) resource.Release {
	switch ev.Kind {
	case Checked, Deployed, Smoked:
		r.Gates = merge(r.Gates, ev.Gates)
	case Outcome:
		if inCanary(r) {
			st := canary.Observe(r.Plan, *r.Canary, ev.IsCanary, ev.Failed, ev.Weight)
			r.Canary = &st
		}
	}
	return r
}

func inCanary(r resource.Release) bool {
	return r.State == resource.ReleaseCanary || r.State == resource.ReleasePaused && r.PausedFrom == resource.ReleaseCanary
}

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
	if s.ev.Kind == Outcome && row.To == s.r.State && len(row.Effects) == 0 {
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
	case ev.Kind == Smoked && ev.Canary && len(r.Plan.Steps) == 0:
		return fault.New(fault.Invalid, "Release %s has no canary plan, and its environment wants a canary: cancel it and release again.", r.ID)
	case inCanary(r) && (r.Canary == nil || r.Step < 0 || r.Step >= len(r.Plan.Steps)):
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
	case ev.Kind == Deadline && r.State == resource.ReleaseCanary:
		return fault.New(fault.Conflict, "The deadline of release %s has not passed.", r.ID)
	case r.State == resource.ReleasePaused:
		return fault.New(fault.Conflict, "Release %s is %s: %q does not apply. Resume it first.", r.ID, state, ev.Kind)
	}
	return fault.New(fault.Conflict, "Release %s is %s: %q does not apply.", r.ID, state, ev.Kind)
}
