package canary

import (
	"math"
	"testing"
)

func TestRandom(t *testing.T) {
	// The first values of SplitMix64 from 1234567, as published with the algorithm.
	r := NewRandom(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		if got := r.next(); got != want {
			t.Errorf("value %d = %d, want %d", i, got, want)
		}
	}
	const n = 200_000
	var sum, square, exp float64
	var counts [10]int
	for range n {
		f := r.float()
		sum, square, exp = sum+f, square+f*f, exp+r.exp()
		counts[r.below(10)]++
	}
	for name, v := range map[string][2]float64{"mean": {sum / n, .5}, "mean square": {square / n, 1. / 3}, "exponential mean": {exp / n, 1}} {
		if math.Abs(v[0]-v[1]) > .01 {
			t.Errorf("%s = %v, want about %v", name, v[0], v[1])
		}
	}
	for i, c := range counts {
		if math.Abs(float64(c)-n/10) > 1000 {
			t.Errorf("%d came %d times, want about %d", i, c, n/10)
		}
	}
}
