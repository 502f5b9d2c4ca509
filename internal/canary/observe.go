package canary

import (
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// Verdicts.
const (
	Continue = "continue"
	Promote  = "promote"
	Rollback = "rollback"
)

// Start is the state before any outcome: every process is 1.
func Start(p resource.CanaryPlan) resource.CanaryState {
	return resource.CanaryState{
		LogHarm: make([]float64, len(harmRatios)),
		LogSafe: make([]float64, len(safeRatios)),
		LogAbs:  make([]float64, len(absRates)),
		EHarm:   1, ESafe: 1, EAbs: 1,
		Verdict: Continue,
	}
}

// Observe moves s by one outcome; weight is the percent in force when the run
// was assigned (1..99). A run assigned at another weight had no choice of arm: it
// counts, and says nothing about the ratio of the arms. s is not changed. A
// rollback verdict stays: the process has been at its bound once, which is what
// the bound is about.
func Observe(p resource.CanaryPlan, s resource.CanaryState, isCanary, failed bool, weight int) resource.CanaryState {
	p = withRates(p)
	if len(s.LogHarm) != len(harmRatios) || len(s.LogSafe) != len(safeRatios) || len(s.LogAbs) != len(absRates) {
		s = Start(p) // a zero state
	}
	arm := &s.Control
	if isCanary {
		arm = &s.Canary
		s.AtStep++
	}
	arm.Runs++
	if failed {
		arm.Failures++
	}
	if failed && weight >= 1 && weight <= 99 {
		w := float64(weight) / 100
		s.LogHarm, s.LogSafe = slices.Clone(s.LogHarm), slices.Clone(s.LogSafe)
		addHarm(s.LogHarm, isCanary, w)
		addSafe(s.LogSafe, isCanary, w)
		s.EHarm, s.ESafe = mixture(s.LogHarm), mixture(s.LogSafe)
	}
	if isCanary {
		s.LogAbs = slices.Clone(s.LogAbs)
		addAbs(s.LogAbs, failed, p.MaxFailureRate)
		s.EAbs = mixture(s.LogAbs)
	}
	s.Verdict = verdict(p, s)
	return s
}

func verdict(p resource.CanaryPlan, s resource.CanaryState) string {
	switch {
	case s.Verdict == Rollback || s.EHarm >= Bound(p.Alpha):
		return Rollback
	case s.ESafe >= Bound(p.Beta) || s.EAbs >= Bound(p.Beta):
		return Promote
	}
	return Continue
}

// Bound is the value at which a process of the given level decides: 1/level.
func Bound(level float64) float64 { return 1 / level }
