package console

import (
	"cmp"
	"math"
	"slices"
)

// side of a node at which an edge leaves or enters.
type side int

const (
	right side = iota
	left
	top
	bottom
)

// link is an edge between two states that differ, in grid terms.
type link struct {
	from, to         int
	fromSide, toSide side
	start, end       point
	c1, c2           point // of the cubic curve
}

type point struct{ X, Y float64 }

// sidesOf chooses where an edge leaves and enters, so that it crosses few nodes:
// forward from right to left, down and up between neighbours, everything else
// around.
func sidesOf(a, b place) (from, to side) {
	dc, dr := b.col-a.col, b.row-a.row
	switch {
	case dc == 1, dc > 1 && dr != 0:
		return right, left
	case dc > 1:
		return top, top
	case dc < 0:
		return bottom, bottom
	case dr == 1:
		return bottom, top
	case dr == -1:
		return top, bottom
	}
	return right, right
}

// makeRoom widens the frames when arcs run above the first or below the last row.
func (g *grid) makeRoom(ways []passage) {
	for _, w := range ways {
		a, b := g.places[w.from], g.places[w.to]
		s, e := sidesOf(a, b)
		if s == top && e == top && min(a.row, b.row) == 0 {
			g.over = arcRoom
		}
		if s == bottom && e == bottom && max(a.row, b.row) == g.rows-1 {
			g.under = arcRoom
		}
	}
}

// route lays the links: each gets a place of its own on the sides of its nodes.
func (g grid) route(links []link) {
	type port struct {
		link int
		out  bool
	}
	ports := map[[2]int][]port{}
	for i := range links {
		l := &links[i]
		l.fromSide, l.toSide = sidesOf(g.places[l.from], g.places[l.to])
		ports[[2]int{l.from, int(l.fromSide)}] = append(ports[[2]int{l.from, int(l.fromSide)}], port{i, true})
		ports[[2]int{l.to, int(l.toSide)}] = append(ports[[2]int{l.to, int(l.toSide)}], port{i, false})
	}
	for at, list := range ports {
		other := func(p port) place {
			if p.out {
				return g.places[links[p.link].to]
			}
			return g.places[links[p.link].from]
		}
		slices.SortFunc(list, func(p, q port) int {
			a, b := other(p), other(q)
			if side(at[1]) == top || side(at[1]) == bottom {
				return cmp.Or(cmp.Compare(a.col, b.col), cmp.Compare(a.row, b.row), cmp.Compare(p.link, q.link))
			}
			return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.col, b.col), cmp.Compare(p.link, q.link))
		})
		for i, p := range list {
			at := g.port(at[0], side(at[1]), i, len(list))
			if p.out {
				links[p.link].start = at
			} else {
				links[p.link].end = at
			}
		}
	}
	for i := range links {
		g.bend(&links[i])
	}
}

// port is the place of the i-th of n edges on a side of a node.
func (g grid) port(state int, s side, i, n int) point {
	b := g.node(state)
	spread := func(length float64) float64 {
		step := math.Min(16, (length-20)/float64(max(n, 1)))
		return length/2 + (float64(i)-float64(n-1)/2)*step
	}
	switch s {
	case right:
		return point{b.X + b.W, b.Y + spread(b.H)}
	case left:
		return point{b.X, b.Y + spread(b.H)}
	case top:
		return point{b.X + spread(b.W), b.Y}
	}
	return point{b.X + spread(b.W), b.Y + b.H}
}

// bend chooses the control points of a link's curve.
func (g grid) bend(l *link) {
	a, b := g.places[l.from], g.places[l.to]
	far := float64(max(abs(a.col-b.col), abs(a.row-b.row)))
	pull := gapX * 0.55
	if l.fromSide == top || l.fromSide == bottom {
		pull = gapY * 0.5
		if l.fromSide == l.toSide { // an arc over or below what lies between
			pull = 24 + 6*math.Min(far, 3)
		}
	} else if l.fromSide == l.toSide {
		pull = math.Min(gapX*0.9, gapX*(0.25+0.15*far))
	}
	l.c1, l.c2 = push(l.start, l.fromSide, pull), push(l.end, l.toSide, pull)
	if l.fromSide == right && l.toSide == left && b.col-a.col > 1 {
		// Along the row in which nothing is in the way, and over in the gap beside it.
		switch {
		case g.free(a.row, a.col, b.col):
			l.c1, l.c2 = point{l.end.X - gapX*0.35, l.start.Y}, point{l.end.X - gapX*0.6, l.end.Y}
		case g.free(b.row, a.col, b.col):
			l.c1, l.c2 = point{l.start.X + gapX*0.6, l.start.Y}, point{l.start.X + gapX*0.35, l.end.Y}
		}
	}
}

// free reports whether no state stands in a row between two columns.
func (g grid) free(row, from, to int) bool {
	return !slices.ContainsFunc(g.places, func(p place) bool { return p.row == row && p.col > from && p.col < to })
}

func push(p point, s side, by float64) point {
	switch s {
	case right:
		return point{p.X + by, p.Y}
	case left:
		return point{p.X - by, p.Y}
	case top:
		return point{p.X, p.Y - by}
	}
	return point{p.X, p.Y + by}
}

func abs(n int) int { return max(n, -n) }

// path is the link's curve, which ends where the head begins.
func (l link) path() string {
	end := push(l.end, l.toSide, headLen-1)
	return "M" + xy(l.start.X, l.start.Y) + "C" + xy(l.c1.X, l.c1.Y) + " " + xy(l.c2.X, l.c2.Y) + " " + xy(end.X, end.Y)
}

// headLen is the length of an arrow's head.
const headLen = 8.0

// head is the arrow's head, which points into the side it enters.
func (l link) head() string {
	back := push(l.end, l.toSide, headLen)
	a, b := point{back.X, back.Y - headLen/2}, point{back.X, back.Y + headLen/2}
	if l.toSide == top || l.toSide == bottom {
		a, b = point{back.X - headLen/2, back.Y}, point{back.X + headLen/2, back.Y}
	}
	return "M" + xy(l.end.X, l.end.Y) + "L" + xy(a.X, a.Y) + "L" + xy(b.X, b.Y) + "Z"
}

// at is a point of the curve.
func (l link) at(t float64) point {
	u := 1 - t
	mix := func(a, b, c, d float64) float64 { return u*u*u*a + 3*u*u*t*b + 3*u*t*t*c + t*t*t*d }
	return point{mix(l.start.X, l.c1.X, l.c2.X, l.end.X), mix(l.start.Y, l.c1.Y, l.c2.Y, l.end.Y)}
}
