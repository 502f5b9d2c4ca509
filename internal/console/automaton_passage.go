package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

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
