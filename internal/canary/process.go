package canary

import "math"

// The alternatives of each process. A process is their mixture.
var (
	// harmRatios are ratios of the candidate's failure rate to the control's.
	harmRatios = []float64{1.5, 2, 3, 5, 10, 20, 50}
	// harmPrior are their weights in the mixture. They lean to large ratios: a
	// version that fails outright has to be recognised by its first few failures,
	// while what a small ratio pays for its small weight is little beside the many
	// failures that it takes to see it at all.
	harmPrior = []float64{1. / 20, 1. / 20, 1. / 20, 2. / 20, 3. / 20, 4. / 20, 8. / 20}
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

// logArm is ln of the probability that a failed session is the candidate's (or the
// control's), without the factor w (or 1-w) that every ratio shares.
func logArm(isCanary bool, w, rho float64) float64 {
	all := math.Log(1 - w + w*rho)
	if isCanary {
		return math.Log(rho) - all
	}
	return -all
}

// addHarm moves the harm process by one failed session: rho against 1.
func addHarm(logs []float64, isCanary bool, w float64) {
	for i, rho := range harmRatios {
		logs[i] = add(logs[i], logArm(isCanary, w, rho))
	}
}

// addSafe moves the reverse process by one failed session: rho against safeNull.
func addSafe(logs []float64, isCanary bool, w float64) {
	null := logArm(isCanary, w, safeNull)
	for i, rho := range safeRatios {
		logs[i] = add(logs[i], logArm(isCanary, w, rho)-null)
	}
}

// addAbs moves the absolute process by a session of the candidate: a failure rate
// of f*q0 against q0. The expected factor is linear in the true rate p, is 1 at p =
// q0 and falls from there, so the null covers every p >= q0.
func addAbs(logs []float64, failed bool, q0 float64) {
	for i, f := range absRates {
		logs[i] = add(logs[i], logAbs(f, failed, q0))
	}
}

// turnAbs makes a session that was counted as good a failed one. It only ever
// lowers the process.
func turnAbs(logs []float64, q0 float64) {
	for i, f := range absRates {
		logs[i] = add(logs[i], logAbs(f, true, q0)-logAbs(f, false, q0))
	}
}

func logAbs(f float64, failed bool, q0 float64) float64 {
	switch {
	case !failed:
		return math.Log1p(-f*q0) - math.Log1p(-q0)
	case f == 0:
		return logZero
	}
	return math.Log(f)
}

func add(a, b float64) float64 { return math.Min(math.Max(a+b, logZero), -logZero) }

// maxE caps a mixture. No bound is over 1/minRate, which is far below, and JSON
// readers hold it exactly.
const maxE = 1e15

// mixture is the mean of exp(logs), at most maxE.
func mixture(logs []float64) float64 { return weighted(logs, nil) }

// weighted is the mean of exp(logs) with the given weights, which add up to 1; nil
// is equal ones.
func weighted(logs, weights []float64) float64 {
	top := logs[0]
	for _, l := range logs[1:] {
		top = math.Max(top, l)
	}
	if top <= logZero {
		return 0
	}
	sum := 0.0
	for i, l := range logs {
		w := 1 / float64(len(logs))
		if weights != nil {
			w = weights[i]
		}
		sum += w * math.Exp(l-top)
	}
	return math.Min(math.Exp(top+math.Log(sum)), maxE)
}
