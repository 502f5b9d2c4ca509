package console

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// machine is the release machine as a stage uses it, as SVG parts.
type machine struct {
	W, H  float64
	Nodes []machineNode
	Ways  []machineWay
	Moves []machineMove
	Says  string // for who does not see it
}

type machineNode struct {
	Box   box
	Name  string
	Class string // "", good or bad
}

// machineWay is every move from one state to another, as one arrow.
type machineWay struct {
	Path, Head string
	Class      string // ahead, back or out
	Title      string
}

// machineMove is one row of the machine's table.
type machineMove struct{ From, Event, Guard, To string }

// Sizes of the drawing, in the pixels of its own box, which scrolls.
const (
	stateW, stateH = 108.0, 38.0
	stateGap       = 30.0
	arcHeight      = 15.0 // an arc's height for each state that it passes over
	endsBelow      = 40.0 // from the states down to the ends
)

// waysOut are where a release that does not go well ends.
var waysOut = []resource.ReleaseState{resource.ReleaseRejected, resource.ReleaseRollingBack}

// machineOf draws the states that a release can be in on its way through a stage,
// and the moves of the table between them.
func machineOf(st blueprint.Stage) machine {
	states := statesOf(st)
	moves := movesAmong(states)
	var m machine
	over := 0.0
	for pair := range moves {
		if span := math.Abs(float64(slices.Index(states, pair[1]) - slices.Index(states, pair[0]))); !slices.Contains(waysOut, pair[1]) {
			over = math.Max(over, (span-1)*arcHeight)
		}
	}
	top := edgeMargin + over + 8
	at := map[resource.ReleaseState]box{}
	for i, s := range states {
		b := box{X: edgeMargin + float64(i)*(stateW+stateGap), Y: top, W: stateW, H: stateH}
		at[s] = b
		class := ""
		if s == resource.ReleasePromoted {
			class = "good"
		}
		m.Nodes = append(m.Nodes, machineNode{Box: b, Name: words(s), Class: class})
	}
	m.W = 2*edgeMargin + float64(len(states))*(stateW+stateGap) - stateGap
	m.H = top + stateH + endsBelow + stateH + edgeMargin
	m.ends(states, moves, at)
	m.between(states, moves, at)
	m.tell(states)
	var names []string
	for _, n := range m.Nodes {
		names = append(names, n.Name)
	}
	m.Says = "The states of a release into " + st.Name + ": " + strings.Join(names, ", ") + ". Every move is listed below."
	return m
}

// statesOf are the states of a stage on the way to traffic, in their order.
func statesOf(st blueprint.Stage) []resource.ReleaseState {
	out := []resource.ReleaseState{resource.ReleasePending, resource.ReleaseChecking}
	add := func(s resource.ReleaseState, when bool) {
		if when {
			out = append(out, s)
		}
	}
	add(resource.ReleaseAwaiting, len(ruleLines(st.Approvals)) > 0)
	add(resource.ReleaseFrozen, len(st.Freeze) > 0)
	add(resource.ReleaseDeploying, true)
	add(resource.ReleaseSmoke, true)
	add(resource.ReleaseShadow, st.Rollout.Shadow != nil)
	add(resource.ReleasePreview, st.Rollout.Strategy == blueprint.StrategyBlueGreen)
	add(resource.ReleaseCanary, st.Rollout.Strategy == blueprint.StrategyCanary)
	add(resource.ReleaseSoaking, st.Soak > 0)
	add(resource.ReleasePromoted, true)
	return out
}

// pair is from and to.
type pair [2]resource.ReleaseState

// movesAmong are the rows of the table between the states and to the ways out, by
// the states that they join. Holding and cancelling fit every state and are left
// out, as in the documentation.
func movesAmong(states []resource.ReleaseState) map[pair][]release.Row {
	out := map[pair][]release.Row{}
	for _, row := range release.Table() {
		known := slices.Contains(states, row.From) && (slices.Contains(states, row.To) || slices.Contains(waysOut, row.To))
		if known && row.From != row.To {
			p := pair{row.From, row.To}
			out[p] = append(out[p], row)
		}
	}
	return out
}

// ends draws where a release ends that does not go well, below the states that
// lead there.
func (m *machine) ends(states []resource.ReleaseState, moves map[pair][]release.Row, at map[resource.ReleaseState]box) {
	for _, end := range waysOut {
		var from []box
		for _, s := range states {
			if len(moves[pair{s, end}]) > 0 {
				from = append(from, at[s])
			}
		}
		if len(from) == 0 {
			continue
		}
		first, last := from[0], from[len(from)-1]
		shift := 0.0
		if end == resource.ReleaseRollingBack {
			shift = 14 // beside the arrows to rejected
		}
		b := box{X: first.X + shift, Y: first.Y + stateH + endsBelow, W: last.X - first.X + stateW - shift, H: stateH}
		name := words(end)
		if end == resource.ReleaseRollingBack {
			name = "rolling back"
			if b.W > 2*stateW {
				name = "rolling back, then rolled back"
			}
		}
		m.Nodes = append(m.Nodes, machineNode{Box: b, Name: name, Class: "bad"})
		for _, s := range states {
			if rows := moves[pair{s, end}]; len(rows) > 0 {
				x := at[s].X + stateW/2 + shift
				m.Ways = append(m.Ways, machineWay{Class: "out", Title: titleOf(rows), Path: fmt.Sprintf("M%g %gV%g", x, at[s].Y+stateH, b.Y-headLen),
					Head: fmt.Sprintf("M%g %gL%g %gL%g %gZ", x, b.Y, x-4, b.Y-headLen, x+4, b.Y-headLen)})
			}
		}
	}
}

// between draws the moves among the states: to the next one straight, over others
// in an arc, back in a dashed one.
func (m *machine) between(states []resource.ReleaseState, moves map[pair][]release.Row, at map[resource.ReleaseState]box) {
	for i, from := range states {
		for j, to := range states {
			rows := moves[pair{from, to}]
			if len(rows) == 0 {
				continue
			}
			a, b := at[from], at[to]
			w := machineWay{Class: "ahead", Title: titleOf(rows)}
			if j == i+1 {
				y := a.Y + stateH/2
				w.Path = fmt.Sprintf("M%g %gH%g", a.X+stateW, y, b.X-headLen)
				w.Head = fmt.Sprintf("M%g %gL%g %gL%g %gZ", b.X, y, b.X-headLen, y-4, b.X-headLen, y+4)
				m.Ways = append(m.Ways, w)
				continue
			}
			leave, reach := a.X+stateW*0.7, b.X+stateW*0.3
			if j < i {
				w.Class, leave, reach = "back", a.X+stateW*0.4, b.X+stateW*0.6
			}
			lift := math.Max(1, math.Abs(float64(j-i))-1) * arcHeight
			top := a.Y - lift
			w.Path = fmt.Sprintf("M%g %gC%g %g %g %g %g %g", round2(leave), a.Y, round2(leave), top, round2(reach), top, round2(reach), b.Y-headLen)
			w.Head = fmt.Sprintf("M%g %gL%g %gL%g %gZ", round2(reach), b.Y, round2(reach)-4, b.Y-headLen, round2(reach)+4, b.Y-headLen)
			m.Ways = append(m.Ways, w)
		}
	}
}

// tell lists the moves in words, also to where holding and cancelling lead.
func (m *machine) tell(states []resource.ReleaseState) {
	for _, row := range release.Table() {
		if slices.Contains(states, row.From) && row.From != row.To {
			ends := slices.Contains(waysOut, row.To) || row.To == resource.ReleasePaused || row.To == resource.ReleaseCancelled
			if ends || slices.Contains(states, row.To) {
				m.Moves = append(m.Moves, machineMove{From: words(row.From), Event: words(row.Event), Guard: row.Guard, To: words(row.To)})
			}
		}
	}
}

// titleOf says by what a move is made.
func titleOf(rows []release.Row) string {
	var out []string
	for _, r := range rows {
		line := words(r.Event)
		if r.Guard != "" {
			line += ": " + r.Guard
		}
		out = append(out, line)
	}
	return words(rows[0].From) + " to " + words(rows[0].To) + " on " + strings.Join(out, "; or ")
}
