package release

import (
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// Row is one transition. The first row whose From, Held and Event fit and whose
// guard holds is taken; an event that fits no row is refused.
type Row struct {
	From    resource.ReleaseState
	Held    resource.ReleaseState // where a paused release was; "" unless From is paused
	Event   EventKind
	Guard   string // what has to hold, for people; "" is nothing
	To      resource.ReleaseState
	Effects []EffectKind

	when func(s situation) bool                       // Guard as code; nil holds always
	then func(r *resource.Release, s situation)       // what else changes; nil is nothing
	says func(r resource.Release, s situation) string // the reason when the event gives none
}

// situation is what a guard looks at: the release after the event's own facts
// (its gates, its outcome) were taken in, and before the transition.
type situation struct {
	r   resource.Release
	ev  Event
	now resource.Millis
}

// Table returns every transition, in the order in which rows are tried.
func Table() []Row { return slices.Clone(table) }

var table = slices.Concat(
	preparing(),
	rollout(),
	canarying(),
	rollingBack(),
	holding(),
	stalling(),
	cancelling(),
	superseding(),
)

// unfinished lists the states that can be held. A rollback is not among them: it
// always ends.
func unfinished() []resource.ReleaseState {
	return append(withoutTraffic(), resource.ReleaseCanary, resource.ReleaseSoaking)
}

// withoutTraffic lists the states of a release that is under way and that no
// routed session meets.
func withoutTraffic() []resource.ReleaseState {
	return []resource.ReleaseState{
		resource.ReleasePending, resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseFrozen,
		resource.ReleaseDeploying, resource.ReleaseSmoke, resource.ReleaseShadow, resource.ReleasePreview,
	}
}
