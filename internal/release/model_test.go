package release

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// depth is how many events deep the model checker looks. The way to promotion
// takes nine.
const depth = 16

// facts is what a path to a release did, as an observer outside the machine
// remembers it.
type facts struct {
	checked, asked, approved, smoked bool
}

// node is a release that can be reached.
type node struct {
	r     resource.Release
	facts facts
	from  *node
	by    string
	depth int
}

func (n *node) path() string {
	if n.from == nil {
		return ""
	}
	return n.from.path() + " " + n.by
}

// key tells nodes apart by everything that decides what can happen next.
func (n *node) key() string {
	stats := ""
	if c := n.r.Canary; c != nil {
		stats = fmt.Sprintf("%v %v %d %s %.9v", c.Control, c.Canary, c.AtStep, c.Verdict, c.LogHarm)
	}
	return fmt.Sprint(n.r.State, n.r.PausedFrom, n.r.Step, n.r.Deadline, n.facts, stats)
}

// alphabet is every event that makes a difference, with the time it comes at.
func alphabet(r resource.Release) map[string]struct {
	ev Event
	at resource.Millis
} {
	type timed = struct {
		ev Event
		at resource.Millis
	}
	weight := 10
	if r.Step == 1 {
		weight = 50
	}
	out := map[string]timed{
		"checked/pass":      {Event{Kind: Checked, Gates: passing}, 1},
		"checked/pass/ask":  {Event{Kind: Checked, Gates: passing, Quorum: 2}, 1},
		"checked/block":     {Event{Kind: Checked, Gates: blocking}, 1},
		"checked/pending":   {Event{Kind: Checked, Gates: waiting, Quorum: 1}, 1},
		"checked/nothing":   {Event{Kind: Checked}, 1},
		"deployed/pass":     {Event{Kind: Deployed, Gates: passing}, 1},
		"deployed/block":    {Event{Kind: Deployed, Gates: blocking}, 1},
		"smoked/pass":       {Event{Kind: Smoked, Gates: passing}, 1},
		"smoked/canary":     {Event{Kind: Smoked, Gates: passing, Serving: true}, 1},
		"smoked/block":      {Event{Kind: Smoked, Gates: blocking, Serving: true}, 1},
		"canary fails":      {Event{Kind: Outcome, IsCanary: true, Failed: true, Weight: weight}, 1},
		"canary succeeds":   {Event{Kind: Outcome, IsCanary: true, Weight: weight}, 1},
		"control fails":     {Event{Kind: Outcome, Failed: true, Weight: weight}, 1},
		"deadline/early":    {Event{Kind: Deadline}, 1},
		"deadline":          {Event{Kind: Deadline}, 1 + deadlineMs},
		"promote":           {Event{Kind: Promote, Actor: human, Reason: "r"}, 1},
		"promote/no reason": {Event{Kind: Promote, Actor: human}, 1},
	}
	for _, k := range []EventKind{Begin, Approved, Denied, Expired, Pause, Resume, Cancel, Rollback, Verified, Unverified} {
		out[string(k)] = timed{Event{Kind: k}, 1}
	}
	return out
}

// explore visits every release that can be reached within depth events.
func explore(t *testing.T, visit func(n *node), edge func(from, to *node, effects []Effect)) int {
	t.Helper()
	start := &node{r: pending()}
	seen := map[string]bool{start.key(): true}
	queue := []*node{start}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		visit(n)
		if n.depth == depth {
			continue
		}
		for name, e := range alphabet(n.r) {
			r, effects, err := Next(n.r, e.ev, e.at)
			if err != nil {
				if code := fault.CodeOf(err); code != fault.Conflict && code != fault.Invalid {
					t.Fatalf("after%s: Next(%s, %s) = %v, want a refusal or a transition", n.path(), n.r.State, name, err)
				}
				continue
			}
			r.History = nil
			next := &node{r: r, facts: n.facts.after(n.r, e.ev, r), from: n, by: name, depth: n.depth + 1}
			edge(n, next, effects)
			if !seen[next.key()] {
				seen[next.key()] = true
				queue = append(queue, next)
			}
		}
	}
	return len(seen)
}

func (f facts) after(was resource.Release, ev Event, is resource.Release) facts {
	passed := len(ev.Gates) > 0 && !blocked(situation{ev: ev})
	switch ev.Kind {
	case Checked:
		f.checked, f.asked = passed, ev.Quorum > 0
	case Approved:
		f.approved = true
	case Smoked:
		f.smoked = passed
	}
	return f
}

func TestModel(t *testing.T) {
	states := map[resource.ReleaseState]bool{}
	edges := 0
	visit := func(n *node) {
		states[n.r.State] = true
		checkReachable(t, n)
	}
	n := explore(t, visit, func(from, to *node, effects []Effect) {
		edges++
		checkEdge(t, from, to, effects)
	})
	t.Logf("%d releases and %d transitions within %d events", n, edges, depth)
	if len(states) != 12 {
		t.Errorf("%d states were reached, want all 12: %v", len(states), states)
	}
}

// checkReachable: nothing is stuck, and nothing gets to traffic without its
// evidence.
func checkReachable(t *testing.T, n *node) {
	t.Helper()
	if n.r.State == resource.ReleasePromoted || n.r.State == resource.ReleaseCanary {
		f := n.facts
		if !f.checked || !f.smoked || f.asked && !f.approved {
			t.Fatalf("after%s: %s with %+v, want checks, approval if asked, and smoke tests", n.path(), n.r.State, f)
		}
	}
	if (n.r.State == resource.ReleasePaused) != (n.r.PausedFrom != "") {
		t.Fatalf("after%s: %s with PausedFrom %q", n.path(), n.r.State, n.r.PausedFrom)
	}
	if end := finish(t, n); !end.Final() {
		t.Fatalf("after%s: %s got no further than %s, want a final state", n.path(), n.r.State, end)
	}
	if n.r.State == resource.ReleasePaused {
		r, _, err := Next(n.r, Event{Kind: Resume}, 1)
		want := n.r.PausedFrom
		if want == resource.ReleasePending {
			want = resource.ReleaseChecking
		}
		if err != nil || r.State != want {
			t.Fatalf("after%s: resume from %s gave %s, %v", n.path(), n.r.PausedFrom, r.State, err)
		}
	}
}

// finish drives a release to its end without cancelling it, as the worker's
// results and live traffic do.
func finish(t *testing.T, n *node) resource.ReleaseState {
	t.Helper()
	results := map[resource.ReleaseState]Event{
		resource.ReleasePending:     {Kind: Begin},
		resource.ReleaseChecking:    {Kind: Checked, Gates: passing},
		resource.ReleaseAwaiting:    {Kind: Approved},
		resource.ReleaseDeploying:   {Kind: Deployed, Gates: passing},
		resource.ReleaseSmoke:       {Kind: Smoked, Gates: passing},
		resource.ReleaseCanary:      canaryOutcome(false),
		resource.ReleasePaused:      {Kind: Resume},
		resource.ReleaseRollingBack: {Kind: Unverified},
	}
	r := n.r
	for range 500 {
		if r.State.Final() {
			break
		}
		next, _, err := Next(r, results[r.State], 1)
		if err != nil {
			t.Fatalf("after%s: %s refused %s: %v", n.path(), r.State, results[r.State].Kind, err)
		}
		r = next
	}
	return r.State
}

func checkEdge(t *testing.T, from, to *node, effects []Effect) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("after%s: %s -> %s with %v: %s", to.path(), from.r.State, to.r.State, effects, fmt.Sprintf(format, args...))
	}
	if to.r.Revision != from.r.Revision+1 {
		fail("revision went from %d to %d", from.r.Revision, to.r.Revision)
	}
	switch from.r.State {
	case resource.ReleaseRejected, resource.ReleaseCancelled, resource.ReleaseRolledBack:
		fail("nothing may follow a final state")
	case resource.ReleasePromoted:
		if to.r.State != resource.ReleaseRollingBack {
			fail("a promoted release can only be rolled back")
		}
	case resource.ReleaseRollingBack:
		if to.r.State != resource.ReleaseRolledBack {
			fail("a rollback has to end")
		}
	}
	held := from.r.State == resource.ReleasePaused && to.r.State == resource.ReleasePaused || to.r.State == resource.ReleasePaused
	job := false
	for _, e := range effects {
		job = job || e.Kind.Job()
		if e.Kind == SetWeight && held {
			fail("a hold may not change traffic")
		}
	}
	if job != (to.r.Attempt == from.r.Attempt+1) {
		fail("attempt went from %d to %d", from.r.Attempt, to.r.Attempt)
	}
	if to.r.Step > from.r.Step && from.r.Canary.AtStep+1 < from.r.Plan.Steps[from.r.Step].Runs {
		fail("step %d had %d runs of %d", from.r.Step, from.r.Canary.AtStep+1, from.r.Plan.Steps[from.r.Step].Runs)
	}
	if to.r.State == resource.ReleasePromoted && to.by == "canary succeeds" && from.r.Step != 1 {
		fail("all traffic before the last step")
	}
}
