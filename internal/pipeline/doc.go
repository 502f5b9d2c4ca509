// Package pipeline is the rules of pipelines: which one serves an agent, the
// stage that a release goes through, which approval rules fit a delta, when a
// freeze window is open, and what is wrong with a pipeline beyond its form. It is
// pure: times are parameters, and what it knows of time zones is in the binary.
//
// It does not say how a release moves (internal/release) or what a gate reads
// (internal/control). Start from [For] and [StageOf].
package pipeline
