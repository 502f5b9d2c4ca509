package evaluate

import (
	"fmt"
	"math"
	"testing"
)

func TestScore(t *testing.T) {
	for _, tt := range []struct {
		p    pairs
		d    float64
		want float64
	}{
		// Without flips the statistic is sqrt(n*m/(1-m)) at a loss of m.
		{pairs{72, 0, 0}, -0.05, math.Sqrt(72 * 0.05 / 0.95)},
		{pairs{10, 0, 0}, -0.5, math.Sqrt(10)},
		// At 0 it is McNemar's: (fixed-broken)/sqrt(fixed+broken).
		{pairs{50, 12, 2}, 0, 10 / math.Sqrt(14)},
		{pairs{21, 1, 7}, 0, -6 / math.Sqrt(8)},
		{pairs{5, 0, 0}, 0, 0},
	} {
		if got := tt.p.score(tt.d); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%+v.score(%v) = %v, want %v", tt.p, tt.d, got, tt.want)
		}
	}
}

// TestScoreBounds: the differences whose score is 1.96 are Tango's asymptotic
// interval, and without flips that is z*z/(n+z*z).
func TestScoreBounds(t *testing.T) {
	z := quantile(0.975)
	for _, tt := range []struct {
		p         pairs
		low, high float64
	}{
		{pairs{40, 0, 0}, -z * z / (40 + z*z), z * z / (40 + z*z)},
		// Airway reactivity before and after transplantation: 1, 1, 7 and 12 of 21
		// (Fagerland, Lydersen and Laake, Statistics in Medicine 33, 2014, 2850-2875).
		{pairs{21, 1, 7}, -0.517, -0.026},
	} {
		bound := func(z float64) float64 { // the score falls as the difference grows
			lo, hi := -1.0, 1.0
			for range 60 {
				if mid := (lo + hi) / 2; tt.p.score(mid) > z {
					lo = mid
				} else {
					hi = mid
				}
			}
			return lo
		}
		if low, high := bound(z), bound(-z); math.Abs(low-tt.low) > 6e-4 || math.Abs(high-tt.high) > 6e-4 {
			t.Errorf("Tango's interval of %+v = %.4f to %.4f, want %.4f to %.4f", tt.p, low, high, tt.low, tt.high)
		}
	}
}

// TestScoreIsMonotone: fewer broken or more fixed cases never lower the score, so
// that the worst case of a hypothesis is its edge, which is what exceeds looks at.
func TestScoreIsMonotone(t *testing.T) {
	const n = 14
	for _, d := range []float64{-0.9, -0.5, -0.2, -0.05, 0, 0.1, 0.6} {
		for fixed := range n + 1 {
			for broken := range n + 1 - fixed {
				at := pairs{n, fixed, broken}.score(d)
				if broken > 0 {
					if better := (pairs{n, fixed, broken - 1}).score(d); better < at-1e-9 {
						t.Errorf("score(%v) of %d fixed: %v with %d broken, %v with one fewer", d, fixed, at, broken, better)
					}
				}
				if fixed+broken < n {
					if better := (pairs{n, fixed + 1, broken}).score(d); better < at-1e-9 {
						t.Errorf("score(%v) of %d broken: %v with %d fixed, %v with one more", d, broken, at, fixed, better)
					}
				}
			}
		}
	}
}

func TestUpper(t *testing.T) {
	for _, n := range []int{1, 7, 40} {
		for _, p := range []float64{0, 0.03, 0.5, 0.97, 1} {
			sum := 0.0
			for k := n; k >= 0; k-- {
				sum += binomial(n, k, p)
				if got := upper(n, k, p); math.Abs(got-sum) > 1e-10 {
					t.Errorf("upper(%d, %d, %v) = %v, want %v", n, k, p, got, sum)
				}
			}
		}
	}
	if got := upper(100000, 50200, 0.5); math.Abs(got-0.1034) > 5e-4 { // normal: 1-Phi(199.5/158.1)
		t.Errorf("upper(100000, 50200, 0.5) = %v, want 0.1034", got)
	}
}

func TestInterval(t *testing.T) {
	for _, tt := range []struct {
		p         pairs
		low, high float64
	}{
		{pairs{0, 0, 0}, -1, 1},
		// The exact bound of one that never happened is 1 - tail^(1/n), and more
		// where the flips that nobody saw could cancel.
		{pairs{1, 0, 0}, -0.975, 0.975},
		{pairs{5, 0, 0}, -(1 - math.Pow(0.025, 1./5)), 1 - math.Pow(0.025, 1./5)},
		{pairs{72, 0, 0}, -0.0522, 0.0522},
	} {
		if low, high := tt.p.interval(0.95); math.Abs(low-tt.low) > 1e-4 || math.Abs(high-tt.high) > 1e-4 {
			t.Errorf("%+v.interval = %.4f to %.4f, want %.4f to %.4f", tt.p, low, high, tt.low, tt.high)
		}
	}
}

// TestIntervalCovers computes, not draws, how often the interval holds the truth:
// over every outcome of n cases with its probability. Neither side is wrong more
// often than 2.5 %.
func TestIntervalCovers(t *testing.T) {
	for _, n := range []int{5, 9, 14} {
		type bound struct{ low, high float64 }
		bounds := map[pairs]bound{}
		for fixed := range n + 1 {
			for broken := range n + 1 - fixed {
				p := pairs{n, fixed, broken}
				low, high := p.interval(confidence)
				bounds[p] = bound{low, high}
			}
		}
		worst := 0.0
		for i := range 21 {
			for j := range 21 - i {
				fixed, broken := float64(i)/20, float64(j)/20
				var over, under float64
				for p, b := range bounds {
					chance := multinomial(p, fixed, broken)
					if b.low > fixed-broken+1e-9 {
						over += chance
					}
					if b.high < fixed-broken-1e-9 {
						under += chance
					}
				}
				worst = max(worst, over, under)
			}
		}
		if worst > 0.0252 { // the nuisance is searched on a grid
			t.Errorf("n = %d: a side of the interval is wrong with probability %.4f, want 0.025 at most", n, worst)
		}
		if worst < 0.01 {
			t.Errorf("n = %d: a side of the interval is wrong with probability %.4f at most; it is needlessly wide", n, worst)
		}
	}
}

// multinomial is the probability of the counts.
func multinomial(p pairs, fixed, broken float64) float64 {
	same := p.n - p.fixed - p.broken
	power := func(x float64, k int) float64 {
		if k == 0 {
			return 1
		}
		return math.Pow(x, float64(k))
	}
	ways := math.Exp(logFactorial(p.n) - logFactorial(p.fixed) - logFactorial(p.broken) - logFactorial(same))
	return ways * power(fixed, p.fixed) * power(broken, p.broken) * power(max(1-fixed-broken, 0), same)
}

func TestNeeded(t *testing.T) {
	for _, tt := range []struct {
		p      pairs
		margin float64
		want   int
	}{{pairs{1, 0, 0}, 0.05, 73}, {pairs{5, 0, 0}, 0.05, 73}, {pairs{1, 0, 0}, 0.1, 35}, {pairs{10, 0, 5}, 0.1, math.MaxInt32}} {
		if got := needed(tt.p, tt.margin); got != tt.want {
			t.Errorf("needed(%+v, %v) = %d, want %d", tt.p, tt.margin, got, tt.want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", 20005: "20,005"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %s, want %s", n, got, want)
		}
	}
}

func ExamplePassAtK() {
	fmt.Println(PassK([]int{2}, 4, 2), PassAtK([]int{2}, 4, 2))
	// Output: [0.5 0.16666666666666666] [0.5 0.8333333333333334]
}
