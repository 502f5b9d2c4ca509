package console

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// refundDesk is the automaton of the fixture's refund desk.
func refundDesk(t testing.TB) control.Automaton {
	t.Helper()
	a, err := newFixture().Automaton(t.Context(), principals["admin-token"], "refund-desk@v4")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// walked is a path in a few words.
func walked(path []pathStep) []string {
	var out []string
	for _, p := range path {
		text := fmt.Sprintf("%d %s %s: %s", p.N, p.Tool, p.State, p.Before)
		if p.After != "" {
			text += " > " + p.After
		}
		for word, is := range map[string]bool{" (unsure)": p.Unsure, " (off)": p.OffMap} {
			if is {
				text += word
			}
		}
		out = append(out, text)
	}
	return out
}

func TestFollow(t *testing.T) {
	const (
		intake  = "intake, no outside text read, data up to public"
		failing = "intake, outside text read, data up to confidential"
		decide  = "decide, outside text read, data up to confidential"
		resolve = "resolve, outside text read, data up to confidential"
	)
	call := func(tool string, state resource.DecisionState, before resource.GuardState, isError bool) resource.Step {
		return resource.Step{Tool: &resource.ToolStep{Tool: tool, IsError: isError, Decision: resource.Decision{State: state, Before: before}}}
	}
	gate := func(on string, v resource.Verdict) resource.Step {
		return resource.Step{CRV: &resource.CRVStep{On: on, Verdict: v}}
	}
	yes, no, ask := resource.DecisionApproved, resource.DecisionRejected, resource.DecisionPending
	tests := []struct {
		name  string
		steps []resource.Step
		want  []string
	}{
		{"no call", []resource.Step{{Model: &resource.ModelStep{}}}, nil},
		{"the next call says where the last one led", []resource.Step{call("lookup_order", yes, atIntake, false), call("issue_refund", ask, atDecide, false)},
			[]string{"1 lookup_order approved: " + intake + " > " + decide, "2 issue_refund pending_human: " + decide}},
		{"the automaton says where the last one led", []resource.Step{call("lookup_order", yes, atIntake, false)},
			[]string{"1 lookup_order approved: " + intake + " > " + decide + " (unsure)"}},
		{"a call that failed does not move the phase", []resource.Step{call("lookup_order", yes, atIntake, true)},
			[]string{"1 lookup_order approved: " + intake + " > " + failing + " (unsure)"}},
		{"nor does one whose result a gate blocks", []resource.Step{call("lookup_order", yes, atIntake, false), gate("result:other", resource.Block), gate("result:lookup_order", resource.Block)},
			[]string{"1 lookup_order approved: " + intake + " > " + failing + " (unsure)"}},
		{"a rejected call stays", []resource.Step{call("send_mail", no, atResolve, true)}, []string{"1 send_mail rejected: " + resolve}},
		{"a state that was lost is not in it", []resource.Step{call("send_mail", no, resource.GuardState{Phase: "resolve", Unknown: true}, false)},
			[]string{"1 send_mail rejected: resolve, outside text read, data up to restricted (off)"}},
		{"a phase that it does not have", []resource.Step{call("x", yes, resource.GuardState{Phase: "gone"}, false)},
			[]string{"1 x approved: gone, no outside text read, data up to public (off)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := walked(atlasOf(refundDesk(t)).follow(resource.Run{Steps: tt.steps}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("follow(%s) (-want +got)\n%s", tt.name, diff)
			}
		})
	}
}

func TestDrawnPath(t *testing.T) {
	r := fullRun()
	m := guardMapOf(refundDesk(t), &r)
	chips, last := map[string]string{}, ""
	for _, n := range m.Drawing.Nodes {
		for _, c := range n.Chips {
			chips[n.Title[:strings.Index(n.Title, ",")]] += c.N + c.Tone + " "
		}
		if n.Last {
			last = n.Title
		}
	}
	want := map[string]string{"State: intake": "1good ", "State: decide": "2good ", "State: resolve": "3bad "}
	if diff := cmp.Diff(want, chips); diff != "" || !strings.HasPrefix(last, "State: resolve") {
		t.Errorf("the path ends in %q; chips (-want +got)\n%s", last, diff)
	}
	if n := m.Drawing.Nodes[1]; n.Stay != "2 calls stay, 1 asks" || !strings.HasSuffix(n.Title, "Calls that stay here: issue_refund, lookup_order; only with a human: issue_refund") {
		t.Errorf("the state decide says %q, on hover %q", n.Stay, n.Title)
	}
	var titles, dashed []string
	for _, e := range m.Drawing.Edges {
		if e.Walked {
			titles = append(titles, e.Title)
		}
		if e.Class == "failed" {
			dashed = append(dashed, e.Title)
		}
	}
	if diff := cmp.Diff([]string{"lookup_order: may run alone", "refuse_refund: may run alone; issue_refund: only when a human says yes"}, titles); diff != "" {
		t.Errorf("walked (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"lookup_order: when the call fails"}, dashed); diff != "" {
		t.Errorf("moves of failed calls (-want +got)\n%s", diff)
	}
	if n := len(m.Moves); n != 7 || m.Moves[0].From != "intake, no outside text read, data up to public" {
		t.Errorf("%d moves in words, the first from %q", n, m.Moves[0].From)
	}
}

// anyAutomaton is an automaton of any shape, with a run that need not fit it.
func anyAutomaton(t *rapid.T) (control.Automaton, resource.Run) {
	phases := rapid.IntRange(1, 9).Draw(t, "phases")
	state := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("p%d/%s/%s", rapid.IntRange(0, phases-1).Draw(t, "phase"), rapid.SampledFrom([]string{"clean", "tainted"}).Draw(t, "read"),
			rapid.SampledFrom([]string{"public", "internal", "confidential", "restricted"}).Draw(t, "zone"))
	})
	var lines []string
	for range rapid.IntRange(1, 40).Draw(t, "moves") {
		lines = append(lines, state.Draw(t, "from")+" > "+state.Draw(t, "to")+rapid.SampledFrom([]string{": ", "? "}).Draw(t, "how")+
			rapid.SampledFrom([]string{"a", "read_everything_that_there_is", "b, c"}).Draw(t, "tools"))
	}
	a := control.Automaton{Agent: "x", Number: 1, Graph: graphOf(lines...)}
	for i := range phases {
		a.Phases = append(a.Phases, fmt.Sprint("p", i))
	}
	r := resource.Run{EndedAt: 1}
	for range rapid.IntRange(0, 20).Draw(t, "calls") {
		s := strings.Split(state.Draw(t, "before"), "/")
		r.Steps = append(r.Steps, resource.Step{Tool: &resource.ToolStep{Tool: "a", Decision: resource.Decision{
			State:  rapid.SampledFrom([]resource.DecisionState{resource.DecisionApproved, resource.DecisionRejected, resource.DecisionPending}).Draw(t, "said"),
			Before: resource.GuardState{Phase: s[0], Tainted: s[1] == "tainted", Confidentiality: s[2], Unknown: rapid.Bool().Draw(t, "lost")}}}})
	}
	return a, r
}

// TestDrawingHolds: whatever the automaton, no two states and no two labels cover
// each other, everything is inside the drawing, and every decided call is shown.
func TestDrawingHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, r := anyAutomaton(t)
		m := guardMapOf(a, &r)
		d := m.Drawing
		within := func(what string, b box) {
			if b.X < 0 || b.Y < 0 || b.X+b.W > d.W+0.01 || b.Y+b.H > d.H+0.01 || !finite(b.X+b.Y+b.W+b.H) {
				t.Fatalf("%s at %+v is outside of %v x %v", what, b, d.W, d.H)
			}
		}
		var covered []box
		for _, n := range d.Nodes {
			within("state "+n.Title, n.Box)
			for _, c := range n.Chips {
				within("chip "+c.N, c.Box)
			}
			covered = append(covered, n.Box)
		}
		for _, l := range d.Labels {
			within("label "+l.Text, l.Box)
			covered = append(covered, l.Box)
		}
		for i, b := range covered {
			if slices.ContainsFunc(covered[i+1:], b.overlaps) {
				t.Fatalf("something covers what is at %+v", b)
			}
		}
		for _, e := range d.Edges {
			for _, n := range number.FindAllString(e.Path+e.Head, -1) {
				if len(n) > 9 {
					t.Fatalf("edge %s goes to %s", e.Path, n)
				}
			}
		}
		if len(m.Path) != len(r.Steps) {
			t.Fatalf("%d of %d calls are on the path", len(m.Path), len(r.Steps))
		}
	})
}

func TestCollapsedAutomaton(t *testing.T) {
	a := control.Automaton{Agent: "x", Phases: []string{"one", "two"}, Graph: guard.Graph{Collapsed: true,
		States: []guard.GraphState{{ID: "one", Phase: "one", Initial: true}, {ID: "two", Phase: "two", Final: true}},
		Edges:  []guard.GraphEdge{{From: "one", To: "two", Decision: resource.DecisionApproved, Tools: []string{"go"}}}}}
	m := guardMapOf(a, &resource.Run{Steps: []resource.Step{{Tool: &resource.ToolStep{Tool: "go", Decision: resource.Decision{State: resource.DecisionApproved, Before: resource.GuardState{Phase: "one", Tainted: true, Confidentiality: "internal"}}}}}})
	if diff := cmp.Diff([]string{"1 go approved: one > two (unsure)"}, walked(m.Path)); diff != "" || len(m.Drawing.Nodes) != 2 || m.Drawing.Nodes[0].Zone != "one" {
		t.Errorf("a collapsed automaton has the states %+v, path (-want +got)\n%s", m.Drawing.Nodes, diff)
	}
}
