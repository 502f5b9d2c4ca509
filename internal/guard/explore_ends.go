package guard

import (
	"fmt"
	"slices"
)

// checkEnds looks for states from which no final phase can be reached.
func (a *Automaton) checkEnds(res *PropertyResult) {
	if len(a.c.final) == 0 {
		return // a run may end in any phase
	}
	ends := a.canEnd()
	stuck := -1
	var phases []string
	for i, n := range a.fresh.nodes {
		if ends[i] {
			continue
		}
		if stuck < 0 {
			stuck = i
		}
		if name := a.x.phaseName(n.state); !slices.Contains(phases, name) {
			phases = append(phases, name)
			res.Detail = append(res.Detail, fmt.Sprintf("a run can reach the phase %s in a state from which no final phase can be reached", name))
		}
	}
	if stuck < 0 {
		return
	}
	res.Verdict = PropertyUnproved
	if w := a.stuckWitness(stuck, ends); w != nil {
		res.Verdict, res.CounterExample = PropertyFails, w
	}
}

// canEnd says for each state of a fresh run whether it, or one that can be
// reached from it, is in a final phase.
func (a *Automaton) canEnd() []bool {
	back := make([][]int, len(a.fresh.nodes))
	for _, e := range a.fresh.edges {
		back[e.to] = append(back[e.to], e.from)
	}
	ends := make([]bool, len(a.fresh.nodes))
	var todo []int
	for i, n := range a.fresh.nodes {
		if a.c.final[a.x.phaseName(n.state)] {
			ends[i] = true
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		for _, from := range back[at] {
			if !ends[from] {
				ends[from] = true
				todo = append(todo, from)
			}
		}
	}
	return ends
}
