//go:build !race

package guard

const walkSteps = 21_000 // of each walk, more than a million in all
