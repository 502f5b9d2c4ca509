package canary

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// Replay replays outcomes in order of Seq from the state that the canary began
// with, of which it takes the frozen limits and what the evaluation was worth, and
// returns the final state and the outcomes as they come out, each with its E
// recomputed. It depends on nothing but the plan, those, the draws in order of Seq,
// and the values of the outcomes.
func Replay(p resource.CanaryPlan, stored resource.CanaryState, draws []resource.CanaryDraw, outcomes []resource.CanaryOutcome) (resource.CanaryState, []resource.CanaryOutcome) {
	out := slices.SortedStableFunc(slices.Values(outcomes), func(a, b resource.CanaryOutcome) int {
		return cmp.Compare(a.Seq, b.Seq)
	})
	p = withRates(p)
	s := begun(p, stored)
	sessions := map[string]resource.CanarySession{}
	step := 0
	for i, o := range out {
		if o.Step != step {
			s, step = NextStep(s), o.Step
		}
		session := cmp.Or(o.Session, "run "+o.Run)
		var before *resource.CanarySession
		if b, ok := sessions[session]; ok {
			before = &b
		}
		seen, after := See(s, before, o, upTo(draws, Known(s), o.Draw)...)
		if !o.Interrupted {
			sessions[session] = after
		}
		observe(p, &s, outcome{o.Canary, o.Failed, o.Weight, seen})
		out[i] = Mark(o, s)
	}
	return s, out
}

// upTo are the draws after the known ones up to draw, at least that one itself.
func upTo(draws []resource.CanaryDraw, known, draw int64) []resource.CanaryDraw {
	if draw < 1 || draw > int64(len(draws)) {
		return nil
	}
	return draws[min(known, draw-1):draw]
}

// begun is the state that stored began from: its limits, with the plan's shares.
func begun(p resource.CanaryPlan, stored resource.CanaryState) resource.CanaryState {
	s := Start(p)
	list := streams(p)
	for i, st := range list {
		at := slices.IndexFunc(stored.Streams, func(o resource.StreamState) bool { return o.Name == st.Name })
		switch {
		case at < 0:
		case stored.Streams[at].Off != "":
			list[i] = off(st, stored.Streams[at].Off)
		default:
			list[i] = on(st, stored.Streams[at].Limit, stored.Streams[at].LimitRuns)
		}
	}
	s.Streams = divide(list)
	if e := stored.Evaluation; e != nil {
		s = WithEvaluation(p, s, e.Evidence, e.Cases, e.Failed)
	}
	judge(p, &s)
	return s
}

// Mark gives o the values of the state after it.
func Mark(o resource.CanaryOutcome, s resource.CanaryState) resource.CanaryOutcome {
	o.EHarm, o.ESafe, o.EAbs = s.EHarm, s.ESafe, s.EAbs
	o.E = map[string]float64{}
	for _, st := range s.Streams {
		if st.Off == "" {
			o.E[st.Name] = st.E
		}
	}
	return o
}
