package release

import (
	"flag"
	"fmt"
	"maps"
	"testing"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// found is what an exploration saw.
type found struct {
	worlds, edges, deepest int
	states                 map[resource.ReleaseState]bool
	rows                   map[int]bool // of the table, that were taken
	whole                  bool         // nothing was left at the bound
	wrong                  string
}

// explore visits every world that can be reached from the start within depth
// events, breadth first, and stops at the first broken rule.
func explore(c stageCase, both bool, depth int) found {
	start := startWorld(c)
	out := found{states: map[resource.ReleaseState]bool{}, rows: map[int]bool{}, whole: true}
	seen := map[string]bool{start.key(): true}
	queue := []*world{start}
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		out.worlds++
		out.deepest = max(out.deepest, w.deep)
		for i := range w.started {
			out.states[w.rel[i].State] = true
		}
		if what := wrongWorld(c, w); what != "" {
			out.wrong = fmt.Sprintf("after%s: %s", w.path(), what)
			return out
		}
		if w.deep == depth {
			out.whole = false
			continue
		}
		for _, next := range successors(c, w, both, &out) {
			if k := next.key(); !seen[k] {
				seen[k] = true
				queue = append(queue, next)
			}
		}
		if out.wrong != "" {
			return out
		}
	}
	return out
}

// successors are the worlds one event further.
func successors(c stageCase, w *world, both bool, out *found) []*world {
	var next []*world
	branch := func(by string) *world {
		n := *w
		n.from, n.by, n.deep = w, by, w.deep+1
		next = append(next, &n)
		out.edges++
		return &n
	}
	for i := range w.started {
		for _, s := range w.steps(i) {
			n, what := w.take(c, i, s, out.rows)
			for _, ev := range s.then {
				if n == nil || what != "" || n.rel[i].State != resource.ReleaseShadow {
					break
				}
				n, what = n.take(c, i, step{name: s.name, ev: ev}, out.rows)
			}
			if what != "" && out.wrong == "" {
				out.wrong = what
			}
			if n != nil {
				n.from, n.by, n.deep = w, fmt.Sprintf("r%d %s", i+1, s.name), w.deep+1
				next = append(next, n)
				out.edges++
			}
		}
	}
	n := branch("time passes")
	n.now += 1_000_000_000_000
	branch("a freeze window opens or ends").frozen = !w.frozen
	for i := range w.started {
		if !w.quarantined[i+1] && w.facts[i].begun {
			n := branch(fmt.Sprintf("r%d is quarantined elsewhere", i+1))
			n.quarantined[i+1] = true
			if r := n.rel[i].State; r != resource.ReleasePaused && r != resource.ReleaseRollingBack {
				n.hold(i)
			}
		}
	}
	if w.d.stable == 0 && w.d.weight == 0 && !w.d.paused {
		branch("what served before is rolled back, and nothing is left").dropBase()
	}
	if both && w.started == 1 {
		second(w, branch)
	}
	return next
}

// second starts the second release: it waits for the first one, or supersedes it.
func second(w *world, branch func(string) *world) {
	n := branch("r2 waits")
	n.started, n.baseline[1] = 2, w.d.stable
	n.rel[1].UpdatedAt, n.rel[1].EnteredAt = w.now, w.now
	if r, effects, err := Next(w.rel[0], Event{Kind: Supersede, Reason: "r2"}, w.now); err == nil && !hasTraffic(w.rel[0]) {
		n := branch("r2 supersedes r1")
		n.started, n.baseline[1] = 2, w.d.stable
		r.History = nil
		n.rel[0] = r
		n.apply(0, effects)
	}
}

// take gives an event to release i: the world after it, nil when it is refused.
// What is refused has to be refused with a code that says so; what a job of an
// older attempt found has to be refused.
func (w *world) take(c stageCase, i int, s step, rows map[int]bool) (n *world, what string) {
	r, effects, err := Next(w.rel[i], s.ev, w.now)
	where := func() string { return fmt.Sprintf("after%s: r%d (%s) %s", w.path(), i+1, w.rel[i].State, s.name) }
	if err != nil {
		switch fault.CodeOf(err) {
		case fault.Conflict, fault.Invalid, fault.Forbidden:
			return nil, ""
		}
		return nil, fmt.Sprintf("%s = %v, want a refusal or a transition", where(), err)
	}
	if jobOf[s.ev.Kind] != "" {
		stale := s.ev
		stale.Attempt = w.rel[i].Attempt + 1
		if _, _, err := Next(w.rel[i], stale, w.now); !fault.Is(err, fault.Conflict) {
			return nil, fmt.Sprintf("%s of another attempt = %v, want a conflict", where(), err)
		}
	}
	rows[pick(situation{r: takeIn(w.rel[i], s.ev, w.now), ev: s.ev, now: w.now})] = true
	copied := *w
	n = &copied
	r.History = nil
	n.rel[i] = r
	n.facts[i] = w.facts[i].known(w.rel[i], r, s.ev)
	if s.ev.Kind == Begin || r.State == resource.ReleaseChecking && w.rel[i].PausedFrom == resource.ReleasePending {
		n.facts[i].begun = true
		n.baseline[i] = w.d.stable
	}
	n.armed[i] &^= jobBit(jobOf[s.ev.Kind])
	if r.State == resource.ReleasePaused {
		n.armed[i] = 0 // what comes due during a hold is lost
	}
	n.apply(i, effects)
	if s.ev.Kind == Unverified {
		for j := range n.taken {
			n.snaps[j].verified = n.snaps[j].verified && n.snaps[j].version != n.d.stable
		}
	}
	if what := wrongEdge(edge{c, i, w, n, s.ev, effects}); what != "" {
		return n, fmt.Sprintf("%s -> %s with %v: %s", where(), r.State, kinds(effects), what)
	}
	return n, ""
}

// thorough follows two releases further, and takes effects away, which takes minutes.
var thorough = flag.Bool("thorough", false, "follow two releases further, and try every mutant")

// The depths of the exploration: of one release every world is reached long
// before, of two the worlds within so many events are.
const depthOne = 60

func depthTwo() int {
	switch {
	case *thorough:
		return 12
	case underRace:
		return 6
	}
	return 9
}

func TestModelOneRelease(t *testing.T) {
	if underRace {
		for _, c := range stageCases() {
			if f := explore(c, false, 10); f.wrong != "" {
				t.Fatal(f.wrong)
			}
		}
		return
	}
	states, rows := map[resource.ReleaseState]bool{}, map[int]bool{}
	for _, c := range stageCases() {
		t.Run(c.name, func(t *testing.T) {
			f := explore(c, false, depthOne)
			maps.Copy(rows, f.rows)
			if f.wrong != "" {
				t.Fatal(f.wrong)
			}
			if !f.whole {
				t.Errorf("there are worlds deeper than %d events", depthOne)
			}
			t.Logf("%d worlds, %d transitions, the deepest %d events away: all there are", f.worlds, f.edges, f.deepest)
			for s := range f.states {
				states[s] = true
			}
		})
	}
	if len(states) != numStates {
		t.Errorf("%d states were reached, want all %d: %v", len(states), numStates, states)
	}
	for i, row := range table {
		if one := row.Event != Supersede && !(row.Held == resource.ReleasePending && row.To == resource.ReleasePending); one && !rows[i] {
			t.Errorf("row %s (held in %q) by %s to %s, when %q, was never taken", row.From, row.Held, row.Event, row.To, row.Guard)
		}
	}
}

func TestModelTwoReleases(t *testing.T) {
	for _, c := range stageCases() {
		t.Run(c.name, func(t *testing.T) {
			f := explore(c, true, depthTwo())
			if f.wrong != "" {
				t.Fatal(f.wrong)
			}
			t.Logf("%d worlds, %d transitions within %d events", f.worlds, f.edges, depthTwo())
		})
	}
}
