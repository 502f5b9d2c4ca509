package release

import (
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// soaking is a version that has all traffic and is watched before it counts as
// promoted.
func soaking() []Row {
	const s = resource.ReleaseSoaking
	passed := func(f func(situation) bool) func(situation) bool {
		return func(s situation) bool { return deadlinePassed(s) && f(s) }
	}
	return []Row{
		{From: s, Event: Unhealthy, then: decided, To: resource.ReleaseRollingBack, Effects: toRollback(false)},
		{From: s, Event: Soaked, Guard: "the deadline has passed, a gate has nothing to judge by, or there is none", when: passed(unmeasured), then: hold,
			says: func(resource.Release, situation) string {
				return "The soak has had its time, and not everything that it asks for was measured. Promote the release with a reason, resume it for another term, or roll it back."
			},
			To: resource.ReleasePaused, Effects: []EffectKind{Notify}},
		{From: s, Event: Soaked, Guard: "the deadline has passed, a gate does not pass", when: passed(blocked), then: decided, says: blockedBy,
			To: resource.ReleaseRollingBack, Effects: toRollback(false)},
		{From: s, Event: Soaked, Guard: "the deadline has passed, every gate passes or warns", when: deadlinePassed,
			To: resource.ReleasePromoted, Effects: []EffectKind{SignPromotion, Notify}},
		{From: s, Event: Promote, Guard: "by a human, with a reason", To: resource.ReleasePromoted, Effects: []EffectKind{SignPromotion, Notify}},
		{From: s, Event: Rollback, then: decided, To: resource.ReleaseRollingBack, Effects: toRollback(false)},
	}
}

// unmeasured: no gate fails, and one has no verdict yet.
func unmeasured(s situation) bool {
	if len(s.ev.Gates) == 0 {
		return true
	}
	pending := func(g resource.Gate) bool { return g.Verdict == resource.Pending }
	fails := func(g resource.Gate) bool { return stops(g) && !pending(g) }
	return slices.ContainsFunc(s.ev.Gates, pending) && !slices.ContainsFunc(s.ev.Gates, fails)
}
