package canary

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// watching begins canaries of p.
func watching(p resource.CanaryPlan, w World) func() Controller {
	return func() Controller { return Watch(p, w.SessionRuns > 1) }
}

// world is two runs a second for half an hour.
func world(baseline, bad float64) World {
	return World{RunsPerSecond: 2, Baseline: baseline, Bad: bad, Seconds: 1800}
}

// worlds are healthy candidates in all kinds of traffic.
func worlds() map[string]World {
	with := func(w World, change func(*World)) World {
		change(&w)
		return w
	}
	all := func(w *World) { w.Streams = UsualStreams() }
	sessions := func(w *World) { w.SessionRuns, w.Correlation, w.Streams = 8, .5, UsualStreams() }
	outage := func(w *World) { w.Outage = &Outage{From: 30, To: 80, Rate: .9} }
	return map[string]World{
		"both fail 2 percent":                world(.02, .02),
		"both fail 20 percent":               world(.2, .2),
		"the candidate is better":            world(.05, .02),
		"a shared outage":                    with(world(.01, .01), outage),
		"six streams":                        with(world(.02, .02), all),
		"correlated sessions":                with(world(.05, .05), sessions),
		"correlated sessions and an outage":  with(with(world(.05, .05), sessions), outage),
		"outcomes come late, with an outage": with(with(with(world(.05, .05), sessions), outage), func(w *World) { w.RunSeconds = 20 }),
	}
}

func TestFalseRollbacks(t *testing.T) {
	const releases, bound = 600, 4 // alpha 0.001 expects at most 0.6; 5 or more has probability 0.0004
	seed := uint64(1)
	for name, w := range worlds() {
		t.Run(name, func(t *testing.T) {
			got := Simulate(nil, seed, releases, w, watching(plan, w))
			t.Logf("%+v", got)
			if got.RolledBack > bound {
				t.Errorf("%d of %d healthy releases were rolled back, want <= %d", got.RolledBack, releases, bound)
			}
		})
	}
}

func TestExcessFailures(t *testing.T) {
	for _, tt := range []struct {
		name     string
		plan     resource.CanaryPlan
		baseline float64
	}{{"six streams", plan, .01}, {"six streams, 2 percent", plan, .02}, {"failures alone", alone, .01}} {
		w := world(tt.baseline, .30)
		w.Streams = UsualStreams()
		got := Simulate(nil, 2, 1500, w, watching(tt.plan, w))
		t.Logf("%s: %+v", tt.name, got)
		if got.ExcessMedian > 7 || got.RolledBack != got.Releases {
			t.Errorf("%s: median of excess failed runs %v, rolled back %d of %d, want <= 7 and all", tt.name, got.ExcessMedian, got.RolledBack, got.Releases)
		}
	}
}

// A version at least twice as bad and over the absolute bound is promoted with a
// probability of at most 2*beta: one beta for each process that can say so.
func TestFalsePromotions(t *testing.T) {
	w := world(.05, .12)
	got := Simulate(nil, 3, 1500, w, watching(plan, w))
	t.Logf("%+v", got)
	if limit := int(2 * plan.Beta * float64(got.Releases)); got.Promoted > limit {
		t.Errorf("%d of %d bad versions were promoted, want <= %d", got.Promoted, got.Releases, limit)
	}
}

// Nearly every healthy release is decided, and quickly.
func TestHealthyIsPromoted(t *testing.T) {
	w := world(.01, .01)
	w.Streams = UsualStreams()
	got := Simulate(nil, 4, 1000, w, watching(plan, w))
	t.Logf("%+v", got)
	if got.Promoted < got.Releases*95/100 {
		t.Errorf("%d of %d healthy releases were promoted, want at least 95%%", got.Promoted, got.Releases)
	}
}

// One stream alone finds what only it shows, and what it has found so far keeps
// the version from being promoted.
func TestEveryStreamFinds(t *testing.T) {
	for i, name := range blueprint.CanaryStreams()[1:] {
		w := world(.01, .01)
		w.Streams = UsualStreams()
		w.Streams[i].Canary = .8
		got := Simulate(nil, 5, 300, w, watching(plan, w))
		t.Logf("%s: %+v", name, got)
		if got.RolledBack < got.Releases*90/100 {
			t.Errorf("%s in 80 percent of the runs: %d of %d rolled back, want at least 90%%", name, got.RolledBack, got.Releases)
		}
	}
}

// Without traffic nothing is ever decided.
func TestNoTrafficHolds(t *testing.T) {
	w := Watch(plan, false)
	if got := w.Verdict(24 * 3600); got != Hold {
		t.Errorf("the verdict without traffic at the deadline = %q, want %q", got, Hold)
	}
	got := Simulate(nil, 6, 50, World{RunsPerSecond: 1. / 36000, Baseline: .01, Bad: .01, Seconds: 1e9}, watching(plan, World{}))
	if got.Held != got.Releases {
		t.Errorf("with three runs a day %d of %d were held, want all", got.Held, got.Releases)
	}
}
