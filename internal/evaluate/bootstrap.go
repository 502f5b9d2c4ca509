package evaluate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// draws is how many resamples a bootstrap interval is made of.
const draws = 4000

// bootstrap bounds the mean of values by resampling them: the bias-corrected and
// accelerated interval (B. Efron, JASA 82, 1987, 171-185), which corrects the
// plain percentiles for skew; scores near 0 or 1 have much of it. The values are
// one a case, so that repeats of a case are never taken for more cases. The same
// seed gives the same interval. Values that are all alike show no spread, and the
// interval is that one point.
func bootstrap(values []float64, confidence float64, seed uint64) (low, high float64) {
	n := len(values)
	if n == 0 {
		return -1, 1
	}
	mean := meanOf(values)
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	means := make([]float64, draws)
	under := 0.0
	for i := range means {
		sum := 0.0
		for range n {
			sum += values[rng.IntN(n)]
		}
		means[i] = sum / float64(n)
		switch {
		case means[i] < mean-1e-12:
			under++
		case means[i] <= mean+1e-12:
			under += 0.5
		}
	}
	slices.Sort(means)
	if means[0] == means[draws-1] {
		return means[0], means[0]
	}
	bias := quantile(min(max(under/draws, 1/(2.0*draws)), 1-1/(2.0*draws)))
	skew := acceleration(values, mean)
	at := func(tail float64) float64 {
		z := bias + quantile(tail)
		p := cumulative(bias + z/(1-skew*z))
		return means[min(max(int(p*draws), 0), draws-1)]
	}
	tail := (1 - confidence) / 2
	return at(tail), at(1 - tail)
}

// acceleration is Efron's a for a mean: a sixth of the skewness of the values.
func acceleration(values []float64, mean float64) float64 {
	var square, cube float64
	for _, v := range values {
		d := v - mean
		square, cube = square+d*d, cube+d*d*d
	}
	if square == 0 {
		return 0
	}
	return cube / (6 * math.Pow(square, 1.5))
}

func meanOf(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// cumulative is the standard normal distribution function.
func cumulative(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// quantile is its inverse, 0 < p < 1.
func quantile(p float64) float64 { return -math.Sqrt2 * math.Erfinv(1-2*p) }
