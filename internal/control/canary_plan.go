package control

import (
	"math"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

const (
	// trafficWindow is how far back the traffic of a canary is looked at.
	trafficWindow = 24 * 60 * 60 * 1000
	// minTrafficRuns are needed to speak of a failure rate.
	minTrafficRuns = 20
)

// canaryPlan is the plan of a release's canary with the traffic that it can expect:
// that of the version that serves, over the last day. A harm budget has its steps
// computed from it.
func (t *tx) canaryPlan(c blueprint.Canary, r *resource.Release) (resource.CanaryPlan, error) {
	p := canary.Plan(c)
	if r.Baseline == "" {
		return canary.Fit(p), nil
	}
	now := t.c.now()
	list, err := t.Figures(FiguresQuery{Agent: r.Agent, Environment: r.Environment, Digest: r.Baseline, From: now - trafficWindow, To: now})
	if err != nil {
		return p, err
	}
	tr := resource.CanaryTraffic{FailureRate: canary.AssumedFailureRate, WindowMs: trafficWindow}
	for _, f := range list {
		tr.Runs += f.Runs
		tr.RunsPerSecond = round3(float64(f.Runs) * 1000 / trafficWindow)
		if f.Runs >= minTrafficRuns {
			tr.FailureRate = round3(f.ErrorRate)
		}
	}
	if tr.Runs > 0 {
		p.Traffic = &tr
	}
	return canary.Fit(p), nil
}

// round3 keeps three digits: a plan is read by people.
func round3(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*unit) / unit
}
