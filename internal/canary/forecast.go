package canary

import (
	"math"
	"slices"
	"sort"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// AssumedFailureRate stands for the serving version's failure rate where too few
// runs of it are known.
const AssumedFailureRate = 0.01

// What a forecast and a fit simulate.
const (
	forecastReleases = 400
	fitReleases      = 100
	// maxForecastRuns ends a simulated release that nothing decides.
	maxForecastRuns = 20_000
	forecastSeed    = 1
	maxFitWeight    = 50
)

// Forecast is what the plan's canary can do with its traffic, from simulated
// releases of a healthy version and of bad ones: what a bad one costs, when it is
// found, and when a healthy one has all traffic. The seed is fixed, so a plan has
// one forecast. Outcomes come as late, and sessions are as long, as the traffic says;
// failures come as late as other outcomes.
func Forecast(p resource.CanaryPlan) resource.CanaryForecast {
	t := traffic(p)
	f := resource.CanaryForecast{Plan: p, Traffic: t, Healthy: forecastOf(p, t, t.FailureRate, forecastReleases)}
	for _, rate := range badRates(t.FailureRate) {
		f.Bad = append(f.Bad, resource.CanaryForecastRow{FailureRate: rate, CanarySimulated: forecastOf(p, t, rate, forecastReleases)})
	}
	return f
}

// traffic is the plan's, with what is unknown assumed: one run a second.
func traffic(p resource.CanaryPlan) resource.CanaryTraffic {
	t := resource.CanaryTraffic{RunsPerSecond: 1, FailureRate: AssumedFailureRate}
	if p.Traffic != nil {
		t = *p.Traffic
	}
	if !(t.RunsPerSecond > 0) {
		t.RunsPerSecond = 1
	}
	t.FailureRate = min(max(t.FailureRate, 0), 1)
	t.RunSeconds, t.SessionRuns = max(t.RunSeconds, 0), max(t.SessionRuns, 1)
	return t
}

// badRates are the failure rates of bad versions that a forecast is about.
func badRates(baseline float64) []float64 {
	var out []float64
	for _, r := range []float64{2 * baseline, .05, .10, .20, .30, .50, 1} {
		if r >= 1.5*baseline && r <= 1 && r > 0 {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func forecastOf(p resource.CanaryPlan, t resource.CanaryTraffic, rate float64, releases int) resource.CanarySimulated {
	if len(p.Steps) == 0 {
		return resource.CanarySimulated{}
	}
	return Simulate(forecastSeed, releases, worldOf(p, t, rate), func() Controller { return Watch(p, t.SessionRuns > 1) })
}

func worldOf(p resource.CanaryPlan, t resource.CanaryTraffic, rate float64) World {
	return World{RunsPerSecond: t.RunsPerSecond, Baseline: t.FailureRate, Bad: rate, RunSeconds: t.RunSeconds, SessionRuns: t.SessionRuns,
		Seconds: min(float64(p.DeadlineMs)/1000, maxForecastRuns/t.RunsPerSecond)}
}

// fitWeights are the first weights that a harm budget chooses from; the second step
// is five times the first, at most half.
var fitWeights = []int{50, 40, 30, 25, 20, 15, 10, 7, 5, 3, 2, 1}

// Fit gives a plan with a harm budget the steps that are quickest and keep it: in
// Confidence of the releases of a version, however often it fails, the candidate
// has at most ExcessFailures failed runs more than the serving version would have
// had until the canary decides. Where no steps do, it gives the most careful ones,
// and Fit.Met says so.
func Fit(p resource.CanaryPlan) resource.CanaryPlan {
	if p.HarmBudget == nil {
		return p
	}
	t := traffic(p)
	budget := float64(p.HarmBudget.ExcessFailures)
	// The smaller the weight, the fewer failed runs it takes.
	i := sort.Search(len(fitWeights)-1, func(i int) bool {
		p.Steps = fitSteps(fitWeights[i])
		return fitOf(p, t, budget).Excess <= budget
	})
	p.Steps = fitSteps(fitWeights[i])
	p.Fit = fitOf(p, t, math.Inf(1))
	p.Fit.Met = p.Fit.Excess <= budget
	return p
}

// fitOf is the rate of failure at which a plan costs most, of those up to the first
// that costs more than enough.
func fitOf(p resource.CanaryPlan, t resource.CanaryTraffic, enough float64) *resource.CanaryFit {
	fit := &resource.CanaryFit{}
	for i, rate := range badRates(t.FailureRate) {
		if excess := excessOf(p, t, rate); i == 0 || excess > fit.Excess {
			fit.FailureRate, fit.Excess = rate, excess
		}
		if fit.Excess > enough {
			break
		}
	}
	return fit
}

// fitSteps are the two steps that begin at a weight.
func fitSteps(weight int) []blueprint.CanaryStep {
	steps := []blueprint.CanaryStep{{Weight: weight, Runs: defaultRuns}}
	if weight < maxFitWeight {
		steps = append(steps, blueprint.CanaryStep{Weight: min(5*weight, maxFitWeight), Runs: defaultRuns})
	}
	return steps
}

// excessOf is what the budget's share of releases of a version stay within: the
// upper 95 percent confidence bound of that quantile, since few releases are played.
func excessOf(p resource.CanaryPlan, t resource.CanaryTraffic, rate float64) float64 {
	w := worldOf(p, t, rate)
	r := NewRandom(forecastSeed)
	var excess []float64
	for range fitReleases {
		excess = append(excess, Play(r, w, Watch(p, t.SessionRuns > 1)).Excess)
	}
	return upperQuantile(excess, inside(p.HarmBudget.Confidence, blueprint.DefaultHarmConfidence))
}

// upperQuantile is the smallest value that is at least the q-quantile with 95
// percent confidence, the largest when there are too few for that.
func upperQuantile(values []float64, q float64) float64 {
	slices.Sort(values)
	n := len(values)
	for k := int(q * float64(n)); k < n; k++ {
		if k > 0 && atMost(k-1, n, q) >= .95 {
			return values[k-1]
		}
	}
	return values[n-1]
}
