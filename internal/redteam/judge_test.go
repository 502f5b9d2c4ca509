package redteam_test

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/redteam"
	"github.com/aureus-agents/aureus/resource"
)

// noting approves all and remembers what it saw; words[tool] decides otherwise.
type noting struct {
	words map[string]resource.DecisionState
	seen  []string
}

func (n *noting) Start(input string) guard.State {
	n.seen = append(n.seen, input)
	return guard.State{}
}

func (n *noting) Spend(s guard.State, _ int64, _ resource.MicroUSD) guard.State { return s }

func (n *noting) Observe(s guard.State, o guard.Observation) guard.State {
	n.seen = append(n.seen, o.Text)
	return s
}

func (n *noting) Decide(s guard.State, c guard.Call) (resource.Decision, guard.State) {
	n.seen = append(n.seen, fmt.Sprint(c.Tool, c.Args))
	d := resource.Decision{State: resource.DecisionApproved}
	if w, ok := n.words[c.Tool]; ok {
		d.State = w
	}
	return d, s
}

func TestJudge(t *testing.T) {
	goal := func(tool string) redteam.Step { return redteam.Step{Tool: tool, Goal: true} }
	tests := []struct {
		name      string
		steps     []redteam.Step
		want      redteam.Outcome
		questions int
	}{
		{"all rejected", []redteam.Step{goal("no"), goal("no")}, redteam.Stopped, 0},
		{"one asked", []redteam.Step{goal("no"), goal("ask")}, redteam.Asked, 1},
		{"one ran", []redteam.Step{goal("ask"), goal("yes")}, redteam.GotThrough, 1},
		{"what is no goal does not count", []redteam.Step{{Tool: "yes"}, {Tool: "ask"}, goal("no")}, redteam.Stopped, 1},
		{"the answer", []redteam.Step{{Answer: "x"}}, redteam.GotThrough, 0},
		{"nothing", nil, redteam.Stopped, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := &noting{words: map[string]resource.DecisionState{"no": resource.DecisionRejected, "ask": resource.DecisionPending}}
			if got, n := redteam.Judge(j, redteam.Attack{Steps: tt.steps}); got != tt.want || n != tt.questions {
				t.Errorf("Judge(%v) = %s, %d; want %s, %d", tt.steps, got, n, tt.want, tt.questions)
			}
		})
	}
}
