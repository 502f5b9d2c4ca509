package canary

import "math"

// The alternatives of each process. A process is their uniform mixture.
var (
	// harmRatios are ratios of the candidate's failure rate to the control's.
	harmRatios = []float64{1.5, 2, 3, 5, 10, 20, 50}
	// safeRatios are the alternatives to safeNull.
	safeRatios = []float64{.25, .5, .75, 1}
	// absRates are fractions of MaxFailureRate.
	absRates = []float64{0, 1. / 8, 1. / 4, 1. / 2}
)

// safeNull is the ratio that the reverse process has to refute.
const safeNull = 2.0

// logZero stands for the logarithm of 0: finite, so that it survives JSON, and so
// low that nothing added to it ever moves it.
const logZero = -1e300

// logArm is ln of the probability that a failed run is the candidate's (or the
// control's), without the factor w (or 1-w) that every ratio shares.
func logArm(isCanary bool, w, rho float64) float64 {
	all := math.Log(1 - w + w*rho)
	if isCanary {
		return math.Log(rho) - all
	}
	return -all
}

// addHarm moves the harm process by one failure: rho against 1.
func addHarm(logs []float64, isCanary bool, w float64) {
	for i, rho := range harmRatios {
		logs[i] = add(logs[i], logArm(isCanary, w, rho))
	}
}

// addSafe moves the reverse process by one failure: rho against safeNull.
func addSafe(logs []float64, isCanary bool, w float64) {
	null := logArm(isCanary, w, safeNull)
	for i, rho := range safeRatios {
		logs[i] = add(logs[i], logArm(isCanary, w, rho)-null)
	}
}

// addAbs moves the absolute process by one outcome of the candidate: a failure
// rate of f*q0 against q0. The expected factor is linear in the true rate p, is 1
// at p = q0 and falls from there, so the null covers every p >= q0.
func addAbs(logs []float64, failed bool, q0 float64) {
	for i, f := range absRates {
		switch {
		case !failed:
			logs[i] = add(logs[i], math.Log1p(-f*q0)-math.Log1p(-q0))
		case f == 0:
			logs[i] = logZero
		default:
			logs[i] = add(logs[i], math.Log(f))
		}
	}
}

func add(a, b float64) float64 { return math.Min(math.Max(a+b, logZero), -logZero) }

// maxE caps a mixture. No bound is over 1/minRate, which is far below, and JSON
// readers hold it exactly.
const maxE = 1e15

// mixture is the mean of exp(logs), at most maxE.
func mixture(logs []float64) float64 {
	top := logs[0]
	for _, l := range logs[1:] {
		top = math.Max(top, l)
	}
	if top <= logZero {
		return 0
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - top)
	}
	return math.Min(math.Exp(top+math.Log(sum/float64(len(logs)))), maxE)
}
