package console

import (
	"slices"

	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// step is one state on a release's way, as it is drawn.
type step struct {
	Name string
	// Mark is done, current, paused, failed, skipped or ahead.
	Mark string
	At   resource.Millis // when it was entered
}

// way is every state that a release can be in on its way to all traffic, in order.
var way = []resource.ReleaseState{
	resource.ReleasePending, resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseFrozen, resource.ReleaseDeploying,
	resource.ReleaseSmoke, resource.ReleaseShadow, resource.ReleasePreview, resource.ReleaseCanary, resource.ReleaseSoaking, resource.ReleasePromoted,
}

// skips are the states that a hotfix can go without.
var skips = map[resource.ReleaseState]string{
	resource.ReleaseFrozen: release.SkipFreeze, resource.ReleaseShadow: release.SkipShadow,
	resource.ReleaseCanary: release.SkipCanary, resource.ReleaseSoaking: release.SkipSoak,
}

// ahead reports whether a state that a release was not in belongs to its way. A
// freeze window is drawn only once the release has met one.
func ahead(r resource.Release, s resource.ReleaseState) bool {
	switch s {
	case resource.ReleaseFrozen:
		return false
	case resource.ReleaseCanary:
		return len(r.Plan.Steps) > 0 && !r.Stage.Skips(release.SkipCanary)
	case resource.ReleaseShadow, resource.ReleasePreview, resource.ReleaseSoaking:
		return slices.Contains(statesOf(r.Stage.Stage), s) && (skips[s] == "" || !r.Stage.Skips(skips[s]))
	}
	return true
}

// stateOf is where on its way a release is, also while it is held.
func stateOf(r resource.Release) resource.ReleaseState {
	if r.State == resource.ReleasePaused {
		return r.PausedFrom
	}
	return r.State
}

// stepsOf draws a release's way from its history: what was entered is done, what
// was passed over is skipped, and an end other than promoted stands where the
// way broke off.
func stepsOf(r resource.Release) []step {
	entered := map[resource.ReleaseState]resource.Millis{resource.ReleasePending: r.CreatedAt}
	for _, t := range r.History {
		if t.To != t.From {
			entered[t.To] = t.At
		}
	}
	at := stateOf(r)
	furthest := 0
	for i, s := range way {
		if entered[s] != 0 || s == at {
			furthest = i
		}
	}
	var out []step
	for i, s := range way {
		if entered[s] == 0 && s != at && !ahead(r, s) {
			continue
		}
		out = append(out, step{Name: words(s), Mark: mark(r, s, at, i, furthest, entered), At: entered[s]})
	}
	return ended(r, out, entered)
}

func mark(r resource.Release, s, at resource.ReleaseState, i, furthest int, entered map[resource.ReleaseState]resource.Millis) string {
	_, was := entered[s]
	switch {
	case s == at && r.State == resource.ReleasePaused:
		return "paused"
	case s == at && s != resource.ReleasePromoted:
		return "current"
	case i <= furthest && was:
		return "done"
	case i < furthest:
		return "skipped"
	}
	return "ahead"
}

// ended puts the end of a release that did not go well after the last state it
// was in, and drops what it will never reach.
func ended(r resource.Release, steps []step, entered map[resource.ReleaseState]resource.Millis) []step {
	var tail []step
	switch r.State {
	case resource.ReleaseRejected, resource.ReleaseCancelled:
		tail = []step{{Name: words(r.State), Mark: "failed", At: entered[r.State]}}
	case resource.ReleaseRollingBack:
		tail = []step{{Name: "rolling back", Mark: "current", At: entered[r.State]}}
	case resource.ReleaseRolledBack:
		tail = []step{{Name: "rolling back", Mark: "done", At: entered[resource.ReleaseRollingBack]}, {Name: "rolled back", Mark: "failed", At: entered[r.State]}}
		if r.Stopped() {
			tail[1].Name = "traffic stopped"
		}
	default:
		return steps
	}
	last := 0
	for i, s := range steps {
		if s.Mark == "done" {
			last = i
		}
	}
	return append(steps[:last+1:last+1], tail...)
}
