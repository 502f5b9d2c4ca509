package canary

import (
	"math"
	"testing"
)

// expectation is the expected factor of one step of a process: the sum over what
// can happen of its probability times the factor. An e-process needs it to be at
// most 1 wherever its null hypothesis holds.
func expectation(probabilities []float64, factors ...float64) float64 {
	sum := 0.0
	for i, p := range probabilities {
		sum += p * factors[i]
	}
	return sum
}

const slack = 1e-9

func TestHarmIsAnEProcess(t *testing.T) {
	for weight := 1; weight <= 99; weight++ {
		w := float64(weight) / 100
		canary, control := make([]float64, len(harmRatios)), make([]float64, len(harmRatios))
		addHarm(canary, true, w)
		addHarm(control, false, w)
		for i, rho := range harmRatios {
			for _, truth := range []float64{0, .1, .5, .9, 1} { // null: no more failures than the control
				p := w * truth / (1 - w + w*truth)
				if got := expectation([]float64{p, 1 - p}, math.Exp(canary[i]), math.Exp(control[i])); got > 1+slack {
					t.Errorf("harm, rho %v at weight %d, true ratio %v: expectation %v, want <= 1", rho, weight, truth, got)
				}
			}
		}
	}
}

func TestSafeIsAnEProcess(t *testing.T) {
	for weight := 1; weight <= 99; weight++ {
		w := float64(weight) / 100
		canary, control := make([]float64, len(safeRatios)), make([]float64, len(safeRatios))
		addSafe(canary, true, w)
		addSafe(control, false, w)
		for i, rho := range safeRatios {
			for _, truth := range []float64{2, 2.5, 5, 50, 1e6} { // null: at least twice as many
				p := w * truth / (1 - w + w*truth)
				if got := expectation([]float64{p, 1 - p}, math.Exp(canary[i]), math.Exp(control[i])); got > 1+slack {
					t.Errorf("safe, rho %v at weight %d, true ratio %v: expectation %v, want <= 1", rho, weight, truth, got)
				}
			}
		}
	}
}

func TestAbsoluteIsAnEProcess(t *testing.T) {
	for _, q0 := range []float64{minRate, 0.001, 0.02, 0.1, 0.5, 0.9, 0.999} {
		ok, failed := make([]float64, len(absRates)), make([]float64, len(absRates))
		addAbs(ok, false, q0)
		addAbs(failed, true, q0)
		for i, f := range absRates {
			for k := range 101 { // null: every rate from q0 to 1
				p := q0 + (1-q0)*float64(k)/100
				if got := expectation([]float64{p, 1 - p}, math.Exp(failed[i]), math.Exp(ok[i])); got > 1+slack {
					t.Errorf("absolute, rate %v of q0 %v, true rate %v: expectation %v, want <= 1", f, q0, p, got)
				}
			}
		}
	}
}

// At the null's own edge the expectation is exactly 1: nothing is given away.
func TestProcessesAreExactAtTheEdge(t *testing.T) {
	canary, control := make([]float64, len(harmRatios)), make([]float64, len(harmRatios))
	addHarm(canary, true, 0.1)
	addHarm(control, false, 0.1)
	for i, rho := range harmRatios {
		if got := expectation([]float64{.1, .9}, math.Exp(canary[i]), math.Exp(control[i])); math.Abs(got-1) > slack {
			t.Errorf("harm, rho %v: expectation %v, want 1", rho, got)
		}
	}
}

// The weights of a mixture of e-processes add up to 1, so the mixture is one.
func TestHarmPrior(t *testing.T) {
	sum := 0.0
	for _, w := range harmPrior {
		sum += w
	}
	if len(harmPrior) != len(harmRatios) || math.Abs(sum-1) > 1e-12 {
		t.Errorf("%d weights add up to %v, want %d that add up to 1", len(harmPrior), sum, len(harmRatios))
	}
}
