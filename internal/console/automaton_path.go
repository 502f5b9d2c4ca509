package console

import "github.com/aureus-agents/aureus/resource"

// pathStep is a decided call of a run on the automaton.
type pathStep struct {
	N        int // from 1
	Step     int // index in the run's steps
	Tool     string
	State    resource.DecisionState
	Tone     string
	Policies []string
	Approval string
	ForRun   bool // the approval allowed more than one call, and this is a further one
	From, To int  // states
	Before   string
	After    string // "" when the call moved nothing
	Unsure   bool   // the state after is the automaton's word: no later decision recorded it
	OffMap   bool   // the automaton does not have one of the two states
}

// follow lays a run on its automaton. The state after a call is the one in which
// the next call was decided, because a decision is recorded before the call's
// result moves the state; after the last call it is what the automaton says. A
// state that the automaton does not have is added, so that it shows.
func (t *atlas) follow(r resource.Run) []pathStep {
	var path []pathStep
	for i, st := range r.Steps {
		if st.Tool == nil || st.Tool.Decision.Before.Phase == "" {
			continue
		}
		d := st.Tool.Decision
		at := t.index(d.Before)
		if n := len(path); n > 0 {
			path[n-1].To, path[n-1].Unsure = at, false
		}
		p := pathStep{N: len(path) + 1, Step: st.Index, Tool: st.Tool.Tool, State: d.State, Tone: tone(d.State), Policies: d.Policies, Approval: d.Approval, ForRun: d.Allowance, From: at, To: at}
		if d.State == resource.DecisionApproved {
			p.To = t.after(at, st.Tool.Tool, failed(r.Steps, i))
			p.Unsure = p.To != at
		}
		path = append(path, p)
	}
	for i := range path {
		p := &path[i]
		p.Before = t.words(p.From)
		p.OffMap = t.States[p.From].Off || t.States[p.To].Off
		if p.From != p.To {
			p.After = t.words(p.To)
		}
	}
	return path
}

// failed reports whether a call's result did not move the phase: it was an error,
// or a CRV gate on it blocked.
func failed(steps []resource.Step, i int) bool {
	call := steps[i].Tool
	if call.IsError {
		return true
	}
	for _, s := range steps[i+1:] {
		if s.CRV == nil {
			return false
		}
		if (s.CRV.On == "result:"+call.Tool || s.CRV.On == "state:"+call.Tool) && s.CRV.Verdict == resource.Block {
			return true
		}
	}
	return false
}
