package sqlite

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPercentile compares percentiles from the histogram with exact ones.
func TestPercentile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 10_000_000), 1, 200).Draw(t, "values")
		q := rapid.SampledFrom([]float64{.5, .95, .99, 1}).Draw(t, "q")
		counts := map[int64]int64{}
		for _, v := range values {
			counts[bucketOf(v)]++
		}
		var buckets []bucketCount
		for b, n := range counts {
			buckets = append(buckets, bucketCount{b, n})
		}
		slices.SortFunc(buckets, func(a, b bucketCount) int { return int(a.bucket - b.bucket) })
		slices.Sort(values)
		want := float64(values[int(math.Ceil(q*float64(len(values))))-1])
		if got := percentile(buckets, q); math.Abs(got-want) > .05*want {
			t.Errorf("percentile(%v, %g) = %g, want %g within 5 %%", values, q, got, want)
		}
	})
	if got := percentile(nil, .5); got != 0 {
		t.Errorf("percentile(nil) = %g, want 0", got)
	}
}

func TestBucketOfIsMonotonic(t *testing.T) {
	for ms, last := int64(0), int64(0); ms < 100_000; ms++ {
		b := bucketOf(ms)
		if b < last {
			t.Fatalf("bucketOf(%d) = %d, below bucketOf(%d) = %d", ms, b, ms-1, last)
		}
		last = b
	}
}

func TestWait(t *testing.T) {
	for _, c := range []struct {
		attempt int
		want    time.Duration
	}{{0, firstRetry}, {1, firstRetry}, {2, 2 * firstRetry}, {4, 8 * firstRetry}, {9, soonRetry}, {11, soonRetry},
		{soonTries, soonRetry}, {soonTries + 1, lateRetry}, {maxAttempts, lateRetry}} {
		if got := wait(c.attempt); got != c.want {
			t.Errorf("wait(%d) = %s, want %s", c.attempt, got, c.want)
		}
	}
}
