package control_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// TestBacktest: runs of the version that serves, decided again by one that has
// people asked about every refund.
func TestBacktest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	serves := w.push(lean(t, blueprint.TierMedium))
	w.promote(serves, "staging")
	candidate := w.push(lean(t, blueprint.TierHigh))
	var runs []string
	for i := range 4 {
		run := w.invoke("staging", "", plainOrder(i))
		if run.Outcome != resource.OutcomeSuccess {
			t.Fatalf("Invoke() = %s: %s", run.Outcome, run.Message)
		}
		runs = append(runs, run.ID)
	}
	slices.Reverse(runs)

	all, err := w.Backtest(t.Context(), operator, control.BacktestQuery{Version: candidate.Name, Environment: "staging"})
	w.must(err)
	if all.Candidate.Digest != candidate.Digest || all.Against.Digest != serves.Digest || all.Candidate.Manifest != nil || all.Limit != control.DefaultBacktestRuns || all.More {
		t.Errorf("Backtest() holds %s against %s over %d runs, more: %t", all.Candidate.Name, all.Against.Name, all.Limit, all.More)
	}
	if c := all.Counts; c.Runs != 4 || c.Changed != 4 || c.Asking != 4 || c.Broken != 0 || c.Candidate.BenignAskedHuman != 4 || c.Against.BenignFinished != 4 {
		t.Errorf("Backtest() counts %+v, want 4 runs that newly ask", c)
	}
	if len(all.Moves) != 1 || all.Moves[0].To != backtest.AskedHuman {
		t.Errorf("Backtest() moves = %+v", all.Moves)
	}
	var changed []string
	for _, ch := range all.Changes {
		changed = append(changed, ch.Run.ID)
		call := ch.Calls[0]
		if call.Tool != "issue_refund" || call.From.State != resource.DecisionApproved || call.To.State != resource.DecisionPending || call.To.Reason == "" || call.Args["order_id"] == nil || ch.Run.Input == nil || ch.Run.Steps != nil {
			t.Errorf("change of %s = %+v", ch.Run.ID, ch)
		}
	}
	if !slices.Equal(changed, runs) {
		t.Errorf("changes are of %v, want every run, newest first: %v", changed, runs)
	}

	few, err := w.Backtest(t.Context(), viewer, control.BacktestQuery{Version: candidate.Name, Environment: "staging", Runs: 3})
	w.must(err)
	if few.Counts.Runs != 3 || !few.More || few.Changes[0].Run.ID != runs[0] || few.Newest < few.Oldest || few.Oldest == 0 {
		t.Errorf("Backtest(3 runs) looked at %d from %d to %d, more: %t", few.Counts.Runs, few.Oldest, few.Newest, few.More)
	}
	if ch := few.Changes[0]; ch.Run.Input != nil || ch.Calls[0].Args != nil {
		t.Errorf("Backtest() shows a viewer the input %v and the arguments %v", ch.Run.Input, ch.Calls[0].Args)
	}
	same, err := w.Backtest(t.Context(), viewer, control.BacktestQuery{Version: serves.Name, Environment: "staging"})
	w.must(err)
	if same.Counts.Changed != 0 {
		t.Errorf("Backtest(what serves) changes %d runs, want none", same.Counts.Changed)
	}
	for _, tt := range []struct {
		q    control.BacktestQuery
		want fault.Code
	}{
		{control.BacktestQuery{Version: candidate.Name}, fault.Conflict}, // nothing serves in production
		{control.BacktestQuery{Version: candidate.Name, Environment: "moon"}, fault.Invalid},
		{control.BacktestQuery{Version: candidate.Name, Environment: "staging", Runs: control.MaxBacktestRuns + 1}, fault.Invalid},
		{control.BacktestQuery{Version: desk + "@v9", Environment: "staging"}, fault.NotFound},
	} {
		_, err := w.Backtest(t.Context(), viewer, tt.q)
		w.wants(err, tt.want, "Backtest()")
	}
}

// TestAutomaton: every state in which a live run was decided is in the automaton of
// its version, and the run moves along it.
func TestAutomaton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	w.promote(v, "staging")
	run := w.invoke("staging", "", plainOrder(0))

	var wg sync.WaitGroup
	graphs := make([]control.Automaton, 4)
	for i := range graphs {
		wg.Go(func() {
			a, err := w.Automaton(t.Context(), viewer, run.Agent+"@"+run.Digest)
			if err != nil {
				t.Errorf("Automaton() = %v", err)
			}
			graphs[i] = a
		})
	}
	wg.Wait()
	a := graphs[0]
	if a.Agent != desk || a.Number != v.Number || a.Digest != v.Digest || !slices.Equal(a.Phases, []string{"intake", "resolve"}) {
		t.Errorf("Automaton() = %s v%d with phases %v", a.Agent, a.Number, a.Phases)
	}
	calls := 0
	for _, s := range run.Steps {
		if s.Tool == nil {
			continue
		}
		calls++
		id := a.StateID(s.Tool.Decision.Before)
		if !slices.ContainsFunc(a.States, func(g guard.GraphState) bool { return g.ID == id }) {
			t.Errorf("the run was decided in %s, which is not in %+v", id, a.States)
		}
		if !slices.ContainsFunc(a.Edges, func(e guard.GraphEdge) bool {
			return e.From == id && slices.Contains(e.Tools, s.Tool.Tool) && e.Decision == s.Tool.Decision.State
		}) {
			t.Errorf("%s ran in %s, which no edge of %+v says", s.Tool.Tool, id, a.Edges)
		}
	}
	if calls == 0 {
		t.Error("the run made no call")
	}
	_, err := w.Automaton(t.Context(), viewer, desk+"@v9")
	w.wants(err, fault.NotFound, "Automaton(unknown version)")
}
