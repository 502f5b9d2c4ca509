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
// failures come as late as other outcomes. Much traffic of which little is known yet
// is dear to simulate: the forecast is then made from fewer releases, and says that
// it is coarse. Once ended says so it stops, and what it returns says nothing.
func Forecast(ended func() bool, p resource.CanaryPlan) resource.CanaryForecast {
	t := traffic(p)
	work := &meter{left: maxForecastWork}
	f := resource.CanaryForecast{Plan: p, Traffic: t}
	of := func(rate float64) resource.CanarySimulated {
		if len(p.Steps) == 0 {
			return resource.CanarySimulated{}
		}
		played, _ := playPlan(ended, p, t, rate, forecastReleases, work)
		f.Coarse = f.Coarse || len(played) < forecastReleases
		return summary(played)
	}
	f.Healthy = of(t.FailureRate)
	for _, rate := range badRates(t.FailureRate) {
		f.Bad = append(f.Bad, resource.CanaryForecastRow{FailureRate: rate, CanarySimulated: of(rate)})
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

// workPart is the part of the work left that the releases of one failure rate may
// cost: most cost far less, and the first ones the most.
const workPart = 5

// playPlan plays releases of a version that fails at a rate, as many as the work
// allows; whole is false when that is not even one.
func playPlan(ended func() bool, p resource.CanaryPlan, t resource.CanaryTraffic, rate float64, releases int, work *meter) (played []Played, whole bool) {
	work.spend(workPart, func(m *meter) {
		m.late = t.RunSeconds > 0 || t.SessionRuns > 1
		played = play(ended, forecastSeed, releases, worldOf(p, t, rate), func() Controller {
			w := Watch(p, t.SessionRuns > 1)
			w.work = m
			return w
		}, m)
		whole = len(played) > 1 || !m.usedUp()
	})
	return played, whole
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
// and Fit.Met says so. Its work is bounded as that of [Forecast] is: what is too
// dear to simulate even once counts as not met. Once ended says so it stops, and what it
// returns says nothing.
func Fit(ended func() bool, p resource.CanaryPlan) resource.CanaryPlan {
	if p.HarmBudget == nil {
		return p
	}
	t := traffic(p)
	budget := float64(p.HarmBudget.ExcessFailures)
	search, result := &meter{left: maxFitWork / 2}, &meter{left: maxFitWork / 2}
	// The smaller the weight, the fewer failed runs it takes.
	i := sort.Search(len(fitWeights)-1, func(i int) bool {
		p.Steps = fitSteps(fitWeights[i])
		return fitOf(ended, p, t, budget, search).Met
	})
	p.Steps = fitSteps(fitWeights[i])
	p.Fit = fitOf(ended, p, t, math.Inf(1), result)
	p.Fit.Met = p.Fit.Met && p.Fit.Excess <= budget
	return p
}

// fitOf is the rate of failure at which a plan costs most, of those up to the first
// that costs more than enough, or that cannot be told.
func fitOf(ended func() bool, p resource.CanaryPlan, t resource.CanaryTraffic, enough float64, work *meter) *resource.CanaryFit {
	fit := &resource.CanaryFit{Met: true}
	for i, rate := range badRates(t.FailureRate) {
		played, whole := playPlan(ended, p, t, rate, fitReleases, work)
		if excess := excessOf(p, played); i == 0 || excess > fit.Excess {
			fit.FailureRate, fit.Excess = rate, excess
		}
		fit.Coarse = fit.Coarse || len(played) < fitReleases
		fit.Met = fit.Met && whole && fit.Excess <= enough
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
func excessOf(p resource.CanaryPlan, played []Played) float64 {
	var excess []float64
	for _, one := range played {
		excess = append(excess, one.Excess)
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
