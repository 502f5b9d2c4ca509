package evaluate

import "math"

// The bets of the sequential test, as shares of the most that may be bet, and how
// the capital is split over them. A bet of 1 wins fastest while no case breaks and
// is lost with the first that does; the small ones live through flips.
var (
	bets   = []float64{1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.03}
	stakes = []float64{0.28, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08}
)

// logWealth is the log of what betting against "the difference is d or less" has
// made of 1: an e-process, which stays under 1/a at every moment with probability
// 1-a when that is true (Ville 1939; the bets are those of Waudby-Smith and
// Ramdas, JRSS-B 86, 2024, section 4, mixed as in their section B.6). It depends on
// the counts only, so anybody can recompute it. -1 < d < 1.
func (p pairs) logWealth(d float64) float64 {
	terms := make([]float64, len(bets))
	most := math.Inf(-1)
	same := p.n - p.fixed - p.broken
	for i, c := range bets {
		// A case of difference x multiplies the stake by 1 + c*(x-d)/(1+d).
		v := math.Log(stakes[i])
		v += times(p.broken, 1-c)
		v += times(same, 1-c+c/(1+d))
		v += times(p.fixed, 1-c+2*c/(1+d))
		terms[i], most = v, max(most, v)
	}
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.0
	for _, v := range terms {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}

// times is n*log(factor), 0 for none.
func times(n int, factor float64) float64 {
	if n == 0 {
		return 0
	}
	return float64(n) * math.Log(factor)
}

// sequence bounds the difference at every moment together: the probability that
// it ever leaves the interval is (1-confidence)/2 at most on each side, however
// often one looks and whenever one stops.
func (p pairs) sequence(confidence float64) (low, high float64) {
	if p.n == 0 {
		return -1, 1
	}
	need := -math.Log((1 - confidence) / 2)
	return p.ruledOut(need), -p.swapped().ruledOut(need)
}

// ruledOut is the largest difference whose wealth has reached need (a log). The
// wealth falls as the difference grows.
func (p pairs) ruledOut(need float64) float64 {
	lo, hi := -1.0, 1.0
	for hi-lo > 1e-6 {
		mid := (lo + hi) / 2
		if p.logWealth(mid) >= need {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// clear is what may be said at this moment, each at an error rate of
// (1-confidence)/2 over all moments: that the difference is over 0, over -margin,
// under 0. It agrees with [pairs.sequence].
func (p pairs) clear(margin, confidence float64) (better, noWorse, worse bool) {
	need := -math.Log((1 - confidence) / 2)
	noWorse = margin >= 1 || p.logWealth(-margin) >= need
	return p.logWealth(0) >= need, noWorse, p.swapped().logWealth(0) >= need
}

// anytimeP is a two-sided p-value of "there is no difference" that holds at any
// moment of stopping: the inverse of the mean of both directions' wealth.
func (p pairs) anytimeP() float64 {
	return min(1, 2/(math.Exp(p.logWealth(0))+math.Exp(p.swapped().logWealth(0))))
}
