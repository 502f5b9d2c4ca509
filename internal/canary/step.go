package canary

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// StepDone reports whether the candidate has had the outcomes that step of the
// plan takes. A step outside the plan is not done.
func StepDone(p resource.CanaryPlan, s resource.CanaryState, step int) bool {
	return step >= 0 && step < len(p.Steps) && s.AtStep >= p.Steps[step].Runs
}

// LastStep reports whether step is the last one before all traffic.
func LastStep(p resource.CanaryPlan, step int) bool { return step >= len(p.Steps)-1 }

// NextStep is s at the beginning of the next step: what was learned stays, the
// count of the step begins again.
func NextStep(s resource.CanaryState) resource.CanaryState {
	s.AtStep = 0
	return s
}

// Recompute replays outcomes in order of Seq and returns the final state. The
// processes and the verdict depend on the outcomes alone and come out exactly as
// they were; AtStep is that of a release that was never paused.
func Recompute(p resource.CanaryPlan, outcomes []resource.CanaryOutcome) resource.CanaryState {
	ordered := slices.SortedStableFunc(slices.Values(outcomes), func(a, b resource.CanaryOutcome) int {
		return cmp.Compare(a.Seq, b.Seq)
	})
	s, step := Start(p), 0
	for _, o := range ordered {
		s = Observe(p, s, o.Canary, o.Failed, o.Weight)
		if s.Verdict != Rollback && StepDone(p, s, step) && !LastStep(p, step) {
			s, step = NextStep(s), step+1
		}
	}
	return s
}
