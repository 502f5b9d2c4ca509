package canary

import (
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// Seen is what an outcome means beside its arm: the streams it fails in, and what
// its session did before. The zero value is the first run of a session that fails
// in failures at most.
type Seen struct {
	Streams []string // that the run fails in, besides failures
	Again   bool     // the session was counted before
	Before  []string // streams that the session failed in before
	// Closed: the weight has changed since the session was counted. When it changes
	// depends on how many sessions of the candidate were counted, so from then on the
	// arm of a counted session is known better than by the weight that it was drawn
	// with, and its failures move no process that rests on that weight.
	Closed bool
}

// See puts an outcome beside what is remembered of its session, nil for a session
// without earlier outcomes, and returns what to remember from now on. It reads
// Step, Failed and the values of o.
func See(s resource.CanaryState, before *resource.CanarySession, o resource.CanaryOutcome) (Seen, resource.CanarySession) {
	seen, after := Seen{Streams: Fails(s, o)}, resource.CanarySession{Step: o.Step, Failed: []string{}}
	if before != nil {
		seen.Again, seen.Before, seen.Closed = true, before.Failed, before.Step != o.Step
		after.Step, after.Failed = before.Step, slices.Clone(before.Failed)
	}
	for _, name := range seen.Streams {
		if !slices.Contains(after.Failed, name) {
			after.Failed = append(after.Failed, name)
		}
	}
	slices.Sort(after.Failed)
	return seen, after
}
