package control

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// seeded is a blueprint with the defect of a drill: a gate that lets no answer
// pass. It fails where a real bad answer does, and calls nothing. The mark makes
// every seeded version another one. Pure.
func seeded(a blueprint.Agent, mark string) blueprint.Agent {
	a.Spec.CRV = append(slices.Clone(a.Spec.CRV), blueprint.CRVGate{
		Name: "aureus-drill", On: "output", Recovery: blueprint.RecoverEscalate,
		Validators: []blueprint.Validator{{Type: "expression", Expression: "false", Message: "seeded by drill " + mark + ": no answer passes"}},
	})
	return a
}

// seed registers a bad version of good: signed, and marked as a drill's.
func (t *tx) seed(good resource.Version) (resource.Version, error) {
	a := seeded(good.Manifest.Blueprint, t.c.cfg.NewID("seed"))
	m, digest, err := Manifest(&a, good.Manifest.Adapters)
	if err != nil {
		return resource.Version{}, err
	}
	number, err := t.nextNumber(good.Agent)
	if err != nil {
		return resource.Version{}, err
	}
	v := resource.Version{Agent: good.Agent, Number: number, Name: fmt.Sprintf("%s@v%d", good.Agent, number), Digest: digest,
		Tier: crv.Delta(nil, m, "", digest).Tier, Build: resource.Build{Source: "drill of " + good.Name}, Drill: true,
		CreatedAt: t.c.now(), CreatedBy: resource.System, Manifest: m}
	return v, t.enter(v, Validate(&a, nil))
}

// onlyDrilled is fault.Blocked: nobody releases a version that is bad on purpose.
func onlyDrilled(v resource.Version) error {
	return fault.New(fault.Blocked, "%s was made bad on purpose for a drill and is never released; `aureus versions %s` lists the others", v.Name, v.Agent).
		With(fault.Detail{Code: string(resource.PolicyViolation), Message: "a drill's version"})
}

// drillCases are the situations that a drill plays: the scenarios of the agent's
// suites that are meant to succeed, with nothing going wrong, on simulated tools.
// Nothing grades them: how a run ends is what a canary looks at.
func drillCases(a blueprint.Agent) ([]simulate.Case, error) {
	var suites []blueprint.Suite
	for _, s := range a.Spec.Evaluation.Suites {
		list, err := s.Expand()
		if err != nil {
			return nil, err
		}
		s.File, s.Data, s.Scenarios = "", nil, nil
		for _, sc := range list {
			if playable(sc) {
				sc.Expect = blueprint.Expect{}
				s.Scenarios = append(s.Scenarios, sc)
			}
		}
		s.TaskType = ""
		if len(s.Scenarios) > 0 {
			suites = append(suites, s)
		}
	}
	if len(suites) == 0 {
		return nil, fault.New(fault.Conflict, "%s has no scenario that a drill could play: one that is expected to succeed, with one input, no faults and no live tools; add one to its evaluation.suites",
			a.Metadata.Name)
	}
	a.Spec.Evaluation.Suites = suites
	return simulate.Cases(&a, nil)
}

// playable reports whether a scenario can be traffic of a drill.
func playable(sc blueprint.Scenario) bool {
	healthy := sc.Expect.Outcome == "" || sc.Expect.Outcome == string(resource.OutcomeSuccess)
	return healthy && len(sc.Faults) == 0 && len(sc.Turns) == 0 && sc.User == nil &&
		!slices.ContainsFunc(sc.Fixtures, func(f blueprint.Fixture) bool { return f.Live || f.Fault != nil })
}
