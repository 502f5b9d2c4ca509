package canary

import (
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// Unverified says what of a verdict cannot be recomputed from its record, "" when
// all of it can. A canary from before the draws of its sessions were kept has no
// record of what promoted it: harm is recomputed, which is all that a rollback
// rests on, and the promotion cannot be. Such a state counts no outcomes; those of
// today always do.
func Unverified(stored resource.CanaryState, draws []resource.CanaryDraw, outcomes []resource.CanaryOutcome) string {
	if !beforeDraws(stored, draws, outcomes) || stored.Verdict == Rollback {
		return ""
	}
	return "it is from before the draws of sessions were kept: harm is recomputed, and its promotion cannot be"
}

func beforeDraws(stored resource.CanaryState, draws []resource.CanaryDraw, outcomes []resource.CanaryOutcome) bool {
	return stored.Outcomes == 0 && len(outcomes) > 0 && len(draws) == 0 &&
		!slices.ContainsFunc(outcomes, func(o resource.CanaryOutcome) bool { return o.Draw != 0 || o.Interrupted })
}

// likeBefore gives got what only the record of draws could lead to as it is
// recorded, so that the rest can be compared.
func likeBefore(got, stored resource.CanaryState) resource.CanaryState {
	got.Outcomes, got.Settled, got.Open = stored.Outcomes, stored.Settled, stored.Open
	got.LogSafe, got.LogAbs, got.ESafe, got.EAbs = stored.LogSafe, stored.LogAbs, stored.ESafe, stored.EAbs
	got.Evaluation = stored.Evaluation
	if got.Verdict != Rollback && stored.Verdict != Rollback {
		got.Verdict = stored.Verdict
	}
	return got
}
