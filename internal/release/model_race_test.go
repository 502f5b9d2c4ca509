//go:build race

package release

// underRace: the race detector makes the model checker ten times slower and finds
// nothing in a pure function. It gets a part of the depth; make walk runs all of it
// and the mutants without.
const underRace = true
