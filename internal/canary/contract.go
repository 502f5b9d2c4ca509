// Package canary is the sequential statistics that judge a version on live
// traffic: e-processes that are valid at every moment. Pure.
//
// Start from [Start] and [Observe].
package canary

import (
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Verdicts.
const (
	Continue = "continue"
	Promote  = "promote"
	Rollback = "rollback"
)

// Plan fills the defaults of a blueprint's canary.
func Plan(c blueprint.Canary) resource.CanaryPlan { return resource.CanaryPlan{} }

// Start is the state before any outcome.
func Start(p resource.CanaryPlan) resource.CanaryState { return resource.CanaryState{} }

// Observe moves s by one outcome; weight is the percent in force when the run
// was assigned (1..99).
func Observe(p resource.CanaryPlan, s resource.CanaryState, isCanary, failed bool, weight int) resource.CanaryState {
	return s
}

// Recompute replays outcomes in order of Seq and returns the final state.
func Recompute(p resource.CanaryPlan, outcomes []resource.CanaryOutcome) resource.CanaryState {
	return resource.CanaryState{}
}
