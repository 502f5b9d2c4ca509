//go:build race

package guard

const walkSteps = 1_000 // of each walk; the race detector makes them ten times dearer
