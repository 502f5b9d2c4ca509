package evaluate

import "math"

// significance is the p-value under which a difference is taken as real.
const significance = 0.05

// telling is how many cases have to differ before McNemar's exact test can reach
// the significance at all: 2 * 0.5^6 = 0.031.
const telling = 6

// compare pairs the cases. With fewer differing cases than the test needs to
// tell anything, more broken than fixed counts as worse: the doubt is the
// candidate's.
func compare(cases []CaseReport, before []int, repeats int) *Comparison {
	c := &Comparison{Fixed: []string{}, Broken: []string{}, Verdict: NoWorse}
	var was, is int
	for i, cr := range cases {
		was, is = was+before[i], is+cr.Passes
		passed, passes := 2*before[i] > repeats, 2*cr.Passes > repeats
		switch name := cr.Suite + "/" + cr.Name; {
		case passes && !passed:
			c.Fixed = append(c.Fixed, name)
		case passed && !passes:
			c.Broken = append(c.Broken, name)
		}
	}
	if runs := len(cases) * repeats; runs > 0 {
		c.BaselinePassRate = float64(was) / float64(runs)
		c.CandidatePassRate = float64(is) / float64(runs)
	}
	fixed, broken := len(c.Fixed), len(c.Broken)
	c.PValue = mcnemar(fixed, broken)
	switch {
	case broken > fixed && (c.PValue < significance || fixed+broken < telling):
		c.Verdict = Worse
	case fixed > broken && c.PValue < significance:
		c.Verdict = Better
	}
	return c
}

// mcnemar is the exact two-sided p-value for b against c differing pairs: twice
// the tail of Binomial(b+c, 1/2), at most 1 (McNemar 1947, exact form).
func mcnemar(b, c int) float64 {
	n := b + c
	if n == 0 {
		return 1
	}
	tail := 0.0
	for k := range min(b, c) + 1 {
		tail += math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	}
	return min(2*tail, 1)
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
