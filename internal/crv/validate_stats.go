package crv

import (
	"math"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The defaults of statisticalBounds and anomaly.
const (
	DefaultSigma = 3.0
	DefaultZ     = 3.0
)

// statisticalBounds: each number of the field lies within max (default 3)
// standard deviations of the mean of samples, by the population's deviation.
func statisticalBounds(v blueprint.Validator) (Check, error) {
	sigma, err := bound(v.Max, DefaultSigma)
	if err != nil {
		return nil, err
	}
	if len(v.Samples) < 2 {
		return nil, fault.New(fault.Invalid, "statisticalBounds needs at least 2 samples")
	}
	mean, sd := moments(v.Samples, 0)
	if !finite(mean) || !finite(sigma*sd) {
		return nil, fault.New(fault.Invalid, "the samples of statisticalBounds are too large to have bounds")
	}
	low, high := mean-sigma*sd, mean+sigma*sd
	return func(val Value) []resource.Finding {
		nums, bad := numbers(val.Value, v.Field)
		if bad != nil {
			return bad
		}
		for _, n := range nums {
			if slack := tolerance(mean); !(n >= low-slack && n <= high+slack) {
				return one(resource.OutOfScope, v.Field, "%s is %v, outside %.6g to %.6g (mean %.6g, %.3g standard deviations)", named(v.Field), n, low, high, mean, sigma)
			}
		}
		return nil
	}, nil
}

// anomaly: the z-score of each number of the field is at most max (default 3),
// by the samples' mean and sample deviation. Without samples the field is a
// list, and each entry is judged against all the others; a list of fewer than
// four says nothing.
func anomaly(v blueprint.Validator) (Check, error) {
	z, err := bound(v.Max, DefaultZ)
	if err != nil {
		return nil, err
	}
	if len(v.Samples) == 1 {
		return nil, fault.New(fault.Invalid, "anomaly needs at least 2 samples, or none to judge a list against itself")
	}
	return func(val Value) []resource.Finding {
		nums, bad := numbers(val.Value, v.Field)
		if bad != nil {
			return bad
		}
		if len(v.Samples) == 0 && len(nums) < 4 {
			return nil
		}
		for i, n := range nums {
			history := v.Samples
			if len(history) == 0 {
				history = append(append([]float64{}, nums[:i]...), nums[i+1:]...)
			}
			mean, sd := moments(history, 1)
			if score := zScore(n, mean, sd); !(score <= z) { // also when it is not a number
				return one(resource.NonDeterminism, v.Field, "%s is %v, an anomaly: its z-score is %.3g, at most %.3g is allowed (mean %.6g)", named(v.Field), n, score, z, mean)
			}
		}
		return nil
	}, nil
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

func bound(given *float64, def float64) (float64, error) {
	if given == nil {
		return def, nil
	}
	if !(*given > 0) || math.IsInf(*given, 0) {
		return 0, fault.New(fault.Invalid, "max must be a number above 0")
	}
	return *given, nil
}

// numbers reads the field as a number or a list of numbers.
func numbers(value any, path string) ([]float64, []resource.Finding) {
	got, ok := Extract(value, path)
	if !ok || got == nil {
		return nil, missing(path)
	}
	list, isList := got.([]any)
	if !isList {
		list = []any{got}
	}
	out := make([]float64, len(list))
	for i, item := range list {
		if out[i], ok = number(item); !ok {
			return nil, one(resource.OutOfScope, path, "%s is not a number", named(path))
		}
	}
	return out, nil
}

// moments returns mean and standard deviation of xs; ddof is 0 for a
// population, 1 for a sample. Welford's method (Knuth, TAOCP 2, 4.2.2).
func moments(xs []float64, ddof int) (mean, sd float64) {
	var m2 float64
	for i, x := range xs {
		d := x - mean
		mean += d / float64(i+1)
		m2 += d * (x - mean)
	}
	return mean, math.Sqrt(max(m2, 0) / float64(len(xs)-ddof))
}

// zScore of n; a constant history makes anything but its value infinitely odd.
func zScore(n, mean, sd float64) float64 {
	d := math.Abs(n - mean)
	if d <= tolerance(mean) {
		return 0
	}
	return d / sd
}

// tolerance is the rounding error that the mean of equal numbers can carry.
func tolerance(mean float64) float64 { return 1e-9 * math.Abs(mean) }
