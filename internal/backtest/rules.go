package backtest

import (
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// Rules are everything of a version that can stop a recorded run: its guard and
// its CRV gates.
type Rules struct {
	Guard *guard.Compiled
	Gates *crv.Chain
}

// Stop is a place at which Rules stop a recorded run: a call that was made and
// would not be made now, or a value that was used and would be blocked.
type Stop struct {
	Step     int                // index in the run's steps; -1 is the output
	Tool     string             // of a call
	Decision *resource.Decision // of the guard, or
	CRV      *resource.CRVStep  // of a gate
	// Asks says that a human would be asked, who was not asked when it was recorded.
	Asks bool
}

// Policy reports whether the guard stops it by the policy with an id, or one of the
// policies of the blueprint's entry of that id.
func (s Stop) Policy(id string) bool {
	if s.Decision == nil {
		return false
	}
	is := func(p string) bool { return p == id || strings.HasPrefix(p, id+"/") }
	return slices.ContainsFunc(s.Decision.Policies, is) ||
		slices.ContainsFunc(s.Decision.Fears, func(f resource.Fear) bool { return is(f.Policy) })
}

// Gate reports whether the gate of a name stops it.
func (s Stop) Gate(name string) bool { return s.CRV != nil && s.CRV.Gate == name }

// Why says in a sentence what stops it.
func (s Stop) Why() string {
	switch {
	case s.CRV != nil:
		return "gate " + s.CRV.Gate + " (" + s.CRV.On + ") blocks: " + s.CRV.Message
	case s.Asks:
		return s.Tool + " would wait for a human: " + s.Decision.Reason
	}
	return s.Tool + " would be refused: " + s.Decision.Reason
}

// Stops replays a recorded run and returns where r stops it, in the run's order.
// Every part is judged as if nothing had stopped before it: what the agent would
// have done instead nobody knows. A call that a human allowed then counts as
// allowed now, unless it is rejected outright.
func (r Rules) Stops(run resource.Run) []Stop {
	w := walk{rules: r, run: run, previous: map[string]any{}, state: r.Guard.Start(inputText(run.Input))}
	for _, step := range run.Steps {
		if m := step.Model; m != nil {
			w.state = r.Guard.Spend(w.state, m.PromptTokens+m.CompletionTokens, m.Cost)
		}
		if step.Tool != nil && step.Tool.Decision.State == resource.DecisionApproved {
			w.call(step.Index, *step.Tool)
		}
	}
	if run.Output != nil {
		w.judge(-1, "", "output", crv.Value{Value: run.Output, Input: run.Input})
	}
	return w.stops
}

// walk is a replay under way.
type walk struct {
	rules    Rules
	run      resource.Run
	state    guard.State
	previous map[string]any // by what is judged
	stops    []Stop
}

// call judges a call that was made, and its result.
func (w *walk) call(index int, t resource.ToolStep) {
	w.judge(index, t.Tool, "args:"+t.Tool, crv.Value{Value: t.Args, Input: w.run.Input, Args: t.Args})
	w.decide(index, t)
	before := w.state
	// The result was read then, so what follows is judged with it.
	w.state = w.rules.Guard.Observe(w.state, guard.Observation{Tool: t.Tool, Call: t.CallID, Args: t.Args, Text: t.Result, IsError: t.IsError, Structured: t.Structured})
	if t.IsError {
		return
	}
	v := crv.Value{Value: agentrun.RecordedResult(t), Input: w.run.Input, Args: t.Args}
	w.judge(index, t.Tool, "result:"+t.Tool, v)
	on := "state:" + t.Tool
	var last any
	if prev, ok := w.previous[on].(map[string]any); ok {
		last = prev["result"]
	}
	v.Value = agentrun.StateChange(before.GuardState, w.state.GuardState, last, t.Args, v.Value)
	w.judge(index, t.Tool, on, v)
}

// decide asks the guard about a call.
func (w *walk) decide(index int, t resource.ToolStep) {
	call := guard.Call{Tool: t.Tool, Args: t.Args}
	d, next := w.rules.Guard.Decide(w.state, call)
	if d.State == resource.DecisionPending && t.Decision.Approval != "" {
		call.ApprovedDigest, call.Approval = guard.ArgsDigest(t.Tool, t.Args), t.Decision.Approval
		d, next = w.rules.Guard.Decide(w.state, call)
	}
	w.state = next
	if d.State != resource.DecisionApproved {
		w.stops = append(w.stops, Stop{Step: index, Tool: t.Tool, Decision: &d, Asks: d.State == resource.DecisionPending})
	}
}

// judge has the gates of on judge a value.
func (w *walk) judge(index int, tool, on string, v crv.Value) {
	v.Previous = w.previous[on]
	for _, s := range w.rules.Gates.Judge(on, v) {
		if s.Verdict == resource.Block {
			w.stops = append(w.stops, Stop{Step: index, Tool: tool, CRV: &s})
			return
		}
	}
	w.previous[on] = v.Value
}
