package control

import (
	"context"
	"maps"
	"runtime"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// playOn simulates scenarios on a version, once each, and gives what became of them
// in their order. A model that does not answer is an error: nothing was measured.
func (c *Control) playOn(ctx context.Context, v resource.Version, suite string, list []blueprint.Scenario) ([]simulate.Played, error) {
	m := *v.Manifest
	m.Blueprint.Spec.Evaluation.Suites = []blueprint.Suite{{Name: suite, Scenarios: list}}
	model, err := c.cfg.Models.Model(m.Blueprint.Spec.Model)
	if err != nil {
		return nil, err
	}
	ready, err := simulate.Prepare(&m, v.Digest)
	if err != nil {
		return nil, err
	}
	cases, err := simulate.Cases(&m.Blueprint, nil)
	if err != nil {
		return nil, err
	}
	played := make([]simulate.Played, len(cases))
	err = simulate.Each(ctx, len(cases), runtime.GOMAXPROCS(0), func(ctx context.Context, i int) (err error) {
		played[i], err = ready.Play(ctx, model, cases[i], simulate.PlayOptions{Seed: 1, Mode: resource.RunSimulation, Helpers: c.helpers()})
		if err == nil {
			err = measured(v, played[i].Outage)
		}
		return err
	})
	return played, err
}

// scenariosOf are the scenarios of a version, each with what its suite gives it, so
// that it can be played by itself.
func scenariosOf(v resource.Version) (all []blueprint.Scenario, err error) {
	for _, s := range v.Manifest.Blueprint.Spec.Evaluation.Suites {
		list, err := s.Expand()
		if err != nil {
			return nil, err
		}
		for _, sc := range list {
			if sc.Starlark == "" {
				sc.Starlark = s.Starlark
			}
			if s.State != nil {
				state := maps.Clone(s.State)
				maps.Copy(state, sc.State)
				sc.State = state
			}
			all = append(all, sc)
		}
	}
	return all, nil
}

// scenarioOf finds a scenario of a version by name.
func scenarioOf(v resource.Version, name string) (blueprint.Scenario, error) {
	list, err := scenariosOf(v)
	if err != nil {
		return blueprint.Scenario{}, err
	}
	for _, sc := range list {
		if sc.Name == name {
			return sc, nil
		}
	}
	return blueprint.Scenario{}, fault.New(fault.NotFound, "%s has no scenario named %q; `aureus version %s` lists its suites", v.Name, name, v.Name)
}

// replayedScenarios are the scenarios of a guardrail.
func replayedScenarios(v resource.Version, g resource.Guardrail) (list []blueprint.Scenario, err error) {
	names := g.Scenarios
	if len(names) == 0 {
		names = []string{g.Name}
	}
	for _, name := range names {
		sc, err := scenarioOf(v, name)
		if err != nil {
			return nil, err
		}
		list = append(list, sc)
	}
	return list, nil
}
