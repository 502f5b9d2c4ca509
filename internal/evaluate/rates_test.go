package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// truth is how a version really differs: the shares of all cases that it fixes
// and breaks.
type truth struct{ fixed, broken float64 }

// chances sums the probability of every likely outcome of n cases that says so.
func (u truth) chances(n int, says func(pairs) bool) float64 {
	sum := 0.0
	from, to := likely(n, u.fixed)
	low, high := likely(n, u.broken)
	for fixed := from; fixed <= to; fixed++ {
		for broken := low; broken <= min(high, n-fixed); broken++ {
			p := pairs{n, fixed, broken}
			if chance := multinomial(p, u.fixed, u.broken); chance > 1e-8 && says(p) {
				sum += chance
			}
		}
	}
	return sum
}

// TestErrorRates computes how often each verdict is wrong, over every outcome:
// "no worse" of a version that loses the margin, "better" and "worse" of one that
// has not changed.
func TestErrorRates(t *testing.T) {
	const side = (1 - confidence) / 2
	for _, n := range []int{20, 60} {
		for _, flips := range []float64{0.1, 0.3} {
			noWorse := truth{(flips - 0.1) / 2, (flips + 0.1) / 2}.chances(n, func(p pairs) bool { return p.exceeds(-0.1) <= side })
			if noWorse > side+2e-4 {
				t.Errorf("%d cases of which %v flip, 10 points lost: called no worse with probability %.4f, want %v at most", n, flips, noWorse, side)
			}
			better := truth{flips / 2, flips / 2}.chances(n, func(p pairs) bool {
				return p.fixed > p.broken && mcnemar(p.fixed, p.broken) < 1-confidence
			})
			if better > side {
				t.Errorf("%d cases of which %v flip, nothing lost: called better with probability %.4f, want %v at most", n, flips, better, side)
			}
		}
	}
}

// TestPower: what the tests find when it is there.
func TestPower(t *testing.T) {
	noWorse := func(margin float64) func(pairs) bool {
		return func(p pairs) bool { return p.exceeds(-margin) <= (1-confidence)/2 }
	}
	worse := func(p pairs) bool { return p.broken > p.fixed && mcnemar(p.fixed, p.broken) < 1-confidence }
	for _, tt := range []struct {
		name string
		n    int
		is   truth
		says func(pairs) bool
		want float64
	}{
		{"unchanged, 4 of 100 flip, margin 10", 100, truth{0.02, 0.02}, noWorse(0.1), 0.95},
		{"unchanged, 4 of 100 flip, margin 5", 200, truth{0.02, 0.02}, noWorse(0.05), 0.84},
		{"10 points lost", 100, truth{0, 0.1}, worse, 0.85},
		{"10 points lost, 20 of 100 flip", 200, truth{0.05, 0.15}, worse, 0.85},
	} {
		if got := tt.is.chances(tt.n, tt.says); got < tt.want {
			t.Errorf("%s, %d cases: found with probability %.3f, want %v at least", tt.name, tt.n, got, tt.want)
		} else {
			t.Logf("%s, %d cases: found with probability %.3f", tt.name, tt.n, got)
		}
	}
}

// stopped plays cases one by one until the answer is clear, or there are no more.
func (u truth) stopped(rng *rand.Rand, n int, margin float64) (p pairs, better, noWorse, worse bool) {
	for p.n < n {
		p.n++
		switch x := rng.Float64(); {
		case x < u.fixed:
			p.fixed++
		case x < u.fixed+u.broken:
			p.broken++
		}
		if better, noWorse, worse = p.clear(margin, confidence); better || noWorse || worse {
			return p, better, noWorse, worse
		}
	}
	return p, false, false, false
}

// TestErrorRatesOfStopping: looking after every case and stopping at the first
// clear answer keeps the error rates, and saves cases.
func TestErrorRatesOfStopping(t *testing.T) {
	const side, rounds, margin = (1 - confidence) / 2, 1500, 0.1
	most := side + 3.5*math.Sqrt(side*(1-side)/rounds)
	for _, tt := range []struct {
		name      string
		is        truth
		wrong     func(better, noWorse, worse bool) bool
		found     float64 // share of right answers, at least
		right     func(better, noWorse, worse bool) bool
		meanCases float64 // at most
	}{
		{"the margin is lost, no case is fixed", truth{0, 0.1}, func(b, n, _ bool) bool { return b || n }, 0.95, func(_, _, w bool) bool { return w }, 130},
		{"the margin is lost, many flip", truth{0.1, 0.2}, func(b, n, _ bool) bool { return b || n }, 0.7, func(_, _, w bool) bool { return w }, 280},
		{"nothing is lost, few flip", truth{0.01, 0.01}, func(b, _, w bool) bool { return b || w }, 0.95, func(_, n, _ bool) bool { return n }, 90},
		{"nothing is lost, many flip", truth{0.1, 0.1}, func(b, _, w bool) bool { return b || w }, 0.6, func(_, n, _ bool) bool { return n }, 300},
		{"much is lost", truth{0, 0.4}, func(b, n, _ bool) bool { return b || n }, 0.99, func(_, _, w bool) bool { return w }, 25},
		{"much is won", truth{0.3, 0}, func(_, _, w bool) bool { return w }, 0.99, func(b, n, _ bool) bool { return b || n }, 30},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		var wrong, right, cases float64
		for range rounds {
			p, better, noWorse, worse := tt.is.stopped(rng, 400, margin)
			cases += float64(p.n) / rounds
			if tt.wrong(better, noWorse, worse) {
				wrong += 1. / rounds
			}
			if tt.right(better, noWorse, worse) {
				right += 1. / rounds
			}
		}
		if wrong > most || right < tt.found || cases > tt.meanCases {
			t.Errorf("%s: wrong %.4f (want %.4f at most), right %.3f (want %v at least) after %.0f of 400 cases on average (want %v at most)",
				tt.name, wrong, most, right, tt.found, cases, tt.meanCases)
		} else {
			t.Logf("%s: wrong %.4f, right %.3f, %.0f of 400 cases", tt.name, wrong, right, cases)
		}
	}
}

// TestStoppingInAFiniteSuite: the cases of a suite in a drawn order, none twice,
// as they are played.
func TestStoppingInAFiniteSuite(t *testing.T) {
	const n, rounds = 200, 1500
	rng := rand.New(rand.NewPCG(3, 4))
	suite := make([]int, n)
	for i := range suite {
		switch {
		case i < 10:
			suite[i] = 1
		case i < 40:
			suite[i] = -1 // 15 points lost, net of 5 fixed: the margin
		}
	}
	wrong := 0
	for range rounds {
		rng.Shuffle(n, func(i, j int) { suite[i], suite[j] = suite[j], suite[i] })
		p := pairs{}
		for _, x := range suite {
			p.n++
			if x > 0 {
				p.fixed++
			} else if x < 0 {
				p.broken++
			}
			if better, noWorse, _ := p.clear(0.1, confidence); better || noWorse {
				wrong++
				break
			}
		}
	}
	if got := float64(wrong) / rounds; got > 0.025 {
		t.Errorf("a suite that lost the margin is called no worse in a share of %.4f orders, want 0.025 at most", got)
	}
}

// TestWealth: the e-process has mean 1 or less where its hypothesis holds, at any
// length: over every outcome.
func TestWealth(t *testing.T) {
	for _, n := range []int{1, 5, 30} {
		for _, u := range []truth{{0, 0.2}, {0.1, 0.3}, {0.3, 0.5}, {0.05, 0.4}} {
			mean := 0.0
			for fixed := range n + 1 {
				for broken := range n + 1 - fixed {
					p := pairs{n, fixed, broken}
					mean += multinomial(p, u.fixed, u.broken) * math.Exp(p.logWealth(-0.2))
				}
			}
			if mean > 1+1e-9 {
				t.Errorf("mean wealth against a loss of 0.2 or more after %d cases of %+v = %v, want 1 at most", n, u, mean)
			}
		}
	}
	sum := 0.0
	for _, s := range stakes {
		sum += s
	}
	if math.Abs(sum-1) > 1e-12 || len(stakes) != len(bets) {
		t.Errorf("stakes add up to %v over %d bets, want 1 over %d", sum, len(stakes), len(bets))
	}
	// By hand: one bet of everything, no flips: (1/(1-m))^n of its stake at least.
	if got, least := (pairs{n: 50}).logWealth(-0.1), math.Log(stakes[0])-50*math.Log(0.9); got < least {
		t.Errorf("log wealth of 50 cases without flips = %v, want %v at least", got, least)
	}
}

func TestSequenceAgrees(t *testing.T) {
	for _, p := range []pairs{{10, 0, 0}, {100, 0, 0}, {100, 5, 1}, {100, 1, 9}, {400, 60, 10}, {30, 0, 20}} {
		low, high := p.sequence(confidence)
		for _, margin := range []float64{0.02, 0.05, 0.1, 0.3, 1} {
			better, noWorse, worse := p.clear(margin, confidence)
			if better != (low > 0) || worse != (high < 0) || noWorse != (low >= -margin) {
				t.Errorf("%+v: clear(%v) = %v, %v, %v and the interval is %v to %v", p, margin, better, noWorse, worse, low, high)
			}
		}
		fixedLow, fixedHigh := p.interval(confidence)
		if low > fixedLow+1e-3 || high < fixedHigh-1e-3 {
			t.Errorf("%+v: the interval that holds at every moment, %v to %v, is narrower than the one of a fixed number, %v to %v", p, low, high, fixedLow, fixedHigh)
		}
	}
	if low, high := (pairs{}).sequence(confidence); low != -1 || high != 1 {
		t.Errorf("no cases = %v to %v, want everything", low, high)
	}
	if got := (pairs{100, 0, 30}).anytimeP(); got > 0.01 {
		t.Errorf("anytimeP of 30 broken of 100 = %v, want it small", got)
	}
	if got := (pairs{100, 3, 3}).anytimeP(); got != 1 {
		t.Errorf("anytimeP of 3 each way = %v, want 1", got)
	}
}

// TestBootstrap: the interval of a mean of skewed scores covers it about as often
// as it says, and is the same for the same seed.
func TestBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const rounds, n = 300, 60
	missed := 0
	for i := range rounds {
		values := make([]float64, n)
		for j := range values {
			values[j] = math.Min(rng.ExpFloat64()/4, 1) // most small, few large
		}
		low, high := bootstrap(values, 0.95, uint64(i))
		if mean := (1 - math.Exp(-4)) / 4; low > mean || high < mean {
			missed++
		}
	}
	if share := float64(missed) / rounds; share > 0.09 {
		t.Errorf("the bootstrap's 95 %% interval misses the mean in %.3f of %d rounds, want about 0.05", share, rounds)
	}
	values := []float64{0, 0.5, 1, 0.25, 0.1}
	a, b := bootstrap(values, 0.95, 7)
	if c, d := bootstrap(values, 0.95, 7); a != c || b != d || a >= 0.37 || b <= 0.37 {
		t.Errorf("bootstrap = %v to %v, and %v to %v with the same seed; want the same, around 0.37", a, b, c, d)
	}
	if low, high := bootstrap([]float64{0.5, 0.5}, 0.95, 1); low != 0.5 || high != 0.5 {
		t.Errorf("bootstrap of equal values = %v to %v, want the value", low, high)
	}
	if low, high := bootstrap(nil, 0.95, 1); low != -1 || high != 1 {
		t.Errorf("bootstrap of nothing = %v to %v, want everything", low, high)
	}
}
