package evaluate

import (
	"math"
	"sync"
)

// pairs counts cases that two versions were measured on.
type pairs struct {
	n      int // cases
	fixed  int // fail before, pass now
	broken int // pass before, fail now
}

// swapped is the pairs with the versions in each other's place.
func (p pairs) swapped() pairs { return pairs{n: p.n, fixed: p.broken, broken: p.fixed} }

// difference is the share of cases that pass now less the share that passed before.
func (p pairs) difference() float64 {
	if p.n == 0 {
		return 0
	}
	return float64(p.fixed-p.broken) / float64(p.n)
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
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

// logFactorials are those that most suites need, at once instead of in 50 ns.
var logFactorials = sync.OnceValue(func() []float64 {
	out := make([]float64, 2048)
	for n := range out {
		out[n], _ = math.Lgamma(float64(n + 1))
	}
	return out
})

func logFactorial(n int) float64 {
	if table := logFactorials(); n < len(table) {
		return table[n]
	}
	v, _ := math.Lgamma(float64(n + 1))
	return v
}

// score is Tango's score statistic of the hypothesis that the difference is d,
// -1 < d < 1: positive when the data lie above it, and about standard normal when
// it is true (T. Tango, Statistics in Medicine 17, 1998, 891-908, section 3).
func (p pairs) score(d float64) float64 {
	n, fixed, broken := float64(p.n), float64(p.fixed), float64(p.broken)
	// q is the share of broken cases that is most likely under the hypothesis.
	a, b, c := 2*n, (2*n-fixed+broken)*d-fixed-broken, -broken*d*(1-d)
	q := (math.Sqrt(max(b*b-4*a*c, 0)) - b) / (2 * a)
	above, variance := fixed-broken-n*d, n*(2*q+d*(1-d))
	if variance <= 1e-12 {
		switch {
		case above > 1e-12:
			return math.Inf(1)
		case above < -1e-12:
			return math.Inf(-1)
		}
		return 0
	}
	return above / math.Sqrt(variance)
}

// exceeds is the exact p-value of the hypothesis that the difference is d or
// less: the largest probability, over every share of cases that may flip, of data
// whose score is as high as the observed one or higher (the unconditional exact
// test with Tango's score; Barnard 1947, and Hsueh, Liu and Chen, Biometrics 57,
// 2001, 478-483 for paired proportions). Its error rate is at most what it says
// for any number of cases, where the normal approximation exceeds it for few.
func (p pairs) exceeds(d float64) float64 {
	seen := p.score(d)
	if math.IsInf(seen, 1) {
		return 0
	}
	// least[k] is how many of k flipped cases have to be fixed ones.
	least := make([]int, p.n+1)
	for k := range least {
		lo, hi := 0, k+1
		for lo < hi {
			mid := (lo + hi) / 2
			if (pairs{p.n, mid, k - mid}).score(d) >= seen-1e-9 {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		least[k] = lo
	}
	chance := func(u float64) float64 {
		lo := max(0, -d) // share of broken cases; the fixed ones are d more
		return tailOf(p.n, lo+u*u*((1-d)/2-lo), d, least)
	}
	const steps = 48
	best, at := 0.0, 0.0
	for i := range steps + 1 {
		u := float64(i) / steps
		if v := chance(u); v > best {
			best, at = v, u
		}
	}
	for i := 1; i < 8; i++ { // between the neighbours of the best one
		for _, u := range []float64{at - float64(i)/(8*steps), at + float64(i)/(8*steps)} {
			if u > 0 && u < 1 {
				best = max(best, chance(u))
			}
		}
	}
	return min(best, 1)
}

// tailOf is the probability that, of n cases that each break with probability q
// and are fixed with q+d, at least least[k] of the k that flip are fixed.
func tailOf(n int, q, d float64, least []int) float64 {
	flip := min(2*q+d, 1)
	if flip <= 0 {
		if least[0] == 0 {
			return 1
		}
		return 0
	}
	fixed := min(max((q+d)/flip, 0), 1)
	from, to := likely(n, flip)
	sum := 0.0
	for k := from; k <= to; k++ {
		if least[k] <= k {
			sum += binomial(n, k, flip) * upper(k, least[k], fixed)
		}
	}
	return sum
}

// likely are the outcomes of Binomial(n, p) but for a mass under 1e-12.
func likely(n int, p float64) (from, to int) {
	mean, spread := float64(n)*p, 8*math.Sqrt(float64(n)*p*(1-p))+12
	return max(0, int(mean-spread)), min(n, int(mean+spread))
}

// upper is P(Binomial(n, p) >= k).
func upper(n, k int, p float64) float64 {
	switch {
	case k <= 0 || p >= 1:
		return 1
	case p <= 0:
		return 0
	}
	from, to := likely(n, p)
	if k <= from {
		return 1
	}
	if k > to {
		return 0
	}
	// From k away from the mean, so that the terms fall.
	odds := p / (1 - p)
	if float64(k) > float64(n)*p {
		term := binomial(n, k, p)
		sum := term
		for i := k; i < to; i++ {
			term *= float64(n-i) / float64(i+1) * odds
			sum += term
		}
		return min(sum, 1)
	}
	term := binomial(n, k-1, p)
	sum := term
	for i := k - 1; i > from; i-- {
		term *= float64(i) / float64(n-i+1) / odds
		sum += term
	}
	return max(1-sum, 0)
}

// binomial is P(Binomial(n, p) = k).
func binomial(n, k int, p float64) float64 {
	switch {
	case p <= 0:
		if k == 0 {
			return 1
		}
		return 0
	case p >= 1:
		if k == n {
			return 1
		}
		return 0
	}
	return math.Exp(logChoose(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

// interval bounds the difference: each of the two tails is wrong with probability
// (1-confidence)/2 at most. It inverts [pairs.exceeds]; without pairs it is
// everything.
func (p pairs) interval(confidence float64) (low, high float64) {
	if p.n == 0 {
		return -1, 1
	}
	tail := (1 - confidence) / 2
	return p.lowest(tail), -p.swapped().lowest(tail)
}

// lowest is the largest difference that the data are too good for.
func (p pairs) lowest(tail float64) float64 {
	lo, hi := -1.0, p.difference()
	for hi-lo > 1e-5 {
		mid := (lo + hi) / 2
		if mid > -1 && p.exceeds(mid) > tail {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}
