package console

import (
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
	stays, asks := map[int][]string{}, map[int][]string{}
	for _, m := range t.Moves {
		if m.From == m.To {
			stays[m.From] = append(stays[m.From], m.Tool)
			if !m.Alone {
				asks[m.From] = append(asks[m.From], m.Tool)
			}
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
			n.Stay = fmt.Sprintf("%d %s", len(list), plural(len(list), "call stays", "calls stay"))
			n.Title += ". Calls that stay here: " + strings.Join(list, ", ")
			if human := dedup(asks[i]); len(human) > 0 {
				n.Stay += fmt.Sprintf(", %d %s", len(human), plural(len(human), "asks", "ask"))
				n.Title += "; only with a human: " + strings.Join(human, ", ")
			}
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
