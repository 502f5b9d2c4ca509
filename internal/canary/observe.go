package canary

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Verdicts.
const (
	Continue = "continue"
	Promote  = "promote"
	Rollback = "rollback"
)

// Start is the state before any outcome: every process is 1, and the streams that
// need a limit are off until [Freeze].
func Start(p resource.CanaryPlan) resource.CanaryState {
	s := resource.CanaryState{
		Streams: divide(streams(p)),
		LogSafe: make([]float64, len(safeRatios)),
		LogAbs:  make([]float64, len(absRates)),
		ESafe:   1, EAbs: 1,
		Verdict: Continue,
	}
	judge(withRates(p), &s)
	return s
}

// Observe moves s by one outcome; weight is the percent in force when its session
// was assigned (1..99). A session assigned at another weight had no choice of arm:
// it counts, and says nothing about the ratio of the arms. s is not changed. A
// rollback verdict stays: the process has been at its bound once, which is what
// the bound is about.
func Observe(p resource.CanaryPlan, s resource.CanaryState, isCanary, failed bool, weight int, seen Seen) resource.CanaryState {
	p = withRates(p)
	if len(s.Streams) == 0 || len(s.LogSafe) != len(safeRatios) || len(s.LogAbs) != len(absRates) {
		s = Start(p) // a zero state
	}
	s.Streams = slices.Clone(s.Streams)
	s.LogSafe, s.LogAbs = slices.Clone(s.LogSafe), slices.Clone(s.LogAbs)
	for i := range s.Streams {
		s.Streams[i].Logs = slices.Clone(s.Streams[i].Logs)
	}
	observe(p, &s, outcome{isCanary, failed, weight, seen})
	return s
}

// outcome is what observe takes in.
type outcome struct {
	canary, failed bool
	weight         int
	Seen
}

// fails reports whether the session fails in a stream for the first time.
func (o outcome) fails(name string) bool {
	now := name == blueprint.StreamFailures && o.failed || slices.Contains(o.Streams, name)
	return now && !slices.Contains(o.Before, name)
}

// observe is Observe in place, for a plan whose rates are filled in.
func observe(p resource.CanaryPlan, s *resource.CanaryState, o outcome) {
	s.Outcomes++
	newly := o.fails(blueprint.StreamFailures) && !o.Lost
	place(p, s, o, newly)
	if o.Lost {
		judge(p, s)
		return
	}
	count(s, o, newly)
	informs := o.weight >= 1 && o.weight <= 99 && !o.Closed
	w := float64(o.weight) / 100
	for i := range s.Streams {
		st := &s.Streams[i]
		if st.Off != "" || !o.fails(st.Name) {
			continue
		}
		if o.canary {
			st.Canary++
		} else {
			st.Control++
		}
		if informs {
			addHarm(st.Logs, o.canary, w)
			st.E = weighted(st.Logs, harmPrior)
		}
	}
	judge(p, s)
}

// count counts the run and, when it is its session's first or first failed one,
// the session.
func count(s *resource.CanaryState, o outcome, newly bool) {
	arm := &s.Control
	if o.canary {
		arm = &s.Canary
	}
	arm.Runs++
	if o.failed {
		arm.Failures++
	}
	if newly {
		arm.Failed++
	}
	if o.Again {
		return
	}
	arm.Sessions++
	if o.canary {
		s.AtStep++
	}
}

// judge sets EHarm and the verdict. Each stream has its own part of alpha, so that
// the bound holds whatever the streams have to do with each other. A stream that
// is at 1/beta, short of its own bound, keeps the version from being promoted.
func judge(p resource.CanaryPlan, s *resource.CanaryState) {
	s.EHarm = 0
	cause, doubt := "", false
	for _, st := range s.Streams {
		if st.Off != "" {
			continue
		}
		doubt = doubt || st.E >= Bound(p.Beta)
		if e := st.E * st.Share; e > s.EHarm {
			s.EHarm, cause = e, st.Name
		}
	}
	switch {
	case s.Verdict == Rollback:
	case s.EHarm >= Bound(p.Alpha):
		s.Verdict, s.Cause = Rollback, cause
	case !doubt && (s.ESafe >= Bound(p.Beta) || s.EAbs >= Bound(p.Beta)):
		s.Verdict = Promote
	default:
		s.Verdict = Continue
	}
}

// Bound is the value at which a process of the given level decides: 1/level.
func Bound(level float64) float64 { return 1 / level }
