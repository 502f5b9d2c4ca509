package guard

import (
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// plan is a witness that is being made: kinds of calls on a path, and how far the
// search for their values has come.
type plan struct {
	a     *Automaton
	lost  bool
	phase string
	steps []planStep
}

// planStep is one call of a plan.
type planStep struct {
	sp    *space
	state absState
	cc    *callClass
	sum   summary
	err   bool // the result is an error
	human bool
	try   int // which of the candidates of values it takes
}

// witness finds a run to a breach that the live guard lets happen.
func (a *Automaton) witness(k int, b breach, lost bool) *Witness {
	asks := a.profile(b.space, b.asked)
	s := a.fresh
	if lost {
		s = a.lost
	}
	goal := s.nodes[b.node].state
	var roots []absState
	for _, n := range s.nodes {
		if n.pred < 0 {
			roots = append(roots, n.state)
		}
	}
	if asks != nil {
		s = a.x.search(roots, asks)
	}
	at, ok := s.index[goal]
	if !ok {
		return nil
	}
	path := s.path(at)
	p := &plan{a: a, lost: lost, phase: a.x.phaseName(path[0].state)}
	if !p.along(path, asks) {
		return nil
	}
	return p.last(k, b, goal)
}

// last adds the call that breaks property k, trying its kinds one by one.
func (p *plan) last(k int, b breach, goal absState) *Witness {
	sp, prop := p.a.x.spaces[b.space], p.a.x.props[k]
	n := len(p.steps)
	for _, cc := range p.a.kinds(b.space, goal, b.asked) {
		s := p.a.x.judge(sp, &goal, cc)
		f := p.a.x.factsOf(&goal, cc)
		if !s.auto && !s.ask || !p.a.x.breaks(b.space, prop, sp, &goal, cc, &f, s) {
			continue
		}
		p.steps = append(p.steps[:n:n], planStep{sp: sp, state: goal, cc: cc, sum: s, human: !s.auto})
		if w := p.solve(func(w *Witness) bool { return p.a.c.breaks(prop, w) }); w != nil {
			for i, r := range sp.rules[:sp.own] {
				if s.rules.open.has(i) && !strings.HasPrefix(r.id, builtInPrefix) {
					w.depends = append(w.depends, r.id)
				}
			}
			return w
		}
	}
	return nil
}

// along adds the calls that lead along a path.
func (p *plan) along(path []node, asks []bool) bool {
	for i := 1; i < len(path); i++ {
		st, n := path[i-1].state, path[i]
		sp := p.a.x.spaces[n.space]
		var best *planStep
		for _, asked := range []bool{true, false} {
			if asks != nil && asks[n.space] != asked {
				continue
			}
			for _, cc := range p.a.kinds(n.space, st, asked) {
				s := p.a.x.judge(sp, &st, cc)
				if !s.auto && !s.ask {
					continue
				}
				if best == nil || best.human && s.auto {
					best = &planStep{sp: sp, state: st, cc: cc, sum: s, err: n.err, human: !s.auto}
				}
			}
		}
		if best == nil {
			return false
		}
		p.steps = append(p.steps, *best)
	}
	return true
}

// maxKinds bounds how many kinds of one call are tried for a witness.
const maxKinds = 200

// kinds are the calls of a tool that can be in a state, the plainest first.
func (a *Automaton) kinds(space int, st absState, asked bool) []*callClass {
	var out []*callClass
	sp := a.x.spaces[space]
	for i := range sp.calls {
		if cc := &sp.calls[i]; cc.needs&^st.knows == 0 && (cc.asked == asked || !sp.g.asksMatter()) {
			out = append(out, cc)
		}
	}
	slices.SortStableFunc(out, func(p, q *callClass) int { return oddity(p) - oddity(q) })
	return out[:min(len(out), maxKinds)]
}

// oddity orders kinds of calls: values that are there and easy to make come first.
func oddity(cc *callClass) int {
	n := 0
	for _, k := range []class{cc.target, cc.content, cc.spending} {
		n += oddClass(k)
	}
	for _, a := range cc.args {
		if n += oddClass(a.class); a.absent {
			n++
		}
	}
	return n
}

func oddClass(k class) int {
	switch k {
	case classUser:
		return 0
	case noClass, classOutside:
		return 1
	case classUnknown:
		return 2
	}
	return 3
}

// profile says for every tool whether the user asked for it, such that one user's
// words can: as much as possible, but not the tool that must not be asked for.
// nil when nobody's words can.
func (a *Automaton) profile(space int, asked bool) []bool {
	target := a.x.spaces[space].g
	if !asked && !target.asksMatter() {
		return nil
	}
	out := make([]bool, len(a.x.spaces))
	for i, sp := range a.x.spaces {
		out[i] = !sp.g.asksMatter() || asked || i != space && a.c.wordFor(sp.g, []*toolGuard{target}) != ""
	}
	return out
}

// wordFor is a word with which users ask for g and for none of not.
func (c *Compiled) wordFor(g *toolGuard, not []*toolGuard) string {
	list := nameWords(g.tool.Name) // its own name reads best
	for _, class := range g.asks {
		list = append(list, slices.Sorted(maps.Keys(askClasses[class]))...)
	}
	for _, w := range append(list, g.tool.AskedBy...) {
		s := c.Start(w)
		if g.asked(s) && !slices.ContainsFunc(not, func(n *toolGuard) bool { return n.asked(s) }) {
			return w
		}
	}
	return ""
}

// maxAttempts bounds the search for values of one plan.
const maxAttempts = 300

// solve looks for values with which the live guard takes the plan's steps and
// done says yes.
func (p *plan) solve(done func(*Witness) bool) *Witness {
	for i := range p.steps {
		p.steps[i].try = 0
	}
	for range maxAttempts {
		w, ok := p.concrete()
		if !ok {
			return nil
		}
		at := p.a.c.Replay(w)
		if at < 0 && done(w) {
			w.Replayed = true
			return w
		}
		if at < 0 {
			at = len(p.steps) - 1
		}
		if p.steps[at].try++; p.steps[at].try >= p.steps[at].sp.g.variants() {
			return nil
		}
	}
	return nil
}

// stuckWitness is a run into a state from which no final phase can be reached.
func (a *Automaton) stuckWitness(at int, ends []bool) *Witness {
	path := a.fresh.path(at)
	p := &plan{a: a, phase: a.x.phaseName(path[0].state)}
	if !p.along(path, nil) {
		return nil
	}
	return p.solve(func(w *Witness) bool { return a.stays(w, path[len(path)-1].state, ends) })
}

// stays reports whether the live guard, at the end of w, lets no sample call of
// any tool run that leads to where the run could end.
func (a *Automaton) stays(w *Witness, st absState, ends []bool) bool {
	s := a.c.begin(w)
	for _, step := range w.Steps {
		_, s = a.c.take(s, step)
	}
	for _, sp := range a.x.spaces {
		next, ok := a.fresh.index[a.x.after(sp, st, false)]
		if !ok || !ends[next] {
			continue
		}
		if d, _ := a.c.Decide(s, Call{Tool: sp.g.tool.Name, Args: map[string]any{}}); d.State != resource.DecisionRejected {
			return false
		}
	}
	return true
}
