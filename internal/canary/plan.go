package canary

import (
	"slices"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// The defaults of a blueprint's canary.
const (
	defaultAlpha          = 0.001
	defaultBeta           = 0.05
	defaultMaxFailureRate = 0.10
	defaultDeadline       = 24 * time.Hour
	defaultRuns           = 20
)

// Plan fills the defaults of a blueprint's canary: steps of 10 and 50 percent
// with 20 sessions each, alpha 0.001, beta 0.05, a failure rate of at most 0.10 and a
// deadline of 24 hours. A probability outside (0,1) would make the statistics
// meaningless and takes its default too; blueprint validation refuses it first.
func Plan(c blueprint.Canary) resource.CanaryPlan {
	steps := slices.Clone(c.Steps)
	if len(steps) == 0 {
		steps = []blueprint.CanaryStep{{Weight: 10}, {Weight: 50}}
	}
	for i := range steps {
		steps[i].Weight = min(max(steps[i].Weight, 1), 99)
		if steps[i].Runs <= 0 {
			steps[i].Runs = defaultRuns
		}
	}
	deadline := c.Deadline.D(defaultDeadline)
	if deadline <= 0 {
		deadline = defaultDeadline
	}
	r := c.Resolved()
	timeout := time.Duration(r.OutcomeTimeout)
	if timeout <= 0 {
		timeout = blueprint.DefaultOutcomeTimeout
	}
	return withRates(resource.CanaryPlan{
		Steps:            steps,
		Alpha:            c.Alpha,
		Beta:             c.Beta,
		MaxFailureRate:   c.MaxFailureRate,
		DeadlineMs:       deadline.Milliseconds(),
		Streams:          r.Streams,
		OutcomeTimeoutMs: timeout.Milliseconds(),
		HarmBudget:       r.HarmBudget,
		UseEvaluation:    c.UseEvaluation,
	})
}

// withRates replaces every rate that is not a probability inside (0,1), so that
// no logarithm below is ever taken of zero.
func withRates(p resource.CanaryPlan) resource.CanaryPlan {
	p.Alpha = inside(p.Alpha, defaultAlpha)
	p.Beta = inside(p.Beta, defaultBeta)
	p.MaxFailureRate = inside(p.MaxFailureRate, defaultMaxFailureRate)
	return p
}

// minRate keeps 1/rate and its logarithm well inside a float64.
const minRate = 1e-12

func inside(v, def float64) float64 {
	if v >= minRate && v <= 1-minRate { // false for NaN
		return v
	}
	return def
}
