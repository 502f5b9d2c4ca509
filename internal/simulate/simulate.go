// Package simulate runs scenarios: the real agent loop with tools that answer
// from fixtures. Side effects are captured at the tool boundary with what the
// guard and CRV said, and never reach the world. The same seed gives the same
// report, byte for byte, as long as the model is deterministic for a seed and
// nothing asks a live server.
//
// Start from [Run]. [Prepare] and [Version.Play] are its parts, for callers that
// play the same cases many times (internal/evaluate). [CompileGraders] is the
// judge of a run, and [FromRun] makes a scenario of a recorded one.
package simulate

import (
	"context"
	"runtime"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// perCore is how many scenarios run at once for each core: they mostly wait for
// the model.
const perCore = 4

// Options of a simulation.
type Options struct {
	// Seed is passed to the model as its seed and names the runs. 0 takes the
	// seed of the blueprint's model, if it has one.
	Seed int64
	// Suites limits the simulation to suites of these names; none is all.
	Suites []string
	// Parallel is how many scenarios run at once; 0 is four a core.
	Parallel int
	// Servers starts the real servers of live fixtures; nil refuses such scenarios.
	Servers Servers
	// Helpers are what judges, custom graders and simulated users need.
	Helpers Helpers
}

func (o Options) workers() int {
	if o.Parallel > 0 {
		return o.Parallel
	}
	return perCore * runtime.GOMAXPROCS(0)
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
	outages := make([]error, len(cases))
	err = Each(ctx, len(cases), o.workers(), func(ctx context.Context, i int) error {
		played, err := v.Play(ctx, model, cases[i], PlayOptions{Seed: report.Seed, Mode: resource.RunSimulation, Servers: o.Servers, Helpers: o.Helpers})
		if err != nil {
			return err
		}
		report.Scenarios[i], outages[i] = played.Report, played.Outage
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	report.outage = firstOf(outages)
	report.conclude()
	return report, nil
}

// firstOf is the first error of a list, nil when it has none.
func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
