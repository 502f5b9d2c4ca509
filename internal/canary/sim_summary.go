package canary

import (
	"math"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// Simulate plays releases one after the other, each with a controller of its own.
// Once ended says so it stops; what was played until then says nothing.
func Simulate(ended func() bool, seed uint64, releases int, w World, begin func() Controller) resource.CanarySimulated {
	return summary(play(ended, seed, releases, w, begin, nil))
}

// play plays releases until there are enough, ended says so or m is used up; the release
// in which that happens counts only when it is the first.
func play(ended func() bool, seed uint64, releases int, w World, begin func() Controller, m *meter) []Played {
	r := NewRandom(seed)
	var out []Played
	for range releases {
		p := Play(ended, r, w, begin())
		if over := stopped(ended) || m.usedUp(); over && len(out) > 0 {
			break
		}
		out = append(out, p)
	}
	return out
}

// summary is what releases came to.
func summary(played []Played) resource.CanarySimulated {
	var excess, delay, promote []float64
	out := resource.CanarySimulated{Releases: len(played)}
	for _, p := range played {
		switch p.Verdict {
		case Rollback:
			out.RolledBack++
			delay = append(delay, p.Seconds)
		case Promote:
			out.Promoted++
			promote = append(promote, p.Seconds)
		default:
			out.Held++
		}
		excess = append(excess, p.Excess)
		out.ExcessMean += p.Excess / float64(len(played))
	}
	out.ExcessMedian, out.ExcessP90, out.ExcessP95 = quantile(excess, .5), quantile(excess, .9), quantile(excess, .95)
	out.DelaySeconds, out.PromoteSeconds = quantile(delay, .5), quantile(promote, .5)
	out.RollbackUpper = UpperBound(out.RolledBack, len(played))
	return out
}

// quantile is the smallest value that at least q of values do not exceed, 0 of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[max(int(math.Ceil(q*float64(len(values))))-1, 0)]
}

// UpperBound is the upper 95 % confidence bound of a share of which k of n were seen
// (Clopper and Pearson, Biometrika 26(4), 1934).
func UpperBound(k, n int) float64 {
	if k >= n {
		return 1
	}
	low, high := float64(k)/float64(n), 1.0
	for range 60 {
		if mid := (low + high) / 2; atMost(k, n, mid) > 0.05 {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// atMost is the probability of at most k of n at rate p.
func atMost(k, n int, p float64) float64 {
	lgN, _ := math.Lgamma(float64(n) + 1)
	sum := 0.0
	for i := range k + 1 {
		a, _ := math.Lgamma(float64(i) + 1)
		b, _ := math.Lgamma(float64(n-i) + 1)
		sum += math.Exp(lgN - a - b + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}
