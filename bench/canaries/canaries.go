// Package canaries plays simulated releases: what a bad version costs until it is
// rolled back, beside Argo Rollouts and Flagger in the settings of their
// documentations' examples, and how often a healthy one is rolled back. Start
// from [Run].
package canaries

import (
	"fmt"
	"sync"

	"github.com/aureus-agents/aureus/bench/measure"
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

const (
	section  = "canary"
	releases = 20_000 // of each kind
	peers    = 2000   // of a peer, which takes thousands of runs each
)

// traffic is two runs a second for up to half an hour.
func traffic(baseline, bad float64) canary.World {
	return canary.World{RunsPerSecond: 2, Baseline: baseline, Bad: bad, Streams: canary.UsualStreams(), Seconds: 1800}
}

// Run plays them.
func Run() []measure.Figure {
	figures, worlds := bad(), healthy()
	played := make([]resource.CanarySimulated, len(worlds))
	var running sync.WaitGroup
	for i, w := range worlds {
		running.Go(func() {
			plan, many := canary.Plan(blueprint.Canary{}), w.SessionRuns > 1
			played[i] = canary.Simulate(nil, uint64(100+i), releases, w.World, func() canary.Controller { return canary.Watch(plan, many) })
		})
	}
	running.Wait()
	all := 0
	for i, got := range played {
		all += got.RolledBack
		figures = append(figures, falseRollbacks("healthy versions rolled back: "+worlds[i].name, got.RolledBack, releases,
			fmt.Sprintf("; %d %% promoted", 100*got.Promoted/releases)))
	}
	figures = append(figures, falseRollbacks("healthy versions rolled back, all of these", all, releases*len(worlds), ""))
	return append(figures, lateFailures()...)
}

// lateFailures are versions whose failures are known late: bad ones, which are not
// to be promoted, and healthy ones whose failures come sooner or later than the
// control's, for which the bound on rollbacks is not promised.
func lateFailures() []measure.Figure {
	plan := canary.Plan(blueprint.Canary{})
	var figures []measure.Figure
	play := func(w canary.World) resource.CanarySimulated {
		return canary.Simulate(nil, 7, peers, w, func() canary.Controller { return canary.Watch(plan, w.SessionRuns > 1) })
	}
	for _, tt := range []struct {
		name string
		w    canary.World
	}{
		{"30 % hang for five minutes", canary.World{RunsPerSecond: 2, Baseline: .01, Bad: .3, RunSeconds: 2, CanaryFails: 300, Seconds: 900}},
		{"half wait an hour for people", canary.World{RunsPerSecond: 2, Baseline: .01, Bad: .5, RunSeconds: 2, CanaryFails: 3600, Seconds: 900}},
		{"11 % fail after a minute, the control 5 %", canary.World{RunsPerSecond: 2, Baseline: .05, Bad: .11, RunSeconds: 2, CanaryFails: 60, Seconds: 900}},
		{"30 % fail after a minute, 20 runs/s", canary.World{RunsPerSecond: 20, Baseline: .01, Bad: .3, RunSeconds: 2, CanaryFails: 60, Seconds: 100}},
	} {
		got := play(tt.w)
		figures = append(figures, measure.Figure{Section: section, Name: "bad versions promoted: " + tt.name, Value: 100 * float64(got.Promoted) / peers, Unit: "%",
			Note: fmt.Sprintf("%d of %d", got.Promoted, peers)}.Against("<= 10 %", float64(got.Promoted) <= 2*plan.Beta*peers))
	}
	for _, tt := range []struct {
		name               string
		control, candidate float64
	}{{"20 s in both arms", 20, 20}, {"5 s in the control, 30 s in the candidate", 5, 30}, {"10 s and 5 s", 10, 5}, {"30 s and 5 s", 30, 5}} {
		w := canary.World{RunsPerSecond: 2, Baseline: .01, Bad: .01, RunSeconds: 2, ControlFails: tt.control, CanaryFails: tt.candidate,
			Outage: &canary.Outage{From: 30, To: 80, Rate: .9}, Seconds: 600}
		got := play(w)
		figures = append(figures, measure.Figure{Section: section, Name: "healthy versions rolled back in an outage, failures known after " + tt.name,
			Value: 100 * float64(got.RolledBack) / peers, Unit: "%", Note: fmt.Sprintf("%d of %d", got.RolledBack, peers)})
	}
	return figures
}

// falseRollbacks is the share of healthy releases that were rolled back, with the
// upper 95 percent confidence bound of Clopper and Pearson.
func falseRollbacks(name string, n, of int, more string) measure.Figure {
	return measure.Figure{Section: section, Name: name, Value: 100 * float64(n) / float64(of), Unit: "%",
		Note: fmt.Sprintf("%d of %d, at most %.3f %% (95 %%)%s", n, of, 100*canary.UpperBound(n, of), more)}.Against("<= 0.1 %", n*1000 <= of)
}

// bad is a version that fails 30 percent beside one that fails 1.
func bad() []measure.Figure {
	argo := canary.Simulate(nil, 1, peers, untilHour(traffic(.01, .30)), func() canary.Controller { return &canary.Argo{} })
	flagger := canary.Simulate(nil, 1, peers, untilHour(traffic(.01, .30)), func() canary.Controller { return &canary.Flagger{} })
	var figures []measure.Figure
	for _, p := range []struct {
		name string
		plan blueprint.Canary
	}{
		{"at 10 % weight", blueprint.Canary{Steps: []blueprint.CanaryStep{{Weight: 10, Runs: 1_000_000}}}},
		{"default steps", blueprint.Canary{}},
	} {
		plan := canary.Plan(p.plan)
		got := canary.Simulate(nil, 1, releases, traffic(.01, .30), func() canary.Controller { return canary.Watch(plan, false) })
		f := measure.Figure{Section: section, Name: "excess failed runs, median, " + p.name, Value: got.ExcessMedian, Unit: "runs", Note: says(got)}.
			Against("<= 7", got.ExcessMedian <= 7 && got.RolledBack == releases)
		figures = append(figures, f.Versus("Argo Rollouts' example", argo.ExcessMedian, true), f.Versus("Flagger's example", flagger.ExcessMedian, true))
	}
	for _, c := range []struct {
		name  string
		begin func() canary.Controller
	}{
		{"Argo Rollouts' example", func() canary.Controller { return &canary.Argo{} }},
		{"Flagger's example", func() canary.Controller { return &canary.Flagger{} }},
	} {
		got := canary.Simulate(nil, 2, peers, untilHour(traffic(.01, .01)), c.begin)
		figures = append(figures, measure.Figure{Section: section, Name: "healthy versions rolled back by " + c.name, Value: 100 * float64(got.RolledBack) / peers, Unit: "%",
			Note: fmt.Sprintf("%d of %d", got.RolledBack, peers)})
	}
	return figures
}

func says(s resource.CanarySimulated) string {
	return fmt.Sprintf("95 %% at most %.1f; after %.0f s; %d of %d rolled back", s.ExcessP95, s.DelaySeconds, s.RolledBack, s.Releases)
}

func untilHour(w canary.World) canary.World {
	w.Seconds = 3600
	return w
}

type namedWorld struct {
	name string
	canary.World
}

// healthy are candidates that fail as often as what serves.
func healthy() []namedWorld {
	with := func(name string, w canary.World, changes ...func(*canary.World)) namedWorld {
		for _, change := range changes {
			change(&w)
		}
		return namedWorld{name, w}
	}
	outage := func(w *canary.World) { w.Outage = &canary.Outage{From: 30, To: 80, Rate: .9} }
	sessions := func(w *canary.World) { w.SessionRuns, w.Correlation = 8, .5 }
	late := func(w *canary.World) { w.RunSeconds = 20 }
	minute := func(w *canary.World) { w.RunSeconds, w.ControlFails, w.CanaryFails = 20, 60, 60 }
	return []namedWorld{
		with("six streams, both fail 1 %", traffic(.01, .01)),
		with("six streams, both fail 20 %", traffic(.20, .20)),
		with("a shared outage", traffic(.01, .01), outage),
		with("sessions of 8 runs, correlated", traffic(.05, .05), sessions),
		with("such sessions, an outage", traffic(.05, .05), sessions, outage),
		with("such sessions, an outage, late outcomes", traffic(.05, .05), sessions, outage, late),
		with("an outage, failures known after a minute", traffic(.01, .01), outage, minute),
	}
}
