package canary

import (
	"math"
	"math/bits"
)

// Random is a seeded sequence for simulations: the same seed is the same sequence,
// so that a forecast is a function of its plan (SplitMix64: Steele, Lea and Flood,
// Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
type Random struct{ state uint64 }

// NewRandom begins a sequence.
func NewRandom(seed uint64) *Random { return &Random{seed} }

func (r *Random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// float is uniform in [0,1).
func (r *Random) float() float64 { return float64(r.next()>>11) / (1 << 53) }

// below is uniform in 0..n-1.
func (r *Random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// exp is exponential with mean 1.
func (r *Random) exp() float64 { return -math.Log1p(-r.float()) }
