package backtest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

// word judges by one word for all calls; the zero word approves.
type word resource.DecisionState

func (word) Start(string) guard.State { return guard.State{} }

func (word) Spend(s guard.State, _ int64, _ resource.MicroUSD) guard.State { return s }

func (word) Observe(s guard.State, _ guard.Observation) guard.State { return s }

func (w word) Decide(s guard.State, c guard.Call) (resource.Decision, guard.State) {
	return resource.Decision{State: resource.DecisionState(w), Reason: c.Tool + " by " + string(w) + ".", Origins: map[string]string{"b": "user", "a": "tool:x"}}, s
}

const (
	yes = word(resource.DecisionApproved)
	no  = word(resource.DecisionRejected)
	ask = word(resource.DecisionPending)
)

func TestCompare(t *testing.T) {
	failed := recorded.Run{Run: resource.Run{ID: "run", Outcome: resource.OutcomeFailure, Steps: attack("look").Steps}}
	tests := []struct {
		name        string
		to, from    backtest.Judge
		run         recorded.Run
		want        backtest.Comparison
		move        backtest.Move
		callChanges int
	}{
		{"opened", yes, ask, attack("!send"), backtest.Comparison{Opened: 1}, backtest.Move{Kind: "attack", From: "asked_human", To: "got_through"}, 1},
		{"closed", no, yes, attack("!send"), backtest.Comparison{Closed: 1}, backtest.Move{Kind: "attack", From: "got_through", To: "stopped"}, 1},
		{"an attack that is stopped otherwise", no, ask, attack("!send"), backtest.Comparison{}, backtest.Move{Kind: "attack", From: "asked_human", To: "stopped"}, 1},
		{"only the user's call of an attack", no, yes, attack("look"), backtest.Comparison{}, backtest.Move{Kind: "attack", From: "got_through", To: "got_through"}, 1},
		{"broken", no, yes, benign("look", "send"), backtest.Comparison{Broken: 1}, backtest.Move{Kind: "benign", From: "finished", To: "blocked"}, 2},
		{"asking", ask, yes, benign("look"), backtest.Comparison{Asking: 1}, backtest.Move{Kind: "benign", From: "finished", To: "asked_human"}, 1},
		{"freed", yes, no, benign("look"), backtest.Comparison{Freed: 1}, backtest.Move{Kind: "benign", From: "blocked", To: "finished"}, 1},
		{"asked where it was blocked", ask, no, benign("look"), backtest.Comparison{}, backtest.Move{Kind: "benign", From: "blocked", To: "asked_human"}, 1},
		{"a failed run is listed and in no count", no, yes, failed, backtest.Comparison{}, backtest.Move{Kind: "skipped", From: "finished", To: "blocked"}, 1},
		{"as recorded", no, nil, benign("look"), backtest.Comparison{Broken: 1}, backtest.Move{Kind: "benign", From: "finished", To: "blocked"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got backtest.Comparison
			ch, changed := got.Add(tt.to, tt.from, tt.run)
			if !changed || len(ch.Calls) != tt.callChanges || ch.Move != tt.move {
				t.Errorf("Add = %+v with %d calls, %t; want %+v with %d calls", ch.Move, len(ch.Calls), changed, tt.move, tt.callChanges)
			}
			tt.want.Runs, tt.want.Changed = 1, 1
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(backtest.Comparison{}, "Candidate", "Against"), cmpopts.IgnoreUnexported(backtest.Comparison{})); diff != "" {
				t.Errorf("counts (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff([]backtest.Moved{{Move: tt.move, Runs: 1}}, got.Moves()); diff != "" {
				t.Errorf("Moves (-want +got)\n%s", diff)
			}
		})
	}
	var same backtest.Comparison
	if _, changed := same.Add(ask, ask, benign("look")); changed || same.Changed != 0 || same.Runs != 1 {
		t.Errorf("Add of the same guard twice = %t, %+v; want no change", changed, same)
	}
}

// TestAsRecorded: what was denied when a run was recorded is no call that a guard breaks.
func TestAsRecorded(t *testing.T) {
	run := benign("look")
	run.Steps[0].Tool.Decision.State = resource.DecisionRejected
	var c backtest.Comparison
	if ch, changed := c.Add(no, nil, run); changed {
		t.Errorf("Add = %+v, want no change: it was denied then too", ch.Move)
	}
}

// TestPage: a page has the counts and each change, and nothing of a run is markup.
func TestPage(t *testing.T) {
	run := benign("send")
	run.Input = `<script>alert(1)</script>`
	run.Task = `"><img src=x>`
	run.Steps[0].Tool.Args = map[string]any{"to": "</pre><b>x", "zoo": strings.Repeat("ä", 5000)}
	p := backtest.Page{Title: backtest.Title{Candidate: "new<.yaml", Against: "desk@production", Runs: "runs.jsonl"}}
	var c backtest.Comparison
	var changes, page strings.Builder
	ch, _ := c.Add(ask, yes, run)
	if err := p.Change(&changes, ch); err != nil {
		t.Fatal(err)
	}
	if err := p.Write(&page, &c, strings.NewReader(changes.String())); err != nil {
		t.Fatal(err)
	}
	got := page.String()
	for _, want := range []string{"<!doctype html>", "new&lt;.yaml", "desk@production", "<h2>1 runs change</h2>", "finished &rarr; asked human", "&lt;script&gt;",
		"&lt;/pre&gt;", "send by pending_human.", "a: tool:x", "b: user", "(cut)", "</html>"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, bad := range []string{"<script", "<img", "<b>", "http://", "https://", "src="} {
		if strings.Contains(strings.ReplaceAll(got, "src=x&gt;", ""), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}
