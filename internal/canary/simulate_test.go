package canary

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

// world is live traffic: the failure rates of both arms for the i-th run.
type world struct {
	control, canary func(i int) float64
}

func always(p float64) func(int) float64 { return func(int) float64 { return p } }

// outage is base, and nine of ten runs failing in the given share of the traffic.
func outage(base float64, from, to int) func(int) float64 {
	return func(i int) float64 {
		if i >= from && i < to {
			return 0.9
		}
		return base
	}
}

// result is how one simulated release ended.
type result struct {
	verdict  string
	runs     int // in both arms
	canary   resource.ArmCount
	promoted bool
}

// play runs a release through its steps until it is decided or the runs are out.
func play(r *rand.Rand, w world, runs int) result {
	s, step := Start(plan), 0
	for i := range runs {
		weight := plan.Steps[step].Weight
		isCanary := r.IntN(100) < weight
		rate := w.control
		if isCanary {
			rate = w.canary
		}
		s = Observe(plan, s, isCanary, r.Float64() < rate(i), weight)
		done := StepDone(plan, s, step)
		switch {
		case s.Verdict == Rollback, done && LastStep(plan, step) && s.Verdict == Promote:
			return result{s.Verdict, i + 1, s.Canary, s.Verdict == Promote}
		case done && !LastStep(plan, step):
			s, step = NextStep(s), step+1
		}
	}
	return result{s.Verdict, runs, s.Canary, false}
}

func TestFalseRollbacks(t *testing.T) {
	const releases, bound = 3000, 9 // alpha 0.001 expects at most 3; 10 or more has probability 0.001
	tests := []struct {
		name  string
		world world
	}{
		{"both fail 2 percent", world{always(.02), always(.02)}},
		{"both fail 20 percent", world{always(.2), always(.2)}},
		{"the candidate is better", world{always(.05), always(.02)}},
		{"a shared outage", world{outage(.01, 60, 160), outage(.01, 60, 160)}},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			rollbacks, promoted := 0, 0
			for range releases {
				switch got := play(r, tt.world, 1500); {
				case got.verdict == Rollback:
					rollbacks++
				case got.promoted:
					promoted++
				}
			}
			t.Logf("%d of %d rolled back, %d promoted", rollbacks, releases, promoted)
			if rollbacks > bound {
				t.Errorf("%d of %d healthy releases were rolled back, want <= %d", rollbacks, releases, bound)
			}
		})
	}
}

func TestExcessFailures(t *testing.T) {
	for i, base := range []float64{.01, .02} {
		r := rand.New(rand.NewPCG(2, uint64(i)))
		var excess, runs []float64
		for range 3000 {
			got := play(r, world{always(base), always(.30)}, 20_000)
			if got.verdict != Rollback {
				t.Fatalf("base %v: a version failing 30%% ended with %q, want a rollback", base, got.verdict)
			}
			excess = append(excess, float64(got.canary.Failures)-base*float64(got.canary.Runs))
			runs = append(runs, float64(got.runs))
		}
		slices.Sort(excess)
		slices.Sort(runs)
		median, p95 := excess[len(excess)/2], excess[len(excess)*95/100]
		t.Logf("base %v: excess failed runs median %.2f, p95 %.2f; runs until rolled back median %.0f", base, median, p95, runs[len(runs)/2])
		if median > 7 {
			t.Errorf("base %v: median of excess failed runs = %.2f, want <= 7", base, median)
		}
	}
}

// A version at least twice as bad and over the absolute bound is promoted with a
// probability of at most 2*beta: one beta for each process that can say so.
func TestFalsePromotions(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	const releases = 2000
	promoted := 0
	for range releases {
		if play(r, world{always(.05), always(.12)}, 3000).promoted {
			promoted++
		}
	}
	t.Logf("%d of %d promoted", promoted, releases)
	if limit := int(2 * plan.Beta * releases); promoted > limit {
		t.Errorf("%d of %d bad versions were promoted, want <= %d", promoted, releases, limit)
	}
}

// Every healthy release is decided, and quickly.
func TestHealthyIsPromoted(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	var runs []int
	const releases = 1000
	for range releases {
		if got := play(r, world{always(.01), always(.01)}, 3000); got.promoted {
			runs = append(runs, got.runs)
		}
	}
	slices.Sort(runs)
	t.Logf("%d of %d promoted after a median of %d runs", len(runs), releases, runs[len(runs)/2])
	if len(runs) < releases*95/100 {
		t.Errorf("%d of %d healthy releases were promoted, want at least 95%%", len(runs), releases)
	}
}
