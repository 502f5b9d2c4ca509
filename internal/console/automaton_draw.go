package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// drawing is an automaton as SVG parts.
type drawing struct {
	W, H   float64
	Frames []drawnFrame
	Nodes  []drawnNode
	Edges  []drawnEdge // the walked ones last, so that they lie on top
	Labels []caption
	Says   string // for who does not see it
}

type drawnFrame struct {
	Box         box
	Name, Title string
	Final       bool
}

type drawnNode struct {
	Box         box
	Text, Zone  string // the two lines
	Title       string
	Class       string // clean or tainted, visited, off the explored automaton
	Stay        string // how many calls change nothing here
	Chips       []chip
	Start, Last bool // a run begins here; this run ended here
}

// chip is a step that was decided in a state.
type chip struct {
	Box  box
	N    string
	Tone string
}

type drawnEdge struct {
	Path, Head string
	Class      string // alone, human or failed
	Walked     bool
	Title      string
}

// maxChips of a node; the last one stands for what is left.
const maxChips = 5

// draw lays an automaton and, when there is one, the path of a run on it.
func draw(t *atlas, path []pathStep, ended bool) drawing {
	ways, g := passagesOf(t, path), gridOf(t.phases(), t.States, len(path) > 0)
	g.makeRoom(ways)
	d := drawing{W: g.width(), H: g.height(), Says: says(t, path)}
	for _, gr := range g.groups {
		f := drawnFrame{Box: g.frame(gr), Name: clip(gr.phase, 20), Title: "Phase " + gr.phase}
		if slices.ContainsFunc(t.States, func(s mapState) bool { return s.Phase == gr.phase && s.Final }) {
			f.Final, f.Title = true, f.Title+": a run may end here"
		}
		d.Frames = append(d.Frames, f)
	}
	d.nodes(g, t, path, ended)
	d.edges(g, ways)
	return d
}

func (d *drawing) nodes(g grid, t *atlas, path []pathStep, ended bool) {
	stays := map[int][]string{}
	for _, m := range t.Moves {
		if m.From == m.To {
			stays[m.From] = append(stays[m.From], m.Tool)
		}
	}
	visited, chips := map[int]bool{}, map[int][]chip{}
	for _, p := range path {
		visited[p.From], visited[p.To] = true, true
		chips[p.From] = append(chips[p.From], chip{N: strconv.Itoa(p.N), Tone: p.Tone})
	}
	for i, s := range t.States {
		n := drawnNode{Box: g.node(i), Text: "no outside text", Zone: string(s.Confidentiality), Class: "clean", Start: i == t.start && !s.Off, Title: "State: " + t.words(i)}
		switch {
		case t.Collapsed:
			n.Text, n.Zone = "all its states", clip(s.Phase, 20)
		case s.Tainted:
			n.Text, n.Class = "outside text read", "tainted"
		}
		if visited[i] {
			n.Class += " visited"
		}
		if s.Off {
			n.Class += " off"
			n.Title += ". The explored automaton does not have this state"
		}
		if list := dedup(stays[i]); len(list) > 0 {
			n.Stay = fmt.Sprintf("%d %s here", len(list), plural(len(list), "call stays", "calls stay"))
			n.Title += ". Calls that stay here: " + strings.Join(list, ", ")
		}
		if len(s.Denied) > 0 {
			n.Title += ". Never called here: " + strings.Join(s.Denied, ", ")
		}
		n.Chips = placed(chips[i], n.Box)
		n.Last = ended && len(path) > 0 && path[len(path)-1].To == i
		d.Nodes = append(d.Nodes, n)
	}
}

// placed lays chips on the lower edge of a node.
func placed(list []chip, in box) []chip {
	if len(list) > maxChips {
		more := len(list) - maxChips + 1
		list = append(slices.Clone(list[:maxChips-1]), chip{N: fmt.Sprintf("+%d", more), Tone: "more"})
	}
	for i := range list {
		list[i].Box = box{in.X + 10 + float64(i)*28, in.Y + in.H - 26, 24, 17}
	}
	return list
}

// passage is all moves from one state to another.
type passage struct {
	from, to             int
	alone, human, failed []string // tools
	walked               []string // tools, in the order of the run
}

// passagesOf groups moves by their two states. A step of a path that no move
// explains is a passage too.
func passagesOf(t *atlas, path []pathStep) []passage {
	at := map[[2]int]int{}
	var out []passage
	of := func(from, to int) *passage {
		k := [2]int{from, to}
		if _, ok := at[k]; !ok {
			at[k] = len(out)
			out = append(out, passage{from: from, to: to})
		}
		return &out[at[k]]
	}
	for _, m := range t.Moves {
		if m.From == m.To {
			continue
		}
		p := of(m.From, m.To)
		switch {
		case m.Failed:
			p.failed = append(p.failed, m.Tool)
		case m.Alone:
			p.alone = append(p.alone, m.Tool)
		default:
			p.human = append(p.human, m.Tool)
		}
	}
	for _, p := range path {
		if p.From != p.To {
			way := of(p.From, p.To)
			way.walked = append(way.walked, p.Tool)
		}
	}
	slices.SortFunc(out, func(a, b passage) int {
		return cmp.Or(cmp.Compare(min(len(a.walked), 1), min(len(b.walked), 1)), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	return out
}

func (d *drawing) edges(g grid, edges []passage) {
	links := make([]link, len(edges))
	for i, e := range edges {
		links[i] = link{from: e.from, to: e.to}
	}
	g.route(links)
	var taken []box
	for _, n := range d.Nodes {
		taken = append(taken, n.Box)
	}
	for _, f := range d.Frames {
		taken = append(taken, box{f.Box.X, f.Box.Y, f.Box.W, frameHead})
	}
	for i, e := range edges {
		d.Edges = append(d.Edges, drawnEdge{Path: links[i].path(), Head: links[i].head(), Class: e.class(), Walked: len(e.walked) > 0, Title: e.title()})
	}
	// The walked ones first: when room is short theirs are the labels to keep.
	for i := len(edges) - 1; i >= 0; i-- {
		text := edges[i].short()
		if text == "" {
			continue
		}
		if c, ok := links[i].label(text, taken, box{0, 0, d.W, d.H}); ok {
			d.Labels, taken = append(d.Labels, c), append(taken, c.Box)
		}
	}
}

func (p passage) class() string {
	switch {
	case len(p.alone) > 0:
		return "alone"
	case len(p.human) > 0:
		return "human"
	}
	return "failed"
}

// short is the passage's label: what the run called, else what can be called. A
// move that only a failed call makes has none.
func (p passage) short() string {
	names := dedup(append(slices.Clone(p.alone), p.human...))
	if len(p.walked) > 0 {
		names = slices.Compact(slices.Clone(p.walked))
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return clip(names[0], 22)
	}
	return fmt.Sprintf("%s +%d", clip(names[0], 18), len(names)-1)
}

func (p passage) title() string {
	var parts []string
	add := func(list []string, how string) {
		if list = dedup(list); len(list) > 0 {
			parts = append(parts, strings.Join(list, ", ")+how)
		}
	}
	add(p.alone, ": may run alone")
	add(p.human, ": only when a human says yes")
	add(p.failed, ": when the call fails")
	if len(parts) == 0 {
		return "a move that the explored automaton does not have"
	}
	return strings.Join(parts, "; ")
}

func dedup(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// says is the drawing for who does not see it; the lists below it say the rest.
func says(t *atlas, path []pathStep) string {
	text := fmt.Sprintf("The guard's automaton of %s version %d: %d states in %d phases.", t.Agent, t.Number, len(t.States), len(t.phases()))
	if len(path) > 0 {
		text += fmt.Sprintf(" The run took %d decided %s, listed below.", len(path), plural(len(path), "call", "calls"))
	}
	return text
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
