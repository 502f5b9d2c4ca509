package console

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
)

// Sizes of a drawn automaton, in the pixels of its own box. The box scrolls, so
// that nothing shrinks until it cannot be read.
const (
	nodeW, nodeH   = 156.0, 62.0
	chipRow        = 22.0 // more height of every node when a path is drawn
	gapX, gapY     = 150.0, 48.0
	framePad       = 14.0
	frameHead      = 28.0
	edgeMargin     = 12.0 // around everything
	arcRoom        = 24.0 // above the first or below the last row, when arcs need it
	splitMaxPhases = 2    // so many phases have a column each for clean and tainted
)

// place is where a state stands: column and row of the grid.
type place struct{ col, row int }

// grid is the columns and rows of an automaton: phases side by side, states below
// each other from clean and public to tainted and restricted. With few phases the
// tainted states stand beside the clean ones, not below, because that reads better
// than one high column.
type grid struct {
	places     []place // by state
	cols, rows int
	groups     []group
	nodeH      float64
	over       float64 // room above the first row
	under      float64 // room below the last one
}

// group is the columns of one phase.
type group struct {
	phase    string
	from, to int // first and last column
}

// restricted is the zone of a run whose state was lost.
const restricted = blueprint.ZoneRestricted

// zoneOf is a recorded zone; none is public.
func zoneOf(name string) blueprint.Zone {
	if name == "" {
		return blueprint.ZonePublic
	}
	return blueprint.Zone(name)
}

// zoneRank orders zones; an unknown one is last.
func zoneRank(zone blueprint.Zone) int {
	zones := []blueprint.Zone{blueprint.ZonePublic, blueprint.ZoneInternal, blueprint.ZoneConfidential, restricted}
	if i := slices.Index(zones, zone); i >= 0 {
		return i
	}
	return len(zones)
}

// gridOf places the states. phases is their order.
func gridOf(phases []string, states []mapState, withPath bool) grid {
	g := grid{places: make([]place, len(states)), nodeH: nodeH}
	if withPath {
		g.nodeH += chipRow
	}
	split := len(phases) <= splitMaxPhases
	type key struct {
		a, b int
	}
	colOf := func(s mapState) key {
		k := key{a: slices.Index(phases, s.Phase)}
		if split && s.Tainted {
			k.b = 1
		}
		return k
	}
	rowOf := func(s mapState) key {
		k := key{b: zoneRank(s.Confidentiality)}
		if !split && s.Tainted {
			k.a = 1
		}
		return k
	}
	order := func(of func(mapState) key) []key {
		var keys []key
		for _, s := range states {
			keys = append(keys, of(s))
		}
		slices.SortFunc(keys, func(x, y key) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
		return slices.Compact(keys)
	}
	cols, rows := order(colOf), order(rowOf)
	g.cols, g.rows = len(cols), len(rows)
	for i, s := range states {
		g.places[i] = place{slices.Index(cols, colOf(s)), slices.Index(rows, rowOf(s))}
	}
	for i, c := range cols {
		if n := len(g.groups); n > 0 && c.a >= 0 && g.groups[n-1].phase == phases[c.a] {
			g.groups[n-1].to = i
			continue
		}
		g.groups = append(g.groups, group{phase: phases[c.a], from: i, to: i})
	}
	return g
}

func (g grid) x(col int) float64 { return edgeMargin + framePad + float64(col)*(nodeW+gapX) }
func (g grid) y(row int) float64 {
	return edgeMargin + frameHead + framePad + g.over + float64(row)*(g.nodeH+gapY)
}

func (g grid) width() float64 {
	return 2*(edgeMargin+framePad) + float64(g.cols)*nodeW + float64(max(g.cols-1, 0))*gapX
}

func (g grid) height() float64 {
	return 2*edgeMargin + frameHead + 2*framePad + g.over + g.under + float64(g.rows)*g.nodeH + float64(max(g.rows-1, 0))*gapY
}

// frame is the box around a group's columns.
func (g grid) frame(gr group) box {
	x := g.x(gr.from) - framePad
	return box{x, edgeMargin, g.x(gr.to) + nodeW + framePad - x, g.height() - 2*edgeMargin}
}

// node is the box of a state.
func (g grid) node(state int) box {
	p := g.places[state]
	return box{g.x(p.col), g.y(p.row), nodeW, g.nodeH}
}

// box is a rectangle.
type box struct{ X, Y, W, H float64 }

func (b box) overlaps(o box) bool {
	return b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H
}
