package simulate

import (
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// neutral is what a tool that changes something answers when the run holds no
// good answer of it.
var neutral = map[string]any{"status": "ok"}

// FromRun is [FromRunOf] for a run whose version is not at hand: only tools of
// which a call failed are taken as tools that change something.
func FromRun(run resource.Run) (blueprint.Scenario, error) { return FromRunOf(run, nil) }

// FromRunOf makes a regression scenario of a recorded run of version m: its
// input, its tools' answers as fixtures, the approvals that humans gave, and the
// expectation that it succeeds. It has no graders; what else must hold is for a
// person to add.
//
// A call with the same arguments gets the recorded answer, also when that was an
// error, so the version that failed fails again. A corrected version may call
// with other arguments, or go further: a tool that changes something then
// answers as its last good call in the run did, else as the first scenario of m
// that has a good answer of it says, else {"status": "ok"}, which a person
// replaces when the agent needs a real answer. A tool that only reads has no
// such fallback, since an invented answer would be a lie about the world; the
// simulation then names the fixture that is missing.
func FromRunOf(run resource.Run, m *resource.Manifest) (blueprint.Scenario, error) {
	if run.Input == nil && len(run.Steps) == 0 {
		return blueprint.Scenario{}, fault.New(fault.Invalid,
			"Run %s has no recorded input and steps, so no scenario can be made of it; read it with its payloads.", run.ID)
	}
	calls, approved := madeCalls(run)
	sc := blueprint.Scenario{
		Name:    "run-" + run.ID,
		Input:   run.Input,
		Expect:  blueprint.Expect{Outcome: string(resource.OutcomeSuccess)},
		Approve: approved,
		FromRun: run.ID,
	}
	known := parametersOf(m, calls)
	for _, tool := range toolNames(calls) {
		fs, err := recordedFixtures(tool, calls, known[tool])
		if err != nil {
			return blueprint.Scenario{}, err
		}
		sc.Fixtures = append(sc.Fixtures, fs...)
	}
	sc.Fixtures = append(sc.Fixtures, fallbacks(m, calls)...)
	return sc, nil
}

// madeCalls are the calls of a run that reached a tool, and the tools of which a
// human approved one.
func madeCalls(run resource.Run) (calls []resource.ToolStep, approved []string) {
	for _, s := range run.Steps {
		if s.Tool == nil || s.Tool.Decision.State != resource.DecisionApproved {
			continue
		}
		calls = append(calls, *s.Tool)
		if s.Tool.Decision.Approval != "" && !slices.Contains(approved, s.Tool.Tool) {
			approved = append(approved, s.Tool.Tool)
		}
	}
	return calls, approved
}

// toolNames are the tools of the calls, in the order of their first call.
func toolNames(calls []resource.ToolStep) []string {
	var names []string
	for _, c := range calls {
		if !slices.Contains(names, c.Tool) {
			names = append(names, c.Tool)
		}
	}
	return names
}

// recordedFixtures replay one tool's answers, keyed by its arguments. Where equal
// calls got different answers, each answer serves as often as it was given and
// the last one from then on.
func recordedFixtures(tool string, calls []resource.ToolStep, params []string) ([]blueprint.Fixture, error) {
	var keyed, open []blueprint.Fixture // open match any arguments, so they come last
	last := map[string]*blueprint.Fixture{}
	all := make([]blueprint.Fixture, 0, len(calls))
	for _, c := range calls {
		if c.Tool != tool {
			continue
		}
		key, err := canonical(c.Args)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "The arguments of a call of %s in the run cannot be written as JSON.", tool)
		}
		f := answered(c, params)
		if prev := last[string(key)]; prev != nil && sameAnswer(*prev, f) {
			prev.Times++
			continue
		}
		all = append(all, f)
		last[string(key)] = &all[len(all)-1]
	}
	for _, f := range last {
		// An error for any arguments would hide the fallback behind it.
		if f.Error == "" || len(f.Match) > 0 {
			f.Times = 0
		}
	}
	for _, f := range all {
		if len(f.Match) > 0 {
			keyed = append(keyed, f)
		} else {
			open = append(open, f)
		}
	}
	return append(keyed, open...), nil
}

// answered is the fixture of one call. An error answers exactly its arguments: a
// parameter that was left out must be left out again, which a null says, so that
// a call that adds it is not refused too. A good answer serves any call that
// has its arguments.
func answered(c resource.ToolStep, params []string) blueprint.Fixture {
	f := blueprint.Fixture{Tool: c.Tool, Match: maps.Clone(c.Args), Times: 1}
	if !c.IsError {
		f.Result = fixtureResult(c.Result)
		return f
	}
	if f.Error = c.Result; f.Error == "" {
		f.Error = "the tool reported an error"
	}
	for _, p := range params {
		if _, given := f.Match[p]; given {
			continue
		}
		if f.Match == nil {
			f.Match = map[string]any{}
		}
		f.Match[p] = nil
	}
	return f
}

// parametersOf names the parameters of the tools: those of their pinned schemas
// and those that the calls used.
func parametersOf(m *resource.Manifest, calls []resource.ToolStep) map[string][]string {
	sets := map[string]map[string]bool{}
	add := func(tool, param string) {
		if sets[tool] == nil {
			sets[tool] = map[string]bool{}
		}
		sets[tool][param] = true
	}
	for _, c := range calls {
		for p := range c.Args {
			add(c.Tool, p)
		}
	}
	if m != nil {
		for _, t := range m.Blueprint.Spec.Tools {
			for p := range pinnedProperties(m, t) {
				add(t.Name, p)
			}
		}
	}
	out := make(map[string][]string, len(sets))
	for tool, set := range sets {
		out[tool] = slices.Sorted(maps.Keys(set))
	}
	return out
}

func pinnedProperties(m *resource.Manifest, t blueprint.Tool) map[string]any {
	name := t.Upstream
	if name == "" {
		name = t.Name
	}
	for _, a := range m.Adapters {
		for _, pin := range a.Tools {
			if a.Server == t.Server && pin.Name == name {
				props, _ := pin.InputSchema["properties"].(map[string]any)
				return props
			}
		}
	}
	return nil
}

// fallbacks answer calls that the run did not make, of the tools that change
// something.
func fallbacks(m *resource.Manifest, calls []resource.ToolStep) []blueprint.Fixture {
	var names []string
	if m != nil {
		for _, t := range m.Blueprint.Spec.Tools {
			if t.Intent != blueprint.IntentRead {
				names = append(names, t.Name)
			}
		}
	} else {
		for _, c := range calls {
			if c.IsError && !slices.Contains(names, c.Tool) {
				names = append(names, c.Tool)
			}
		}
	}
	out := make([]blueprint.Fixture, len(names))
	for i, n := range names {
		out[i] = blueprint.Fixture{Tool: n, Result: writtenAnswer(m, n)}
		for _, c := range calls {
			if c.Tool == n && !c.IsError {
				out[i].Result = fixtureResult(c.Result)
			}
		}
	}
	return out
}

// writtenAnswer is the first good answer of a tool in the version's scenarios.
func writtenAnswer(m *resource.Manifest, tool string) any {
	if m != nil {
		for _, suite := range m.Blueprint.Spec.Evaluation.Suites {
			for _, sc := range suite.Scenarios {
				for _, f := range sc.Fixtures {
					if f.Tool == tool && f.Error == "" && f.Result != nil {
						return f.Result
					}
				}
			}
		}
	}
	return neutral
}
