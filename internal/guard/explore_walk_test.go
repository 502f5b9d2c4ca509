package guard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

// The random walk holds the checker to the live guard: over walkers*walkSteps
// decisions in random versions, each live state is one that was explored, each
// live decision is one that the checker says is possible for such a call, and no
// call that runs breaks a property that holds.
const walkers = 50

func TestWalkAgreesWithCheck(t *testing.T) {
	var ran atomic.Int64
	t.Run("versions", func(t *testing.T) {
		for n := range walkers {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				w := newWalk(t, uint64(n))
				w.run(walkSteps)
				ran.Add(int64(w.ran))
			})
		}
	})
	if got := ran.Load(); got < walkers*walkSteps/50 {
		t.Errorf("%d of %d calls ran; a walk that goes nowhere shows nothing", got, walkers*walkSteps)
	}
	t.Logf("%d of %d calls ran", ran.Load(), walkers*walkSteps)
}

// walk drives one random version.
type walk struct {
	t      *testing.T
	r      *rand.Rand
	c      *Compiled
	a      *Automaton
	space  map[string]int
	kinds  []map[kindKey]*callClass
	listed []*listed
	holds  []*Property
	tools  []string
	ran    int
}

type kindKey struct {
	asked                     bool
	target, content, spending class
	args                      uint64
}

func newWalk(t *testing.T, seed uint64) *walk {
	r := rand.New(rand.NewPCG(seed, 7))
	m := walkBlueprint(r)
	w := &walk{t: t, r: r, c: mustCompile(t, m), space: map[string]int{}}
	w.a = w.c.Explore()
	for i, sp := range w.a.x.spaces {
		w.space[sp.g.tool.Name] = i
		w.tools = append(w.tools, sp.g.tool.Name)
		kinds := map[kindKey]*callClass{}
		for j := range sp.calls {
			cc := &sp.calls[j]
			kinds[kindKey{cc.asked, cc.target, cc.content, cc.spending, cc.argsKey}] = cc
		}
		w.kinds, w.listed = append(w.kinds, kinds), append(w.listed, listedIn(sp))
	}
	rep := w.a.Check(&m.Blueprint, "")
	for i, p := range rep.Properties {
		if p.Verdict == PropertyHolds && p.ID != PropertyEnds && p.ID != PropertyDead {
			w.holds = append(w.holds, w.a.x.props[i])
		}
		if p.CounterExample != nil && !p.CounterExample.Replayed {
			t.Errorf("%s has a counter-example that was not replayed", p.ID)
		}
	}
	return w
}

func (w *walk) run(steps int) {
	for done := 0; done < steps; {
		s := w.c.Start(walkSays(w.r))
		lost := w.r.IntN(20) == 0
		if lost {
			s.Unknown = true
		}
		for range 16 {
			if done++; !w.step(&s, lost) {
				return
			}
		}
	}
}

// step makes one random call and checks what the live guard says of it.
func (w *walk) step(s *State, lost bool) bool {
	call := Call{Tool: pick(w.r, w.tools), Args: walkArgs(w.r)}
	before := w.c.effective(*s)
	d, next := w.c.Decide(*s, call)
	ok := w.decided(before, call, d, lost)
	human := d.State == resource.DecisionPending && w.r.IntN(2) == 0
	if human {
		call.ApprovedDigest = d.ArgsDigest
		if d, next = w.c.Decide(*s, call); d.State != resource.DecisionApproved {
			w.t.Errorf("an approved pending call is %s", d.State)
			return false
		}
	}
	*s = next
	if d.State == resource.DecisionApproved {
		w.ran++
		*s = w.c.Observe(next, Observation{Tool: call.Tool, Args: call.Args, Text: pick(w.r, walkResults), IsError: w.r.IntN(5) == 0})
		ok = w.reached(*s, lost) && ok
	}
	return ok
}

// reached checks that a live state was explored.
func (w *walk) reached(s State, lost bool) bool {
	from := w.a.fresh
	if lost {
		from = w.a.lost
	}
	if st := w.abstract(s); !from.covers(st) {
		w.t.Errorf("the live state %+v (%+v) was not explored", s.GuardState, st)
		return false
	}
	return true
}

func (w *walk) abstract(s State) absState {
	st := w.a.x.abstract(s.GuardState)
	for _, src := range s.Sources {
		switch {
		case src.Origin == OriginUser:
		case src.Trusted:
			st.knows |= knowsTrusted
		default:
			st.knows |= knowsOutside
			if len(src.Records) > 0 {
				st.knows |= knowsRecords
			}
		}
	}
	return st
}

// decided checks one decision against the checker, and the properties that hold.
func (w *walk) decided(s State, call Call, d resource.Decision, lost bool) bool {
	i := w.space[call.Tool]
	sp := w.a.x.spaces[i]
	f, o, fine := w.c.liveFacts(s, sp.g, call)
	sum := summary{auto: d.State == resource.DecisionApproved, ask: d.State == resource.DecisionPending, quorum: d.Quorum}
	if _, err := sp.g.argsOf(call.Args, o); err != nil || !fine || d.State == resource.DecisionRejected && len(d.Policies) == 0 {
		if sum.auto || sum.ask {
			w.t.Errorf("%s with %v cannot be judged and is %s", call.Tool, call.Args, d.State)
		}
		return true
	}
	st := w.abstract(s)
	if lost {
		st.knows = knowsAll
	}
	cc := w.kinds[i][kindOf(sp, w.listed[i], f, o, call)]
	if cc == nil {
		w.t.Errorf("a call of %s with %v (target %s, content %s, spending %s) is of no kind that was enumerated", call.Tool, call.Args, f.target.name(), f.content.name(), f.spending.name())
		return false
	}
	can := w.a.x.judge(sp, &st, cc)
	if sum.auto && !can.auto || sum.ask && (!can.ask || d.Quorum < can.quorum) || !sum.auto && !sum.ask && !can.reject {
		w.t.Errorf("%s with %v in %+v: the guard says %s (quorum %d) by %v, the checker auto=%t ask=%t reject=%t quorum=%d", call.Tool, call.Args, st, d.State, d.Quorum, d.Policies, can.auto, can.ask, can.reject, can.quorum)
		return false
	}
	if !sum.auto && !sum.ask {
		return true
	}
	for _, p := range w.holds {
		if w.c.breaksFacts(p, s, sp.g, f, o, call, sum) {
			w.t.Errorf("%s with %v in %+v is %s and breaks %s, which holds", call.Tool, call.Args, st, d.State, p.ID)
			return false
		}
	}
	return true
}

// kindOf is the kind of a live call.
func kindOf(sp *space, l *listed, f facts, o origins, call Call) kindKey {
	k := kindKey{asked: f.asked || !sp.g.asksMatter(), target: standIn(l.target, f.target), content: standIn(l.content, f.content), spending: standIn(l.spending, f.spending)}
	args := make([]argClass, len(sp.args))
	for i, t := range sp.args {
		v, there := call.Args[t.name]
		if !there || v == nil {
			args[i] = argClass{absent: true}
			continue
		}
		a, ok := o.of[t.name]
		if !ok {
			a = argFlow{class: noClass, role: roleQuantity}
		}
		args[i] = argClass{class: noClass, role: a.role}
		if t.reads.origin {
			args[i].class = a.class
		}
		if roles := t.rolesOf(args[i].class); !slices.Contains(roles, a.role) || len(roles) == 1 {
			args[i].role = roles[0]
		}
	}
	k.args = keyOf(sp.args, args)
	return k
}

// listed are the classes of targets, contents and amounts that were enumerated.
type listed struct{ target, content, spending [classes + 1]bool }

func listedIn(sp *space) *listed {
	var l listed
	for i := range sp.calls {
		cc := &sp.calls[i]
		l.target[cc.target+1], l.content[cc.content+1], l.spending[cc.spending+1] = true, true, true
	}
	return &l
}

// standIn is the class that stands for k among those that were enumerated.
func standIn(list [classes + 1]bool, k class) class {
	switch {
	case list[k+1]:
		return k
	case !list[classUser+1]:
		return noClass // nothing looks at it
	case k == classSelected:
		return classRecord
	}
	return classUser
}
