package guard

import (
	"cmp"
	"fmt"
	"slices"
)

// breach is a call that breaks a property in a reachable state.
type breach struct {
	node, space int
	asked       bool
}

// checkCalls answers a property that is about single calls.
func (a *Automaton) checkCalls(k int, res *PropertyResult) {
	for _, lost := range []bool{false, true} {
		s := a.fresh
		if lost {
			s = a.lost
		}
		found := a.breaches(k, s)
		if len(found) == 0 {
			continue
		}
		res.Verdict = PropertyUnproved
		for _, b := range found[:min(len(found), maxTries)] {
			if w := a.witness(k, b, lost); w != nil {
				res.Verdict, res.CounterExample = PropertyFails, w
				res.Depends = w.depends
				return
			}
		}
		b := found[0]
		res.Detail = append(res.Detail, fmt.Sprintf("a call of %s in phase %s can break it when arguments are left open; no run that was tried on the live guard does",
			a.x.spaces[b.space].g.tool.Name, a.x.phaseName(s.nodes[b.node].state)))
		return
	}
}

// maxTries bounds how many breaches are tried on the live guard.
const maxTries = 40

// breaches are the calls that break property k, nearest first.
func (a *Automaton) breaches(k int, s *search) []breach {
	var out []breach
	for at, n := range s.nodes {
		if n.depth >= a.c.limits.toolCalls {
			continue
		}
		for i := range a.x.spaces {
			bits := a.x.outlook(i, n.state).broken[k]
			for _, asked := range []bool{true, false} {
				if bits&(1<<asIndex(asked)) != 0 {
					out = append(out, breach{node: at, space: i, asked: asked})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(p, q breach) int { return cmp.Compare(s.nodes[p.node].depth, s.nodes[q.node].depth) })
	return out
}

// checkDead looks for policies and tools that no run meets.
func (a *Automaton) checkDead(res *PropertyResult) {
	decides, surely, runs := map[string]bool{}, map[string]bool{}, map[int]bool{}
	for _, s := range []*search{a.fresh, a.lost} {
		for _, n := range s.nodes {
			for i, sp := range a.x.spaces {
				o := a.x.outlook(i, n.state)
				auto, human := o.runs(nil, i)
				runs[i] = runs[i] || auto || human
				for j, r := range sp.rules[:sp.own] {
					decides[r.id] = decides[r.id] || o.decides.has(j)
					surely[r.id] = surely[r.id] || o.surely.has(j)
				}
			}
		}
	}
	for _, id := range a.c.policyIDs {
		switch {
		case !decides[id]:
			res.Detail = append(res.Detail, fmt.Sprintf("the policy %s decides in no run", id))
		case !surely[id]:
			res.Depends = append(res.Depends, id)
		}
	}
	for i, sp := range a.x.spaces {
		if !runs[i] {
			res.Detail = append(res.Detail, fmt.Sprintf("the tool %s can be called in no run", sp.g.tool.Name))
		}
	}
	if len(res.Detail) > 0 {
		res.Verdict = PropertyFails
	}
}
