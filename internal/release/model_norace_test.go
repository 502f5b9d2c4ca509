//go:build !race

package release

const underRace = false
