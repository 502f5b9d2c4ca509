package release

import (
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// holding is pause, resume and what may happen meanwhile. A pause never changes
// traffic; the result of a job that ends meanwhile is refused, because resuming
// does the job again.
func holding() []Row {
	const p = resource.ReleasePaused
	var rows []Row
	for _, s := range unfinished() {
		rows = append(rows, Row{From: s, Event: Pause, then: hold, To: p})
	}
	for _, s := range unfinished() {
		rows = append(rows, resuming(s)...)
	}
	rows = append(rows,
		Row{From: p, Held: resource.ReleaseAwaiting, Event: Approved, Guard: "it resumes in deploying", To: p,
			then: func(r *resource.Release, s situation) {
				approve(r, s)
				r.PausedFrom = resource.ReleaseDeploying
			}},
		Row{From: p, Held: resource.ReleaseAwaiting, Event: Denied, then: unhold,
			To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		Row{From: p, Held: resource.ReleaseAwaiting, Event: Expired, then: unhold,
			To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},

		Row{From: p, Held: resource.ReleaseShadow, Event: Compared, Guard: "verdict rollback", when: shadowVerdict(canary.Rollback),
			then: unhold, says: worse, To: resource.ReleaseRejected, Effects: []EffectKind{StopShadow, RecordShadow, Notify}},
		Row{From: p, Held: resource.ReleaseShadow, Event: Compared, Guard: "any other verdict", To: p},
		Row{From: p, Held: resource.ReleaseShadow, Event: Promote, Guard: "by a human, with a reason", then: endShadow,
			To: resource.ReleaseShadow, Effects: []EffectKind{StopShadow, RecordShadow, DoGate}},
		Row{From: p, Held: resource.ReleasePreview, Event: Promote, Guard: "by a human, with a reason", then: endPreview,
			To: resource.ReleasePreview, Effects: []EffectKind{DoGate}},

		Row{From: p, Held: resource.ReleaseCanary, Event: Outcome, Guard: "verdict rollback", when: verdictRollback,
			then: decided, says: harmful, To: resource.ReleaseRollingBack, Effects: toRollback(true)},
		Row{From: p, Held: resource.ReleaseCanary, Event: Outcome, Guard: "any other verdict", To: p},
	)
	rows = append(rows, promoting(Row{From: p, Held: resource.ReleaseCanary, then: unhold})...)
	return append(rows,
		Row{From: p, Held: resource.ReleaseCanary, Event: Rollback, then: decided,
			To: resource.ReleaseRollingBack, Effects: toRollback(true)},

		Row{From: p, Held: resource.ReleaseSoaking, Event: Unhealthy, then: decided,
			To: resource.ReleaseRollingBack, Effects: toRollback(false)},
		Row{From: p, Held: resource.ReleaseSoaking, Event: Promote, Guard: "by a human, with a reason", then: unhold,
			To: resource.ReleasePromoted, Effects: []EffectKind{SignPromotion, Notify}},
		Row{From: p, Held: resource.ReleaseSoaking, Event: Rollback, then: decided,
			To: resource.ReleaseRollingBack, Effects: toRollback(false)},
	)
}

// resuming does again what the held state waits for. A release held before it
// began begins, unless another one moves: then its end begins this one.
func resuming(from resource.ReleaseState) []Row {
	row := Row{From: resource.ReleasePaused, Held: from, Event: Resume, To: from, then: unhold}
	switch from {
	case resource.ReleasePending:
		waits := row
		waits.Guard, waits.when = "another release moves here", func(s situation) bool { return s.ev.Busy }
		row.Guard, row.To, row.Effects = "no other release moves here", resource.ReleaseChecking, []EffectKind{DoCheck, ArmProgress}
		return []Row{waits, row}
	case resource.ReleaseChecking:
		row.Effects = []EffectKind{DoCheck, ArmProgress}
	case resource.ReleaseFrozen:
		row.Effects = []EffectKind{ArmThaw}
	case resource.ReleaseDeploying:
		row.Effects = []EffectKind{DoDeploy, ArmProgress}
	case resource.ReleaseSmoke:
		row.Effects = []EffectKind{DoSmoke, ArmProgress}
	case resource.ReleaseShadow:
		return resumingShadow(row)
	case resource.ReleasePreview:
		ended := row
		ended.Guard, ended.Effects = "the preview has ended", []EffectKind{DoGate}
		ended.when = func(s situation) bool { return s.r.PreviewedAt > 0 }
		row.Guard, row.Effects, row.then = "the preview goes on", []EffectKind{StartPreview, ArmDeadline}, resumeTerm
		return []Row{ended, row}
	case resource.ReleaseCanary:
		row.Effects, row.then = []EffectKind{ArmDeadline, ArmProgress}, resumeTerm
	case resource.ReleaseSoaking:
		row.Effects, row.then = []EffectKind{ArmDeadline}, resumeTerm
	}
	return []Row{row}
}

// resumingShadow: a shadow that was decided while it was held ends; one that
// compared everything and was undecided compares as many runs again.
func resumingShadow(row Row) []Row {
	ended, decides := row, row
	ended.Guard, ended.Effects = "the shadow has ended", []EffectKind{DoGate}
	ended.when = func(s situation) bool { return s.r.ShadowedAt > 0 }
	decides.Guard, decides.Effects = "verdict promote", []EffectKind{StopShadow, RecordShadow, DoGate}
	decides.when, decides.then = shadowVerdict(canary.Promote), endShadow
	row.Guard, row.Effects = "any other verdict", []EffectKind{StartShadow, ArmDeadline}
	row.then = func(r *resource.Release, s situation) {
		resumeTerm(r, s)
		st := canary.MoreShadow(*r.Stage.Stage.Rollout.Shadow, *r.Shadow)
		r.Shadow = &st
	}
	return []Row{ended, decides, row}
}

// stalling holds a release whose step makes no progress: people are told.
func stalling() []Row {
	var rows []Row
	for _, s := range []resource.ReleaseState{resource.ReleaseChecking, resource.ReleaseDeploying, resource.ReleaseSmoke, resource.ReleaseCanary} {
		rows = append(rows, Row{From: s, Event: Stalled, Guard: "nothing has happened for the progress deadline", when: noProgress, then: hold,
			says: func(r resource.Release, _ situation) string {
				return "No progress in " + string(r.PausedFrom) + " within " + r.Stage.Stage.ProgressDeadline.String() +
					". Resume the release to go on, or cancel it."
			},
			To: resource.ReleasePaused, Effects: []EffectKind{Notify}})
	}
	return rows
}

// cancelling withdraws a release that does not serve all traffic.
func cancelling() []Row {
	return withdrawing(append(withoutTraffic(), resource.ReleaseCanary), Cancel)
}

// superseding makes way for a newer release; never once there is traffic.
func superseding() []Row { return withdrawing(withoutTraffic(), Supersede, Notify) }

func withdrawing(states []resource.ReleaseState, ev EventKind, more ...EffectKind) []Row {
	var rows []Row
	for _, s := range states {
		row := Row{From: s, Event: ev, To: resource.ReleaseCancelled, Effects: with(cancelEffects(s), more...)}
		held := row
		held.From, held.Held, held.then = resource.ReleasePaused, s, unhold
		rows = append(rows, row, held)
	}
	return rows
}

func cancelEffects(s resource.ReleaseState) []EffectKind {
	switch s {
	case resource.ReleaseAwaiting:
		return []EffectKind{CloseApproval}
	case resource.ReleaseShadow:
		return []EffectKind{StopShadow}
	case resource.ReleasePreview, resource.ReleaseCanary:
		return []EffectKind{SetWeight}
	}
	return nil
}

func hold(r *resource.Release, s situation)   { r.PausedFrom = s.r.State }
func unhold(r *resource.Release, _ situation) { r.PausedFrom = "" }

// resumeTerm gives a state whose deadline passed another term.
func resumeTerm(r *resource.Release, s situation) {
	from := r.PausedFrom
	unhold(r, s)
	if t := term(*r, from); t > 0 && s.now >= r.Deadline {
		r.Deadline = s.now + t
	}
}
