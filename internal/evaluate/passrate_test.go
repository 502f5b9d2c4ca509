package evaluate

import (
	"math/rand/v2"
	"testing"
)

func TestRateSoFar(t *testing.T) {
	for _, tt := range []struct {
		name                string
		r                   rateSoFar
		reached, outOfReach bool
	}{
		{"nothing measured", rateSoFar{400, 0.9, 0, 0}, false, false},
		{"all must pass, and all but one did", rateSoFar{400, 1, 399, 399}, false, false},
		{"all passed", rateSoFar{400, 1, 400, 400}, true, false},
		{"all must pass, and one did not", rateSoFar{400, 1, 10, 9}, false, true},
		{"as many as must pass", rateSoFar{400, 0.9, 370, 360}, true, false},
		{"as many failed as may", rateSoFar{400, 0.9, 45, 5}, false, false},
		{"one more", rateSoFar{400, 0.9, 46, 5}, false, true},
		{"too early to say", rateSoFar{400, 0.9, 66, 66}, false, false},
		{"shown of all", rateSoFar{400, 0.9, 67, 67}, true, false},
		{"more passed than must, and it is not shown", rateSoFar{400, 0.9, 100, 92}, false, false},
	} {
		if reached, out := tt.r.reached(), tt.r.outOfReach(); reached != tt.reached || out != tt.outOfReach {
			t.Errorf("%s: %+v is reached %v, out of reach %v; want %v, %v", tt.name, tt.r, reached, out, tt.reached, tt.outOfReach)
		}
	}
}

// TestRateErrors: a suite that misses the rate by one case is said to reach it in at
// most 2.5 of 100 orders, looking after every case.
func TestRateErrors(t *testing.T) {
	const n, rounds = 200, 4000
	for _, need := range []float64{0.5, 0.9, 0.95, 1} {
		rng := rand.New(rand.NewPCG(9, uint64(need*100)))
		miss := rateSoFar{planned: n, need: need}.least() - 1
		wrong := 0
		for range rounds {
			r := rateSoFar{planned: n, need: need}
			for _, at := range rng.Perm(n) {
				r.cases++
				if at < miss {
					r.passed++
				}
				if r.reached() {
					wrong++
					break
				}
			}
		}
		if got := float64(wrong) / rounds; got > 0.025 {
			t.Errorf("%d of %d cases pass and %v has to: reached in a share of %.4f orders, want 0.025 at most", miss, n, need, got)
		}
	}
}

// TestStopEarlyNeedsThePassRate: a suite that a whole evaluation fails is not passed
// early because the versions are alike.
func TestStopEarlyNeedsThePassRate(t *testing.T) {
	suite := many(400)
	suite.Scenarios[399] = say("c399", "a", "b")
	for seed := range int64(20) {
		s, base := subject(echo, suite), subject(echo)
		base.Digest = "sha256:b"
		r, err := Run(t.Context(), s, &base, Options{StopEarly: true, Seed: seed + 1, Margin: ptr(0.1)})
		if err != nil || r.Passed {
			t.Errorf("Run with seed %d, of which one case fails = %+v after %d cases, passed %v; %v", seed+1, r.Stopped, len(r.Cases), r.Passed, err)
		}
	}
}
