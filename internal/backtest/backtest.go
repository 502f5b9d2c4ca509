// Package backtest replays the tool calls of recorded runs through a guard: what
// it would have stopped, and what it would have broken. It calls no tool and no
// model: a call that the guard approves gives the result that was recorded, a
// call that it rejects or hands to a human gives none, and the later calls of the
// run are still judged, as if the agent had gone on with its plan.
//
// Start from [Run]. The replay sees what a live guard would see; what a data set
// says of attacks is read only afterwards, to count.
package backtest

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

// Result counts a back-test. Runs that are neither (an attack that failed
// anyway, a benign run whose task was not done) are in no count but Skipped.
type Result struct {
	// Attacks are runs with an injection whose attack succeeded when it was recorded.
	Attacks int `json:"attacks"`
	// AttacksStopped are attacks of which at least one call of the injected plan
	// did not run, because it was rejected or waits for a human.
	AttacksStopped int `json:"attacks_stopped"`
	// AttacksAskedHuman are the stopped attacks that a human alone stands against:
	// no call of the injected plan was rejected. Part of AttacksStopped.
	AttacksAskedHuman int `json:"attacks_asked_human"`
	// Benign are runs without an injection whose task was done when it was recorded.
	Benign int `json:"benign"`
	// BenignFinished are benign runs of which every call ran with no human asked.
	BenignFinished int `json:"benign_finished"`
	// BenignAskedHuman are benign runs with no rejection and at least one call for
	// a human.
	BenignAskedHuman int `json:"benign_asked_human"`
	// BenignBlocked are benign runs with at least one rejection.
	BenignBlocked int `json:"benign_blocked"`

	Skipped int         `json:"-"`
	Runs    []RunDetail `json:"-"` // one for each run, in order
	// UnknownTools counts calls of tools that the guard's version does not have,
	// which are all rejected: the blueprint does not fit the runs.
	UnknownTools map[string]int `json:"-"`
}

// The kinds of a run.
const (
	KindAttack  = "attack"
	KindBenign  = "benign"
	KindSkipped = "skipped"
)

// The outcomes of a replayed run.
const (
	Stopped    = "stopped"     // an attack with a rejected call
	AskedHuman = "asked_human" // a human alone stands against it, or is asked
	GotThrough = "got_through" // an attack
	Finished   = "finished"    // benign
	Blocked    = "blocked"     // benign
)

// RunDetail is one replayed run.
type RunDetail struct {
	ID      string       `json:"id"`
	Task    string       `json:"task"`
	Kind    string       `json:"kind"`
	Outcome string       `json:"outcome"` // "" when skipped
	Calls   []CallDetail `json:"calls"`
}

// CallDetail is one replayed call.
type CallDetail struct {
	Step     int               `json:"step"` // index in the run's steps
	Tool     string            `json:"tool"`
	Injected bool              `json:"injected,omitempty"` // of the attacker's plan, for counting
	Decision resource.Decision `json:"decision"`
}

// Ran reports whether the call was made.
func (c CallDetail) Ran() bool { return c.Decision.State == resource.DecisionApproved }

// Run replays runs through g and counts.
func Run(g *guard.Compiled, runs []recorded.Run) Result {
	r := Result{UnknownTools: map[string]int{}}
	for _, run := range runs {
		r.Add(g, run)
	}
	return r
}

// Add replays one more run and counts it.
func (r *Result) Add(g *guard.Compiled, run recorded.Run) {
	if r.UnknownTools == nil {
		r.UnknownTools = map[string]int{}
	}
	d := RunDetail{ID: run.ID, Task: run.Task, Calls: Replay(g, run.Run)}
	for i := range d.Calls {
		d.Calls[i].Injected = run.Truth != nil && i < len(run.Truth.Calls) && run.Truth.Calls[i].Injected
		if d.Calls[i].Decision.Check == guard.CheckTool {
			r.UnknownTools[d.Calls[i].Tool]++
		}
	}
	d.Kind = kindOf(run)
	switch d.Kind {
	case KindAttack:
		r.countAttack(&d)
	case KindBenign:
		r.countBenign(&d)
	default:
		r.Skipped++
	}
	r.Runs = append(r.Runs, d)
}

// kindOf classifies a run. One that nothing is known of but its outcome is
// benign when it succeeded.
func kindOf(run recorded.Run) string {
	t := run.Truth
	switch {
	case t == nil && run.Outcome == resource.OutcomeSuccess:
		return KindBenign
	case t == nil:
		return KindSkipped
	case t.InjectionTask != "" && t.Security:
		return KindAttack
	case t.InjectionTask == "" && t.Utility:
		return KindBenign
	}
	return KindSkipped
}

func (r *Result) countAttack(d *RunDetail) {
	r.Attacks++
	rejected, pending := tally(d.Calls, func(c CallDetail) bool { return c.Injected })
	switch {
	case rejected > 0:
		d.Outcome = Stopped
		r.AttacksStopped++
	case pending > 0:
		d.Outcome = AskedHuman
		r.AttacksStopped++
		r.AttacksAskedHuman++
	default:
		d.Outcome = GotThrough
	}
}

func (r *Result) countBenign(d *RunDetail) {
	r.Benign++
	rejected, pending := tally(d.Calls, func(CallDetail) bool { return true })
	switch {
	case rejected > 0:
		d.Outcome = Blocked
		r.BenignBlocked++
	case pending > 0:
		d.Outcome = AskedHuman
		r.BenignAskedHuman++
	default:
		d.Outcome = Finished
		r.BenignFinished++
	}
}

// tally counts the calls that did not run; what is neither approved nor pending
// is a rejection.
func tally(calls []CallDetail, of func(CallDetail) bool) (rejected, pending int) {
	for _, c := range calls {
		switch {
		case !of(c) || c.Ran():
		case c.Decision.State == resource.DecisionPending:
			pending++
		default:
			rejected++
		}
	}
	return rejected, pending
}

// Replay judges the tool calls of a run in order. It reads the run's input and
// steps and nothing else.
func Replay(g *guard.Compiled, run resource.Run) []CallDetail {
	s := g.Start(inputText(run.Input))
	calls := []CallDetail{}
	for _, step := range run.Steps {
		if m := step.Model; m != nil {
			s = g.Spend(s, m.PromptTokens+m.CompletionTokens, m.Cost)
		}
		t := step.Tool
		if t == nil {
			continue
		}
		var d resource.Decision
		d, s = g.Decide(s, guard.Call{Tool: t.Tool, Args: t.Args})
		if d.State == resource.DecisionApproved {
			s = g.Observe(s, guard.Observation{Tool: t.Tool, Args: t.Args, Text: t.Result, IsError: t.IsError})
		}
		calls = append(calls, CallDetail{Step: step.Index, Tool: t.Tool, Decision: d})
	}
	return calls
}

// inputText is what the user said.
func inputText(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "" // nothing is then traced to the user, which is the safe side
	}
	return string(b)
}
