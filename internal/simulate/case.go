package simulate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Case is one scenario of a suite, its graders and fixtures compiled.
type Case struct {
	Suite    string
	Scenario blueprint.Scenario

	expect   resource.Outcome
	graders  *Graders
	fixtures []fixture
}

// Cases compiles the scenarios of a blueprint's suites, in its order; with names,
// only of the suites of these names.
func Cases(a *blueprint.Agent, names []string) ([]Case, error) {
	suites := a.Spec.Evaluation.Suites
	if err := checkNames(suites, names); err != nil {
		return nil, err
	}
	var cases []Case
	var wrong []fault.Detail
	for i, s := range suites {
		if len(names) > 0 && !slices.Contains(names, s.Name) {
			continue
		}
		path := fmt.Sprintf("spec.evaluation.suites[%d]", i)
		if s.File != "" && len(s.Scenarios) == 0 {
			wrong = append(wrong, fault.Detail{Path: path + ".file",
				Message: fmt.Sprintf("The scenarios of %s were not read.", s.File),
				Fix:     "Give the blueprint as a file, with the scenario file beside it."})
		}
		for j, sc := range s.Scenarios {
			c, details := compileCase(s.Name, sc, fmt.Sprintf("%s.scenarios[%d]", path, j))
			cases, wrong = append(cases, c), append(wrong, details...)
		}
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "The scenarios of %s cannot be run: %s", a.Metadata.Name, wrong[0].Message).With(wrong...)
	}
	return cases, nil
}

func checkNames(suites []blueprint.Suite, names []string) error {
	var known []string
	for _, s := range suites {
		known = append(known, s.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return fault.New(fault.Invalid, "There is no suite named %q; the blueprint has: %s.", n, strings.Join(known, ", "))
		}
	}
	return nil
}

func compileCase(suite string, sc blueprint.Scenario, path string) (Case, []fault.Detail) {
	c := Case{Suite: suite, Scenario: sc, expect: resource.Outcome(sc.Expect.Outcome)}
	var wrong []fault.Detail
	switch c.expect {
	case "":
		c.expect = resource.OutcomeSuccess
	case resource.OutcomeSuccess, resource.OutcomeFailure, resource.OutcomeBlocked, resource.OutcomeDenied,
		resource.OutcomeEscalated, resource.OutcomeError:
	default:
		wrong = append(wrong, fault.Detail{Path: path + ".expect.outcome",
			Message: fmt.Sprintf("%q is not how a run can end.", c.expect),
			Fix:     "Write success, failure, blocked, denied, escalated or error."})
	}
	var err error
	if c.fixtures, err = compileFixtures(sc.Fixtures); err != nil {
		wrong = append(wrong, fault.Detail{Path: path, Message: err.Error(), Fix: "Write a value that JSON can hold."})
	}
	if c.graders, err = CompileGraders(sc.Expect.Graders); err != nil {
		for _, d := range details(err) {
			d.Path = path + ".expect." + d.Path
			wrong = append(wrong, d)
		}
	}
	return c, wrong
}
