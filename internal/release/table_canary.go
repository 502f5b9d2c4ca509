package release

import (
	"fmt"

	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// toRollback are the effects of every rollback, in order: traffic first.
// RecordVerdict is among them when a canary was judged.
func toRollback(judged bool) []EffectKind {
	if !judged {
		return []EffectKind{RestoreGood, OpenIncident, QuarantineBad, VerifyGood, Notify}
	}
	return []EffectKind{RestoreGood, OpenIncident, QuarantineBad, RecordVerdict, VerifyGood, Notify}
}

// canarying is what live traffic decides. Each step takes its runs before the
// next one, whatever the verdict; all traffic takes the last step's runs and the
// verdict promote. Neither comes while a freeze window is open.
func canarying() []Row {
	const c = resource.ReleaseCanary
	rows := []Row{
		{From: c, Event: Outcome, Guard: "verdict rollback", when: verdictRollback, then: decided, says: harmful,
			To: resource.ReleaseRollingBack, Effects: toRollback(true)},
		{From: c, Event: Outcome, Guard: "the step has its runs, it is not the last, no freeze window is open",
			when: func(s situation) bool { return stepDone(s) && !lastStep(s) && !frozen(s) },
			then: func(r *resource.Release, _ situation) {
				st := canary.NextStep(*r.Canary)
				r.Canary, r.Step = &st, r.Step+1
			},
			says: func(r resource.Release, _ situation) string {
				return fmt.Sprintf("Step %d of %d: %d%% of new sessions.", r.Step+1, len(r.Plan.Steps), r.Plan.Steps[r.Step].Weight)
			},
			To: c, Effects: []EffectKind{SetWeight}},
	}
	rows = append(rows, toAll(Row{From: c, Event: Outcome, Guard: "the last step has its runs, verdict promote, no freeze window is open",
		when: func(s situation) bool {
			return stepDone(s) && lastStep(s) && s.r.Canary.Verdict == canary.Promote && !frozen(s)
		},
		says: healthy}, RecordVerdict, Notify)...)
	rows = append(rows,
		Row{From: c, Event: Outcome, Guard: "neither", To: c},

		Row{From: c, Event: Deadline, Guard: "the deadline has passed", when: deadlinePassed, then: hold,
			says: func(resource.Release, situation) string {
				return "The canary is undecided at its deadline. Promote it with a reason, resume it for another term, or roll it back."
			},
			To: resource.ReleasePaused, Effects: []EffectKind{Notify}},
	)
	rows = append(rows, promoting(Row{From: c})...)
	return append(rows, Row{From: c, Event: Rollback, then: decided, To: resource.ReleaseRollingBack, Effects: toRollback(true)})
}

// promoting is a canary that a person gives all traffic.
func promoting(row Row) []Row {
	row.Event, row.Guard = Promote, "by a human, with a reason, no freeze window is open"
	row.when = func(s situation) bool { return !frozen(s) }
	return toAll(row, RecordVerdict, Notify)
}

// rollingBack is what follows a decision to roll back. There is no row that
// leaves rolling_back but to rolled_back.
func rollingBack() []Row {
	return []Row{
		{From: resource.ReleasePromoted, Event: Rollback, then: decided,
			To: resource.ReleaseRollingBack, Effects: toRollback(false)},
		{From: resource.ReleaseRollingBack, Event: Verified, To: resource.ReleaseRolledBack,
			Effects: []EffectKind{ResumeTraffic, RecordRollback, WatchGood, Notify}},
		{From: resource.ReleaseRollingBack, Event: Unverified, To: resource.ReleaseRolledBack,
			Effects: []EffectKind{StopTraffic, RecordRollback, Notify}},
	}
}

func verdictRollback(s situation) bool { return s.r.Canary.Verdict == canary.Rollback }
func stepDone(s situation) bool        { return canary.StepDone(s.r.Plan, *s.r.Canary, s.r.Step) }
func lastStep(s situation) bool        { return canary.LastStep(s.r.Plan, s.r.Step) }

func decided(r *resource.Release, s situation) {
	unhold(r, s)
	r.DecidedAt = s.now
}

func harmful(r resource.Release, _ situation) string { return canary.Harm(r.Plan, *r.Canary) }

func healthy(r resource.Release, _ situation) string {
	return fmt.Sprintf("The canary failed %d of %d runs while %d of %d failed beside it (E of harmlessness = %.4g, threshold %.4g).",
		r.Canary.Canary.Failures, r.Canary.Canary.Runs, r.Canary.Control.Failures, r.Canary.Control.Runs,
		max(r.Canary.ESafe, r.Canary.EAbs), canary.Bound(r.Plan.Beta))
}

func worse(r resource.Release, _ situation) string {
	return fmt.Sprintf("The candidate alone failed %d of %d copied runs, what serves alone %d (E = %.4g, threshold %.4g).",
		r.Shadow.OnlyCopy, r.Shadow.Runs, r.Shadow.OnlyLive, r.Shadow.EHarm, canary.Bound(canary.ShadowAlpha))
}

func noWorse(r resource.Release, _ situation) string {
	return fmt.Sprintf("The candidate alone failed %d of %d copied runs, what serves alone %d; %d differ in something.",
		r.Shadow.OnlyCopy, r.Shadow.Runs, r.Shadow.OnlyLive, r.Shadow.Differs)
}

func undecidedShadow(r resource.Release, _ situation) string {
	skipped := fmt.Sprintf("%d could not be compared", r.Shadow.Skipped)
	if canary.TooManySkipped(*r.Shadow) {
		skipped += fmt.Sprintf(", which is over %.0f %%", 100*canary.MostSkipped)
	}
	return fmt.Sprintf("The shadow is undecided: the candidate alone failed %d of %d copied runs, what serves alone %d, %s. "+
		"Promote the release with a reason to go on with its rollout, resume it to compare more, or cancel it.",
		r.Shadow.OnlyCopy, r.Shadow.Runs, r.Shadow.OnlyLive, skipped)
}
