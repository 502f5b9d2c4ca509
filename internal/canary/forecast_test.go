package canary

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		name    string
		excess  int
		traffic *resource.CanaryTraffic
		met     bool
	}{
		{"generous", 200, &resource.CanaryTraffic{RunsPerSecond: 2, FailureRate: .01}, true},
		{"twenty", 20, &resource.CanaryTraffic{RunsPerSecond: 2, FailureRate: .01}, true},
		{"twelve", 12, &resource.CanaryTraffic{RunsPerSecond: 2, FailureRate: .01}, true},
		{"nobody can", 1, &resource.CanaryTraffic{RunsPerSecond: 2, FailureRate: .01}, false},
		{"unknown traffic", 20, nil, true},
		{"a version that never fails", 10, &resource.CanaryTraffic{RunsPerSecond: 2}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Plan(blueprint.Canary{HarmBudget: &blueprint.HarmBudget{ExcessFailures: tt.excess}})
			p.Traffic = tt.traffic
			began := time.Now()
			p = Fit(nil, p)
			t.Logf("steps %v, fit %+v, in %v", p.Steps, p.Fit, time.Since(began))
			if p.Fit.Met != tt.met || p.Fit.Met != (p.Fit.Excess <= float64(tt.excess)) {
				t.Fatalf("Fit = %+v, want met %v", p.Fit, tt.met)
			}
			if diff := cmp.Diff(p, Fit(nil, p)); diff != "" {
				t.Errorf("Fit is not stable (-first +second):\n%s", diff)
			}
		})
	}
}

// The promise of a budget, held against other simulations than it was made from.
func TestFitKeepsItsBudget(t *testing.T) {
	p := Plan(blueprint.Canary{HarmBudget: &blueprint.HarmBudget{ExcessFailures: 15}})
	p.Traffic = &resource.CanaryTraffic{RunsPerSecond: 2, FailureRate: .01}
	p = Fit(nil, p)
	for _, bad := range []float64{.03, .08, .15, .4, .7} {
		got := Simulate(nil, 77, 1000, world(.01, bad), watching(p, World{}))
		t.Logf("%v: %+v", bad, got)
		if got.ExcessP90 > 15*1.2 {
			t.Errorf("a version that fails %v: nine of ten releases had up to %v excess failed runs, want about 15", bad, got.ExcessP90)
		}
	}
}

func TestForecast(t *testing.T) {
	p := Plan(blueprint.Canary{})
	p.Traffic = &resource.CanaryTraffic{RunsPerSecond: 2, FailureRate: .01}
	f := Forecast(nil, p)
	for _, r := range f.Bad {
		t.Logf("%v: %+v", r.FailureRate, r.CanarySimulated)
	}
	if len(f.Bad) != 7 || f.Bad[4].FailureRate != .3 || f.Bad[4].ExcessMedian > 7 || f.Healthy.Promoted < 390 || f.Healthy.RolledBack > 2 {
		t.Errorf("Forecast = %+v, want seven rates, <= 7 excess failed runs at 0.3, healthy ones promoted", f)
	}
	quiet := p
	quiet.Traffic = &resource.CanaryTraffic{RunsPerSecond: 5. / 86400, FailureRate: .01}
	if f := Forecast(nil, quiet); f.Healthy.Held != f.Healthy.Releases {
		t.Errorf("five runs a day: %+v, want all held", f.Healthy)
	}
}

// TestForecastIsBounded: traffic of which nothing is known for half an hour is
// simulated in part, and the forecast and the steps say so.
func TestForecastIsBounded(t *testing.T) {
	p := Plan(blueprint.Canary{HarmBudget: &blueprint.HarmBudget{ExcessFailures: 15}})
	p.Traffic = &resource.CanaryTraffic{RunsPerSecond: 50, FailureRate: .01, RunSeconds: 1800}
	p = Fit(nil, p)
	if !p.Fit.Coarse || p.Fit.Met {
		t.Errorf("Fit(50/s, half an hour late) = %+v, want coarse and not met", *p.Fit)
	}
	f := Forecast(nil, p)
	if !f.Coarse || f.Healthy.Releases >= forecastReleases || f.Healthy.Releases == 0 {
		t.Errorf("Forecast(50/s, half an hour late) = coarse %v of %d releases, want coarse of some", f.Coarse, f.Healthy.Releases)
	}
	p = Plan(blueprint.Canary{})
	p.Traffic = &resource.CanaryTraffic{RunsPerSecond: 1, FailureRate: .01}
	if f := Forecast(nil, p); f.Coarse {
		t.Errorf("Forecast(1/s, known at once) is coarse, want it whole")
	}
}

// TestPlayEndsWhenAsked: nothing is played for somebody who does not wait.
func TestPlayEndsWhenAsked(t *testing.T) {
	ended := func() bool { return true }
	p := Plan(blueprint.Canary{})
	never := World{RunsPerSecond: 1, Seconds: 1e9}
	if got := Play(ended, NewRandom(1), never, Watch(p, false)); got.Runs > lookEvery {
		t.Errorf("Play(ended) = %d runs, want at most %d", got.Runs, lookEvery)
	}
	if got := Simulate(ended, 1, 1000, never, func() Controller { return Watch(p, false) }); got.Releases != 1 {
		t.Errorf("Simulate(ended) = %d releases, want 1", got.Releases)
	}
}
