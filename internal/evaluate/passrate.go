package evaluate

import "math"

// rateSoFar is what the cases measured so far say about the pass rate of all that
// are planned. They were drawn without replacement.
type rateSoFar struct {
	planned int
	need    float64 // the share of the planned cases that has to pass
	cases   int
	passed  int
}

// least is how many of the planned cases have to pass.
func (r rateSoFar) least() int { return int(math.Ceil(r.need*float64(r.planned) - 1e-9)) }

// outOfReach reports whether the rate is missed even if every case to come passes.
func (r rateSoFar) outOfReach() bool { return r.cases-r.passed > r.planned-r.least() }

// reached reports whether the rate is reached: for certain, or at an error rate of
// (1-confidence)/2 over all moments. With a need of 1 it is only when every case
// has passed.
//
// The evidence against "m of the planned cases pass" is the ratio of its prior, which
// is uniform, to its posterior probability: a martingale if it is true (Waudby-Smith
// and Ramdas, Confidence sequences for sampling without replacement, NeurIPS 2020,
// section 2). While more pass than a share of m it is least for the largest m.
func (r rateSoFar) reached() bool {
	least := r.least()
	m, n, t, s := least-1, r.planned, r.cases, r.passed
	switch {
	case s >= least:
		return true
	case r.outOfReach() || float64(s)*float64(n) <= float64(m)*float64(t):
		return false
	}
	evidence := logChoose(n+1, t+1) - math.Log(float64(n+1)) - logChoose(m, s) - logChoose(n-m, t-s)
	return evidence >= -math.Log((1-confidence)/2)
}
