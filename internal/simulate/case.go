package simulate

import (
	"fmt"
	"maps"
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

	expect    resource.Outcome
	graders   *Graders
	refusal   *Graders // nil: none
	fixtures  []fixture
	stateful  *stateful  // nil: none
	recording *recording // nil: none
	faults    []blueprint.Fault
	turns     []*Graders // of the scripted turns
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
		shared, err := compileStateful(s.Name+".star", s.Starlark, s.State, a.Spec.Tools)
		if err != nil {
			wrong = append(wrong, fault.Detail{Path: path + ".starlark", Message: err.Error(), Fix: "Correct the suite's Starlark."})
		}
		list, err := s.Expand()
		if err != nil {
			for _, d := range details(err) {
				d.Path = path + "." + d.Path
				wrong = append(wrong, d)
			}
		}
		for j, sc := range list {
			k := compiler{suite: s, shared: shared, tools: a.Spec.Tools, path: fmt.Sprintf("%s.%s[%d]", path, listOf(s), j)}
			c, details := k.compile(sc)
			cases, wrong = append(cases, c), append(wrong, details...)
		}
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "The scenarios of %s cannot be run: %s", a.Metadata.Name, wrong[0].Message).With(wrong...)
	}
	return cases, nil
}

// listOf is where a suite's scenarios are written.
func listOf(s blueprint.Suite) string {
	if s.Data != nil {
		return "data.rows"
	}
	return "scenarios"
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

// compiler compiles the scenarios of a suite.
type compiler struct {
	suite  blueprint.Suite
	shared *stateful // the suite's own, nil for none
	tools  []blueprint.Tool
	path   string
	wrong  []fault.Detail
}

func (k *compiler) fail(field, message, fix string) {
	k.wrong = append(k.wrong, fault.Detail{Path: k.path + field, Message: message, Fix: fix})
}

func (k *compiler) compile(sc blueprint.Scenario) (Case, []fault.Detail) {
	c := Case{Suite: k.suite.Name, Scenario: sc, faults: sc.Faults}
	c.expect = k.outcome(sc.Expect.Outcome)
	var err error
	if c.fixtures, err = compileFixtures(sc.Fixtures, k.tools); err != nil {
		k.fail("", err.Error(), "Correct the fixture.")
	}
	if c.stateful, err = k.stateful(sc); err != nil {
		k.fail(".starlark", err.Error(), "Correct the scenario's Starlark or state.")
	}
	if c.recording, err = compileRecording(sc.Recorded); err != nil {
		k.fail("", err.Error(), "Correct the recording.")
	}
	for i, f := range sc.Faults {
		if problem := checkFault(f); problem != "" {
			k.fail(fmt.Sprintf(".faults[%d]", i), problem, "Correct the fault.")
		}
	}
	c.graders = k.graders(sc.Expect.Graders, sc.Expect.Output, "expect.graders")
	for i, t := range sc.Turns {
		c.turns = append(c.turns, k.graders(t.Graders, nil, fmt.Sprintf("turns[%d].graders", i)))
	}
	if len(sc.Turns) > 0 && sc.User != nil {
		k.fail(".user", "a scenario has one user", "Write either turns or user.")
	}
	if len(sc.Expect.Refusal) > 0 {
		c.refusal = k.graders(sc.Expect.Refusal, nil, "expect.refusal")
	}
	return c, k.wrong
}

// stateful is the scenario's own stateful tools, else the suite's with the
// scenario's state over the suite's.
func (k *compiler) stateful(sc blueprint.Scenario) (*stateful, error) {
	if sc.Starlark != "" {
		return compileStateful(sc.Name+".star", sc.Starlark, over(k.suite.State, sc.State), k.tools)
	}
	if k.shared == nil {
		if k.suite.Starlark != "" {
			return nil, nil // reported with the suite
		}
		return compileStateful(sc.Name+".star", "", sc.State, k.tools)
	}
	own := *k.shared
	own.state = over(k.suite.State, sc.State)
	return &own, nil
}

// over is base with the fields of top in place of its own.
func over(base, top map[string]any) map[string]any {
	out := maps.Clone(base)
	if out == nil {
		return top
	}
	maps.Copy(out, top)
	return out
}

func (k *compiler) graders(gs []blueprint.Grader, expected any, field string) *Graders {
	out, err := CompileGraders(gs, expected)
	if err != nil {
		for _, d := range details(err) {
			d.Path = k.path + "." + field + strings.TrimPrefix(d.Path, "graders")
			k.wrong = append(k.wrong, d)
		}
	}
	return out
}

func (k *compiler) outcome(want string) resource.Outcome {
	switch o := resource.Outcome(want); o {
	case "":
		return resource.OutcomeSuccess
	case resource.OutcomeSuccess, resource.OutcomeFailure, resource.OutcomeBlocked, resource.OutcomeDenied,
		resource.OutcomeEscalated, resource.OutcomeError:
		return o
	}
	k.fail(".expect.outcome", fmt.Sprintf("%q is not how a run can end.", want), "Write success, failure, blocked, denied, escalated or error.")
	return ""
}
