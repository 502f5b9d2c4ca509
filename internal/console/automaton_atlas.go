package console

import (
	"slices"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// atlas is an automaton that a run's path can be laid on.
type atlas struct {
	control.Automaton
	States []mapState
	Moves  []mapMove
	start  int
}

// mapState is a node.
type mapState struct {
	guard.GraphState
	Off bool // only the run knows it
}

// mapMove is calls of one tool in a state, and the state after them.
type mapMove struct {
	From, To int
	Tool     string
	Alone    bool // some run without a human
	Failed   bool // only the ones that fail lead there
}

// atlasOf reads an automaton. A tool that moves the phase leads, when it fails, to
// a state of the same phase: that is how those moves are told.
func atlasOf(a control.Automaton) *atlas {
	t := &atlas{Automaton: a}
	for i, s := range a.Graph.States {
		t.States = append(t.States, mapState{GraphState: s})
		if s.Initial {
			t.start = i
		}
	}
	leaves := map[[2]string]bool{} // state and tool that moves the phase
	for _, e := range a.Edges {
		for _, tool := range e.Tools {
			m := mapMove{From: t.find(e.From), To: t.find(e.To), Tool: tool, Alone: e.Decision == resource.DecisionApproved}
			if m.From < 0 || m.To < 0 {
				continue
			}
			t.Moves = append(t.Moves, m)
			if t.States[m.From].Phase != t.States[m.To].Phase {
				leaves[[2]string{e.From, tool}] = true
			}
		}
	}
	for i := range t.Moves {
		m := &t.Moves[i]
		from := t.States[m.From]
		m.Failed = leaves[[2]string{from.ID, m.Tool}] && from.Phase == t.States[m.To].Phase
	}
	return t
}

func (t *atlas) find(id string) int {
	return slices.IndexFunc(t.States, func(s mapState) bool { return s.ID == id })
}

// index is the place of a recorded state. One that the automaton does not have is
// added, so that it shows.
func (t *atlas) index(s resource.GuardState) int {
	s.Tainted = s.Tainted || s.Unknown
	if s.Unknown {
		s.Confidentiality = string(restricted)
	}
	id := t.StateID(s)
	if i := t.find(id); i >= 0 {
		return i
	}
	n := mapState{Off: true}
	n.ID, n.Phase = id, s.Phase
	if !t.Collapsed {
		n.Tainted, n.Confidentiality = s.Tainted, zoneOf(s.Confidentiality)
	}
	t.States = append(t.States, n)
	return len(t.States) - 1
}

// after is where a call leads by the automaton.
func (t *atlas) after(from int, tool string, failed bool) int {
	for _, m := range t.Moves {
		if m.From == from && m.Tool == tool && m.Failed == failed {
			return m.To
		}
	}
	return from
}

// phases are the phases in the order of their columns: the blueprint's, then those
// that only the run knows.
func (t *atlas) phases() []string {
	var names []string
	for _, p := range t.Phases {
		if slices.ContainsFunc(t.States, func(s mapState) bool { return s.Phase == p }) {
			names = append(names, p)
		}
	}
	for _, s := range t.States {
		if !slices.Contains(names, s.Phase) {
			names = append(names, s.Phase)
		}
	}
	return names
}

// words is a state in words.
func (t *atlas) words(i int) string {
	s := t.States[i]
	if t.Collapsed {
		return s.Phase
	}
	read := "no outside text read"
	if s.Tainted {
		read = "outside text read"
	}
	return s.Phase + ", " + read + ", data up to " + string(s.Confidentiality)
}
