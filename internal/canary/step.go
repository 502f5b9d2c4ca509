package canary

import "github.com/aureus-agents/aureus/resource"

// StepDone reports whether the candidate has had the sessions that step of the
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
