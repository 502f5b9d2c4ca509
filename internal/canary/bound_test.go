package canary

import (
	"math"
	"testing"
)

func TestUpperBound(t *testing.T) {
	for _, tt := range []struct {
		k, n int
		want float64 // of a table of Clopper and Pearson's one-sided 95 % bounds
	}{{0, 3000, 0.000998}, {0, 100, 0.02951}, {5, 100, 0.10225}, {10, 10, 1}, {48, 120_000, 0.000508}} {
		if got := UpperBound(tt.k, tt.n); math.Abs(got-tt.want) > tt.want/100 {
			t.Errorf("UpperBound(%d, %d) = %v, want %v", tt.k, tt.n, got, tt.want)
		}
	}
}
