// Package simulate runs scenarios: the real agent loop with tools that answer
// from fixtures. Side effects are captured at the tool boundary with what the
// guard and CRV said, and never reach the world. The same seed gives the same
// report, byte for byte, as long as the model is deterministic for a seed.
//
// Start from [Run]. [Prepare] and [Version.Play] are its parts, for callers that
// play the same cases many times (internal/evaluate). [CompileGraders] is the
// judge of a run, and [FromRun] makes a scenario of a recorded one.
package simulate

import (
	"context"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// concurrency is how many scenarios run at once.
const concurrency = 8

// Options of a simulation.
type Options struct {
	// Seed is passed to the model as its seed and names the runs. 0 takes the
	// seed of the blueprint's model, if it has one.
	Seed int64
	// Suites limits the simulation to suites of these names; none is all.
	Suites []string
}

// Run simulates the version's suites with the given model. A scenario that does
// not pass is part of the report; the error is for a version that cannot be
// simulated at all, and for an ended ctx.
func Run(ctx context.Context, m *resource.Manifest, digest string, model agentrun.Model, o Options) (Report, error) {
	v, err := Prepare(m, digest)
	if err != nil {
		return Report{}, err
	}
	cases, err := Cases(&m.Blueprint, o.Suites)
	if err != nil {
		return Report{}, err
	}
	report := Report{
		Agent:     m.Blueprint.Metadata.Name,
		Digest:    digest,
		Seed:      v.Seed(o.Seed),
		Scenarios: make([]ScenarioReport, len(cases)),
	}
	err = Each(ctx, len(cases), concurrency, func(ctx context.Context, i int) error {
		played, err := v.Play(ctx, model, cases[i], PlayOptions{Seed: report.Seed, Mode: resource.RunSimulation})
		if err != nil {
			return err
		}
		report.Scenarios[i] = played.Report
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	report.conclude()
	return report, nil
}
