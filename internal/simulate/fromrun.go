package simulate

import (
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// FromRun is [FromRunOf] for a run whose version is not at hand: only tools of
// which a call failed are taken as tools that change something.
func FromRun(run resource.Run) (blueprint.Scenario, error) { return FromRunOf(run, nil) }

// FromRunOf makes a regression scenario of a recorded run of version m: its
// input, its tools' answers as fixtures, the approvals that it had, and the
// expectation that it succeeds. It has no graders; what else must hold is for a
// person to add.
//
// What the run was allowed to change it is allowed again, whoever allowed it: a
// later version that has people asked first is no worse for that. A tool that the
// run did not call is approved when a scenario of m approves it, and no tool is
// that a human refused.
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
		Approve: approvals(m, run, calls, approved),
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

// RecordedFromRun makes a scenario that replays a run: its input, the approvals
// that humans gave, and its tools' answers as a recording. A call gets an answer
// only when the run made it with equal arguments, in the run's order; any other
// call fails the scenario, unless unmatched says otherwise. A run that was
// imported can be replayed too.
func RecordedFromRun(run resource.Run, unmatched string) (blueprint.Scenario, error) {
	if run.Input == nil {
		return blueprint.Scenario{}, fault.New(fault.Invalid,
			"Run %s has no recorded input, so no scenario can be made of it; read it with its payloads.", run.ID)
	}
	calls, approved := madeCalls(run)
	rec := &blueprint.Recording{Run: run.ID, Unmatched: unmatched, Calls: make([]blueprint.RecordedCall, len(calls))}
	for i, c := range calls {
		rec.Calls[i] = blueprint.RecordedCall{Tool: c.Tool, Args: c.Args}
		if c.IsError {
			rec.Calls[i].Error = orText(c.Result, "the tool reported an error")
		} else {
			rec.Calls[i].Result = fixtureResult(c.Result)
		}
	}
	sc := blueprint.Scenario{Name: "run-" + run.ID, Input: run.Input, Recorded: rec, Approve: approved, FromRun: run.ID,
		Expect: blueprint.Expect{Outcome: string(resource.OutcomeSuccess)}}
	_, err := compileRecording(rec)
	return sc, err
}

// madeCalls are the calls of a run that reached a tool, and the tools of which a
// human approved one.
func madeCalls(run resource.Run) (calls []resource.ToolStep, approved []string) {
	for _, s := range run.Steps {
		if s.Tool == nil {
			continue
		}
		// No guard decided the calls of an imported run; they were made.
		imported := run.Mode == resource.RunRecorded && s.Tool.Decision.State == ""
		if s.Tool.Decision.State != resource.DecisionApproved && !imported {
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
