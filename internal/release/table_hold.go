package release

import "github.com/aureus-agents/aureus/resource"

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
		rows = append(rows, resuming(s))
	}
	return append(rows,
		Row{From: p, Held: resource.ReleaseAwaiting, Event: Approved, Guard: "it resumes in deploying", To: p,
			then: func(r *resource.Release, _ situation) { r.PausedFrom = resource.ReleaseDeploying }},
		Row{From: p, Held: resource.ReleaseAwaiting, Event: Denied, then: unhold,
			To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		Row{From: p, Held: resource.ReleaseAwaiting, Event: Expired, then: unhold,
			To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		Row{From: p, Held: resource.ReleaseCanary, Event: Outcome, Guard: "verdict rollback", when: verdictRollback,
			then: releaseDecided, says: harmful, To: resource.ReleaseRollingBack, Effects: toRollback(true)},
		Row{From: p, Held: resource.ReleaseCanary, Event: Outcome, Guard: "any other verdict", To: p},
		Row{From: p, Held: resource.ReleaseCanary, Event: Promote, Guard: "by a human, with a reason", then: unhold,
			To: resource.ReleasePromoted, Effects: toPromoted},
		Row{From: p, Held: resource.ReleaseCanary, Event: Rollback, then: releaseDecided,
			To: resource.ReleaseRollingBack, Effects: toRollback(true)},
	)
}

// resuming does again what the held state waits for. A release held before it
// began begins: nothing else would begin it.
func resuming(from resource.ReleaseState) Row {
	row := Row{From: resource.ReleasePaused, Held: from, Event: Resume, To: from, then: unhold}
	switch from {
	case resource.ReleasePending:
		row.To, row.Effects = resource.ReleaseChecking, []EffectKind{DoCheck}
	case resource.ReleaseChecking:
		row.Effects = []EffectKind{DoCheck}
	case resource.ReleaseDeploying:
		row.Effects = []EffectKind{DoDeploy}
	case resource.ReleaseSmoke:
		row.Effects = []EffectKind{DoSmoke}
	case resource.ReleaseCanary:
		row.Effects = []EffectKind{ArmDeadline}
		row.then = resumeCanary
	}
	return row
}

// cancelling withdraws a release that does not serve all traffic.
func cancelling() []Row {
	var rows []Row
	for _, s := range unfinished() {
		row := Row{From: s, Event: Cancel, To: resource.ReleaseCancelled, Effects: cancelEffects(s)}
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
	case resource.ReleaseCanary:
		return []EffectKind{SetWeight}
	}
	return nil
}

func hold(r *resource.Release, s situation)   { r.PausedFrom = s.r.State }
func unhold(r *resource.Release, _ situation) { r.PausedFrom = "" }

func releaseDecided(r *resource.Release, s situation) {
	unhold(r, s)
	decided(r, s)
}

// resumeCanary gives a canary whose deadline passed another term.
func resumeCanary(r *resource.Release, s situation) {
	unhold(r, s)
	if s.now >= r.Deadline {
		r.Deadline = s.now + resource.Millis(r.Plan.DeadlineMs)
	}
}
