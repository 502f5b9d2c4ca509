package sqlite

import "math"

// Latencies are counted in buckets whose bounds grow by this factor, so that a
// percentile is off by at most 5 %.
const bucketGrowth = 1.1

// bucketOf is the bucket of a latency: 0 is below one millisecond.
func bucketOf(ms int64) int64 {
	if ms < 1 {
		return 0
	}
	return 1 + int64(math.Log(float64(ms))/math.Log(bucketGrowth))
}

// bucketValue stands for the latencies of a bucket: the geometric middle of the
// whole milliseconds in it.
func bucketValue(b int64) float64 {
	if b < 1 {
		return 0
	}
	low := math.Pow(bucketGrowth, float64(b-1))
	first, last := math.Ceil(low), math.Ceil(low*bucketGrowth)-1
	if last < first {
		return low
	}
	return math.Sqrt(first * last)
}

// bucketCount is how often a bucket was hit.
type bucketCount struct{ bucket, n int64 }

// percentile is the nearest-rank percentile of counts sorted by bucket, q in
// (0, 1]; 0 when there are none.
func percentile(counts []bucketCount, q float64) float64 {
	var total, seen int64
	for _, c := range counts {
		total += c.n
	}
	rank := int64(math.Ceil(q * float64(total)))
	for _, c := range counts {
		if seen += c.n; seen >= rank && seen > 0 {
			return bucketValue(c.bucket)
		}
	}
	return 0
}
