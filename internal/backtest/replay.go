package backtest

import (
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// Judge decides the calls of a run; [guard.Compiled] is the one that counts. A
// Judge has no state of its own: what it remembers of a run is in guard.State.
type Judge interface {
	// Start is the state of a new run whose user said input.
	Start(input string) guard.State
	// Spend moves the state by one model call.
	Spend(s guard.State, tokens int64, cost resource.MicroUSD) guard.State
	// Decide judges a call in state s and returns the state after it.
	Decide(s guard.State, call guard.Call) (resource.Decision, guard.State)
	// Observe moves the state by the result of an approved call.
	Observe(s guard.State, o guard.Observation) guard.State
}

var _ Judge = (*guard.Compiled)(nil)

// Replay judges the tool calls of a run in order. It reads the run's input and
// steps and nothing else. Of a call that did not run when it was recorded there
// is no result, so what follows is judged without one.
func Replay(j Judge, run resource.Run) []CallDetail {
	s := j.Start(inputText(run.Input))
	calls := []CallDetail{}
	for _, step := range run.Steps {
		if m := step.Model; m != nil {
			s = j.Spend(s, m.PromptTokens+m.CompletionTokens, m.Cost)
		}
		t := step.Tool
		if t == nil {
			continue
		}
		var d resource.Decision
		d, s = j.Decide(s, guard.Call{Tool: t.Tool, Args: t.Args})
		if d.State == resource.DecisionApproved {
			s = j.Observe(s, guard.Observation{Tool: t.Tool, Args: t.Args, Text: t.Result, IsError: t.IsError, Structured: t.Structured})
		}
		calls = append(calls, CallDetail{Step: step.Index, Tool: t.Tool, Decision: d})
	}
	return calls
}

// asRecorded is what was decided when a run was recorded. Other systems record no
// decisions: their calls were all made.
func asRecorded(run resource.Run) []CallDetail {
	calls := []CallDetail{}
	for _, step := range run.Steps {
		if t := step.Tool; t != nil {
			d := t.Decision
			if d.State == "" {
				d.State, d.Reason = resource.DecisionApproved, "The call was made."
			}
			calls = append(calls, CallDetail{Step: step.Index, Tool: t.Tool, Decision: d})
		}
	}
	return calls
}

// inputText is what the user said, as the agent's loop gives it to the guard.
func inputText(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	}
	b, err := blueprint.Canonical(v)
	if err != nil {
		return "" // nothing is then traced to the user, which is the safe side
	}
	return string(b)
}
