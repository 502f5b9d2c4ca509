package console

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// guardMap is a version's automaton as a page shows it: drawn, and in words.
type guardMap struct {
	Drawing   drawing
	Collapsed bool // each phase is drawn as one state
	Path      []pathStep
	Run       string // id, of the path
	Moves     []moveRow
	Missing   string // why there is no automaton; the path is still there
}

// moveRow is all calls that lead from one state to another, in words.
type moveRow struct {
	state                int
	From, To             string // To is "" when the state stays
	Alone, Human, Failed []string
}

// guardMapOf draws an automaton, with the path of a run when there is one.
func guardMapOf(a control.Automaton, r *resource.Run) guardMap {
	m, t := guardMap{}, atlasOf(a)
	if r != nil {
		m.Run, m.Path = r.ID, t.follow(*r)
	}
	m.Collapsed = t.Collapsed
	m.Drawing = draw(t, m.Path, r != nil && r.EndedAt != 0)
	m.Moves = moveRows(t)
	return m
}

// moveRows lists the moves in words, by state.
func moveRows(t *atlas) []moveRow {
	var rows []moveRow
	at := map[[2]int]int{}
	for _, m := range t.Moves {
		k := [2]int{m.From, m.To}
		if _, ok := at[k]; !ok {
			at[k] = len(rows)
			rows = append(rows, moveRow{state: m.From, From: t.words(m.From)})
			if m.From != m.To {
				rows[at[k]].To = t.words(m.To)
			}
		}
		row := &rows[at[k]]
		switch {
		case m.Failed:
			row.Failed = append(row.Failed, m.Tool)
		case m.Alone:
			row.Alone = append(row.Alone, m.Tool)
		default:
			row.Human = append(row.Human, m.Tool)
		}
	}
	slices.SortStableFunc(rows, func(a, b moveRow) int { return cmp.Compare(a.state, b.state) })
	return rows
}

// runMap draws the automaton of a run's version with the path that it took. A run
// of a version that is not registered here has a path and no automaton.
func (s *server) runMap(rq *request, r resource.Run) (guardMap, error) {
	if r.Digest == "" || len(r.Steps) == 0 {
		return guardMap{}, nil
	}
	a, err := s.control.Automaton(rq.Context(), rq.who, r.Agent+"@"+r.Digest)
	switch {
	case err == nil:
		return guardMapOf(a, &r), nil
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Verification), fault.Is(err, fault.Invalid):
		return guardMap{Run: r.ID, Missing: messageOf(err), Path: atlasOf(control.Automaton{}).follow(r)}, nil
	}
	return guardMap{}, err
}
