package canary

import (
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// Seen is what an outcome means beside its arm: the streams it fails in, what its
// session did before, and its place among the draws. The zero value is the first
// run of a session that was drawn last, which fails in failures at most.
type Seen struct {
	Streams []string // that the run fails in, besides failures
	Again   bool     // the session was counted before
	Before  []string // streams that the session failed in before
	// Closed: the weight has changed since the session was counted. When it changes
	// depends on how many sessions of the candidate were counted, so from then on the
	// arm of a counted session is known better than by the weight that it was drawn
	// with, and its failures move no process that rests on that weight.
	Closed bool
	// Draw is the session's place among the draws, from 1; 0 is the next one.
	Draw int64
	// Drawn are the draws up to Draw that the state does not know.
	Drawn   []Drawn
	Undrawn bool // nobody drew the session's arm
	Later   bool // the run is not its session's first
	// Lost: a stop of the server ended the run, so that nobody knows how it would have
	// ended. Only the promoting processes hear of it, and take it at its worst.
	Lost bool
}

// See puts an outcome beside what is remembered of its session, nil for a session
// without earlier outcomes, and returns what to remember from now on. It reads
// Step, Failed, Draw and the values of o. draws are in order, those that s does
// not know up to that of o, which is the last.
func See(s resource.CanaryState, before *resource.CanarySession, o resource.CanaryOutcome, draws ...resource.CanaryDraw) (Seen, resource.CanarySession) {
	seen, after := Seen{Streams: Fails(s, o), Draw: o.Draw, Lost: o.Interrupted}, resource.CanarySession{Step: o.Step, Failed: []string{}}
	n := len(draws)
	if seen.Undrawn = n == 0 || draws[n-1].Seq != o.Draw; !seen.Undrawn {
		seen.Later = draws[n-1].Run != o.Run
	}
	for _, d := range draws {
		if d.Seq > Known(s) && !seen.Undrawn {
			seen.Drawn = append(seen.Drawn, Drawn{d.Canary, d.Weight})
		}
	}
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
