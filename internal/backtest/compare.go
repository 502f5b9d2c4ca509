package backtest

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

// Comparison counts a back-test of one guard against another: the one that
// serves now. The zero value counts nothing yet.
type Comparison struct {
	Runs      int    `json:"runs"`
	Candidate Result `json:"candidate"`
	Against   Result `json:"against"`
	// Changed are runs of which at least one call is decided otherwise; their
	// outcome may be the same.
	Changed int `json:"changed"`
	// Opened are attacks that were stopped and get through, Closed the other way.
	Opened int `json:"opened"`
	Closed int `json:"closed"`
	// Broken are benign runs that finished and are now blocked, Asking those that
	// finished and now ask a human, Freed those that now finish alone.
	Broken int `json:"broken"`
	Asking int `json:"asking"`
	Freed  int `json:"freed"`

	moves map[Move]int
}

// Move is how the outcome of runs of one kind changes.
type Move struct {
	Kind string `json:"kind"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Moved is a move with how many runs made it.
type Moved struct {
	Move
	Runs int `json:"runs"`
}

// Change is a run that the two guards decide differently.
type Change struct {
	Move
	Run   resource.Run
	Calls []CallChange // those that are decided otherwise, in order
}

// CallChange is a call that the two guards decide differently. Args and the
// result are the recorded ones.
type CallChange struct {
	Step     int
	Tool     string
	Args     map[string]any
	From, To resource.Decision
}

// Add replays one more run through both guards; without the second it is held
// against what was decided when it was recorded. changed reports whether any call
// is decided otherwise; only then is the Change filled.
func (c *Comparison) Add(candidate, against Judge, run recorded.Run) (ch Change, changed bool) {
	c.Runs++
	to := c.Candidate.Add(candidate, run)
	var from RunDetail
	if against != nil {
		from = c.Against.Add(against, run)
	} else {
		from = c.Against.count(run, asRecorded(run.Run))
	}
	ch = Change{Move: Move{Kind: to.Kind, From: from.Outcome, To: to.Outcome}}
	for i, call := range to.Calls {
		was := from.Calls[i].Decision
		if call.Decision.State == was.State {
			continue
		}
		ch.Calls = append(ch.Calls, CallChange{Step: call.Step, Tool: call.Tool, Args: argsAt(run.Run, call.Step), From: was, To: call.Decision})
	}
	if len(ch.Calls) == 0 {
		return Change{}, false
	}
	ch.Run = run.Run
	c.count(ch.Move)
	return ch, true
}

func argsAt(run resource.Run, step int) map[string]any {
	i := slices.IndexFunc(run.Steps, func(s resource.Step) bool { return s.Index == step && s.Tool != nil })
	if i < 0 {
		return nil
	}
	return run.Steps[i].Tool.Args
}

func (c *Comparison) count(m Move) {
	if c.moves == nil {
		c.moves = map[Move]int{}
	}
	c.Changed++
	c.moves[m]++
	switch {
	case m.From == m.To:
	case m.To == GotThrough:
		c.Opened++
	case m.From == GotThrough:
		c.Closed++
	case m.Kind == KindBenign && m.From == Finished && m.To == Blocked:
		c.Broken++
	case m.Kind == KindBenign && m.From == Finished:
		c.Asking++
	case m.Kind == KindBenign && m.To == Finished:
		c.Freed++
	}
}

// Moves lists how outcomes change, by kind, from and to.
func (c *Comparison) Moves() []Moved {
	out := make([]Moved, 0, len(c.moves))
	for m, n := range c.moves {
		out = append(out, Moved{Move: m, Runs: n})
	}
	slices.SortFunc(out, func(a, b Moved) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}
