package guard

import (
	cedar "github.com/cedar-policy/cedar-go"
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// absState is a run's state with its numbers and texts left out. Numbers are
// open in every call; of texts it is kept what kinds the run has read.
type absState struct {
	phase           int16 // index of explorer.phases
	tainted         bool
	confidentiality int8
	knows           uint8
}

// Automaton is everything that a version's guard can do, explored: every state
// that a run can reach and what can be decided there about every kind of call.
type Automaton struct {
	c     *Compiled
	x     *explorer
	fresh *search // from a new run
	lost  *search // from a run whose state could not be restored
}

type explorer struct {
	c      *Compiled
	phases []string
	spaces []*space // by tool name
	props  []*Property
	about  [][]*Property // the properties with a policy, in the order of the space's last rules
	memo   map[cell]*outlook
	judged int // kinds of calls in all states
}

// cell is one tool in one state.
type cell struct {
	space int
	state absState
}

// outlook is what can be decided about a tool's calls in a state.
type outlook struct {
	auto, human [2]bool // may run without and with a human, when not asked for and when asked for
	broken      []uint8 // by property: bit 0 when a call not asked for breaks it, bit 1 when one asked for does
	decides     mask    // rules that may be among the deciding ones
	surely      mask    // those that are, whatever the arguments are
}

// Explore makes the automaton of a version's guard. own are the properties that
// it is judged by beside the built-in ones, see [Compiled.Properties].
func (c *Compiled) Explore() *Automaton {
	x := &explorer{c: c, phases: slices.Sorted(maps.Keys(c.phases)), props: c.allProperties(), memo: map[cell]*outlook{}}
	for _, name := range slices.Sorted(maps.Keys(c.tools)) {
		g := c.tools[name]
		var about []*Property
		for _, p := range x.props {
			if p.rule != nil && p.need[name] != nil {
				about = append(about, p)
			}
		}
		x.about = append(x.about, about)
		x.spaces = append(x.spaces, c.spaceOf(g, about))
	}
	a := &Automaton{c: c, x: x}
	a.fresh = x.search([]absState{x.abstract(c.Start("").GuardState)}, nil)
	a.lost = x.search(x.lostStates(), nil)
	return a
}

// abstract is the abstract state of a live one, as far as nothing was read.
func (x *explorer) abstract(s resource.GuardState) absState {
	i, _ := slices.BinarySearch(x.phases, s.Phase)
	return absState{phase: int16(i), tainted: s.Tainted, confidentiality: int8(rankOf(s))}
}

// lostStates are the states of runs whose own was lost or damaged: nothing is
// known of what they read.
func (x *explorer) lostStates() []absState {
	var out []absState
	for i := range x.phases {
		s := x.c.effective(State{GuardState: resource.GuardState{Phase: x.phases[i], Unknown: true}})
		st := x.abstract(s.GuardState)
		st.knows = knowsAll
		out = append(out, st)
	}
	return out
}

// after is the state after a result of the space's tool, by the code that moves
// live states.
func (x *explorer) after(sp *space, st absState, isError bool) absState {
	live := resource.GuardState{Phase: x.phases[st.phase], Tainted: st.tainted, Confidentiality: zoneName(int64(st.confidentiality))}
	next := x.abstract(x.c.moved(live, sp.g, isError))
	next.knows = st.knows | knowledge(sp.g, st.tainted)
	return next
}

// knowledge is what a result of g's tool can hold. In a tainted run a trusted tool
// may give back what the agent brought there from outside, see Observe.
func knowledge(g *toolGuard, tainted bool) uint8 {
	switch {
	case g.trusted && tainted:
		return knowsAll
	case g.trusted:
		return knowsTrusted
	case isTrue(g.tool.Labels.Records):
		return knowsRecords | knowsOutside
	}
	return knowsOutside
}

// outlook judges all calls of a tool in a state, once.
func (x *explorer) outlook(i int, st absState) *outlook {
	at := cell{i, st}
	if o, ok := x.memo[at]; ok {
		return o
	}
	o := &outlook{broken: make([]uint8, len(x.props))}
	x.memo[at] = o
	sp := x.spaces[i]
	if x.closed(sp, &st, o) {
		return o
	}
	inState, ok := x.hold(sp, sp.byState, maskPair{}, &st, &callClass{})
	for j := range sp.calls {
		cc := &sp.calls[j]
		if cc.needs&^st.knows != 0 {
			continue
		}
		x.judged++
		s := x.judgeIn(sp, inState, ok, &st, cc)
		n := asIndex(cc.asked)
		o.auto[n] = o.auto[n] || s.auto
		o.human[n] = o.human[n] || s.ask
		for k := range s.rules.sure {
			o.decides[k] |= s.rules.sure[k] | s.rules.open[k]
			o.surely[k] |= s.rules.sure[k]
		}
		if s.auto || s.ask {
			x.check(i, &st, cc, s, o)
		}
	}
	return o
}

// closed reports whether phase or permission reject all calls of the tool in the
// state; then nothing else decides about them.
func (x *explorer) closed(sp *space, st *absState, o *outlook) bool {
	for i, r := range sp.rules[:sp.own] {
		if r.stateOnly && !r.ask && checkRank(r.check) <= checkRank(CheckPermission) && r.cedar.Effect() == cedar.Forbid && x.rule(sp, i, st, &callClass{}) == triHolds {
			o.decides.add(i)
			o.surely.add(i)
			return true
		}
	}
	return false
}

func asIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

// node is a state that was reached, with the call that reached it first.
type node struct {
	state absState
	depth int
	pred  int // -1 for a beginning
	space int
	err   bool // the call failed
}

// search is a breadth-first exploration.
type search struct {
	nodes []node
	index map[absState]int
	edges []edge
}

// edge is a move: a call that may run, and the state after it.
type edge struct {
	from, to, space int
	auto, err       bool
}

// search explores from roots. asks, when it is not nil, says for each tool
// whether the user asked for it; without it every call may be either, which
// allows more than any one user's words do.
func (x *explorer) search(roots []absState, asks []bool) *search {
	s := &search{index: map[absState]int{}}
	for _, st := range roots {
		s.visit(st, node{state: st, pred: -1})
	}
	for at := 0; at < len(s.nodes); at++ {
		n := s.nodes[at]
		if n.depth >= x.c.limits.toolCalls {
			continue // no call is left in this run
		}
		for i, sp := range x.spaces {
			auto, human := x.outlook(i, n.state).runs(asks, i)
			if !auto && !human {
				continue
			}
			for _, isError := range [2]bool{false, true} {
				next := x.after(sp, n.state, isError)
				to := s.visit(next, node{state: next, depth: n.depth + 1, pred: at, space: i, err: isError})
				s.edges = append(s.edges, edge{from: at, to: to, space: i, auto: auto, err: isError})
			}
		}
	}
	return s
}

func (s *search) visit(st absState, n node) int {
	if i, ok := s.index[st]; ok {
		return i
	}
	s.index[st] = len(s.nodes)
	s.nodes = append(s.nodes, n)
	return len(s.nodes) - 1
}

// runs reports whether a call may run without and with a human.
func (o *outlook) runs(asks []bool, i int) (auto, human bool) {
	if asks != nil {
		n := asIndex(asks[i])
		return o.auto[n], o.human[n]
	}
	return o.auto[0] || o.auto[1], o.human[0] || o.human[1]
}

// path are the nodes that lead to n, from a beginning.
func (s *search) path(n int) []node {
	var out []node
	for ; n >= 0; n = s.nodes[n].pred {
		out = append(out, s.nodes[n])
	}
	slices.Reverse(out)
	return out
}

// covers reports whether a state was reached that has read at least as much as st.
func (s *search) covers(st absState) bool {
	for knows := st.knows; knows <= knowsAll; knows++ {
		want := st
		if want.knows = knows; knows&st.knows == st.knows {
			if _, ok := s.index[want]; ok {
				return true
			}
		}
	}
	return false
}

// states are how many states of fresh and of lost runs are reachable.
func (a *Automaton) states() int {
	n := len(a.fresh.nodes)
	for st := range a.lost.index {
		if _, twice := a.fresh.index[st]; !twice {
			n++
		}
	}
	return n
}

func (x *explorer) phaseName(st absState) string { return x.phases[st.phase] }
