package canary

import (
	"cmp"
	"slices"
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

// A bad version whose failures take longer than its good runs is promoted no more
// often than one that fails at once: what is under way counts as failed.
func TestLateFailuresAreNotPromoted(t *testing.T) {
	for _, tt := range []struct {
		name     string
		releases int
		w        World
	}{
		{"30 percent hang for five minutes", 50, World{RunsPerSecond: 2, Baseline: .01, Bad: .3, RunSeconds: 2, CanaryFails: 300, Seconds: 300}},
		{"half wait an hour for people", 50, World{RunsPerSecond: 2, Baseline: .01, Bad: .5, RunSeconds: 2, CanaryFails: 3600, Seconds: 300}},
		{"30 percent fail after a minute, much traffic", 30, World{RunsPerSecond: 20, Baseline: .01, Bad: .3, RunSeconds: 2, CanaryFails: 60, Seconds: 70}},
		{"20 percent fail after 20 seconds, much traffic", 30, World{RunsPerSecond: 20, Baseline: .01, Bad: .2, RunSeconds: 2, CanaryFails: 20, Seconds: 100}},
		{"just over the limit", 100, World{RunsPerSecond: 2, Baseline: .05, Bad: .11, RunSeconds: 2, CanaryFails: 60, Seconds: 400}},
		{"and the control's failures come early", 100, World{RunsPerSecond: 2, Baseline: .2, Bad: .4, RunSeconds: 2, ControlFails: 1, CanaryFails: 120, Seconds: 300}},
		{"first runs of sessions fail late", 100, World{RunsPerSecond: 4, Baseline: .05, Bad: .12, RunSeconds: 2, CanaryFails: 60, SessionRuns: 4, Correlation: .5, Seconds: 300}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Simulate(nil, 11, tt.releases, tt.w, watching(plan, tt.w))
			t.Logf("%+v", got)
			if limit := int(2 * plan.Beta * float64(got.Releases)); got.Promoted > limit {
				t.Errorf("%d of %d bad versions were promoted, want <= %d", got.Promoted, got.Releases, limit)
			}
		})
	}
}

// A healthy version is promoted although what is under way counts against it.
func TestLateOutcomesArePromoted(t *testing.T) {
	for _, tt := range []struct {
		name string
		w    World
	}{
		{"runs of 20 seconds, failures after 60", World{RunsPerSecond: 2, Baseline: .01, Bad: .01, RunSeconds: 20, ControlFails: 60, CanaryFails: 60, Seconds: 1800}},
		{"much traffic", World{RunsPerSecond: 20, Baseline: .01, Bad: .01, RunSeconds: 20, ControlFails: 60, CanaryFails: 60, Seconds: 300}},
		{"sessions of several runs", World{RunsPerSecond: 2, Baseline: .01, Bad: .01, RunSeconds: 20, SessionRuns: 4, Correlation: .5, Seconds: 1800}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Simulate(nil, 12, 40, tt.w, watching(plan, tt.w))
			t.Logf("%+v", got)
			if got.Promoted < got.Releases*9/10 {
				t.Errorf("%d of %d healthy releases were promoted, want at least 90%%", got.Promoted, got.Releases)
			}
		})
	}
}

// Harm is counted as failures become known. That bounds false rollbacks as long as
// the time until a failure is known is alike in both arms, whatever it is; where
// the candidate's failures come first, an outage of both looks like its own.
func TestHarmWithLateFailures(t *testing.T) {
	outage := func(control, canary float64) World {
		return World{RunsPerSecond: 2, Baseline: .01, Bad: .01, RunSeconds: 2, ControlFails: control, CanaryFails: canary, Outage: &Outage{From: 30, To: 80, Rate: .9}, Seconds: 200}
	}
	for _, tt := range []struct {
		name     string
		w        World
		min, max int // of 150 releases
	}{
		{"both known after 20 seconds", outage(20, 20), 0, 3},
		{"both known after a minute, no outage", World{RunsPerSecond: 5, Baseline: .05, Bad: .05, RunSeconds: 2, ControlFails: 60, CanaryFails: 60, Seconds: 200}, 0, 3},
		{"the candidate's come later", outage(5, 30), 0, 3},
		// Not bounded, and documented so.
		{"the candidate's come sooner", outage(30, 5), 45, 150},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Simulate(nil, 13, 150, tt.w, watching(plan, tt.w))
			t.Logf("%+v", got)
			if got.RolledBack < tt.min || got.RolledBack > tt.max {
				t.Errorf("%d of %d healthy releases were rolled back, want %d to %d", got.RolledBack, got.Releases, tt.min, tt.max)
			}
		})
	}
}

// A healthy version of which an eighth of the sessions take half an hour is promoted
// once the first of them have ended: what is open is more than the promoting bound
// takes, and is held until then.
func TestLongSessionsHoldAPromotion(t *testing.T) {
	const perSecond, weight, long = 5, 50, 1800
	p, rng := plan, NewRandom(3)
	type end struct{ at, draw int64 }
	var ends []end
	draws := make([]resource.CanaryDraw, perSecond*long*2)
	for i := range draws {
		at := int64(i / perSecond)
		if after := int64(2); rng.float() >= .12 {
			ends = append(ends, end{at + after, int64(i + 1)})
		} else {
			ends = append(ends, end{at + long, int64(i + 1)})
		}
		draws[i] = resource.CanaryDraw{Seq: int64(i + 1), Canary: rng.float() < .5, Weight: weight}
	}
	slices.SortStableFunc(ends, func(a, b end) int { return cmp.Compare(a.at, b.at) })
	s := Start(p)
	for _, e := range ends {
		d := draws[e.draw-1]
		seen, _ := See(s, nil, resource.CanaryOutcome{Canary: d.Canary, Weight: weight, Draw: e.draw}, upTo(draws, Known(s), e.draw)...)
		if s = Observe(p, s, d.Canary, false, weight, seen); s.Verdict == Promote {
			if e.at < long || e.at > long+60 {
				t.Errorf("promoted after %d s, want soon after the first of %d s have ended", e.at, long)
			}
			return
		}
	}
	t.Errorf("never promoted; E absolute %v with %d of %d draws settled", s.EAbs, s.Settled, Known(s))
}
