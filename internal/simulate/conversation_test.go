package simulate

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func talk(t *testing.T, m *resource.Manifest, model agentrun.Model) Played {
	t.Helper()
	return play(t, m, model, PlayOptions{Seed: 1, Mode: resource.RunSimulation})
}

// TestScriptedConversation: each turn is graded by its own answer and calls, the
// whole by the last answer, and the transcript has all of it in order.
func TestScriptedConversation(t *testing.T) {
	sc := blueprint.Scenario{Name: "talk", Input: "I want my money back", Fixtures: []blueprint.Fixture{lookupFixture()},
		Turns: []blueprint.Turn{
			{User: "Order A-1", Graders: []blueprint.Grader{{Type: "trajectory", Tools: []string{"lookup"}, Mode: "exact"}, {Type: "contains", Text: "found"}}},
			{User: "Thanks", Graders: []blueprint.Grader{{Type: "trajectory", Mode: "none"}, {Type: "equals", Value: "wrong"}}},
		},
		Expect: blueprint.Expect{Graders: []blueprint.Grader{{Type: "equals", Value: "bye"}, {Type: "trajectory", Tools: []string{"lookup"}, Mode: "exact"}}}}
	p := talk(t, desk(sc), turns(say("which order?"), call("1", "lookup", `{"id":"A-1"}`), say("found"), say("bye")))
	var got []string
	for _, g := range p.Report.Grades {
		mark := "-"
		if g.Passed {
			mark = "+"
		}
		got = append(got, mark+g.Name)
	}
	want := []string{"+equals", "+trajectory exact", "+turn 1: trajectory exact", "+turn 1: contains", "+turn 2: trajectory none", "-turn 2: equals"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("grades (-want +got):\n%s", diff)
	}
	if p.Report.Passed || !strings.Contains(p.Report.Message, "turn 2: equals") {
		t.Errorf("the report passes: %+v", p.Report)
	}
	var lines []string
	for _, l := range p.Transcript() {
		lines = append(lines, l.Who+" "+l.Tool+l.Text)
	}
	if diff := cmp.Diff([]string{"user I want my money back", "agent which order?", "user Order A-1", `tool lookup{"id":"A-1","total":20}`, "agent found", "user Thanks", "agent bye"}, lines); diff != "" {
		t.Errorf("transcript (-want +got):\n%s", diff)
	}
}

// TestConversationEndsEarly: an agent that fails before the user is done fails.
func TestConversationEndsEarly(t *testing.T) {
	sc := blueprint.Scenario{Name: "talk", Input: "hi", Turns: []blueprint.Turn{{User: "one"}, {User: "two"}},
		Expect: blueprint.Expect{Outcome: "denied"}}
	p := talk(t, desk(sc), turns(say("yes?"), call("1", "nosuch", `{}`)))
	if p.Report.Passed || !strings.Contains(p.Report.Message, "the conversation ended after 0 of 2 turns") {
		t.Errorf("report = %+v, want it to say that the conversation ended", p.Report)
	}
}

// TestGuardHearsTheConversation: once outside text was read, an effect needs words
// of the user for its target; those of a later turn count, and those of nobody do not.
func TestGuardHearsTheConversation(t *testing.T) {
	for said, want := range map[string]string{"Write a note to amy@example.com": VerdictAllowed, "Go on": ""} {
		sc := blueprint.Scenario{Name: "talk", Input: "Look at order A-1", Fixtures: []blueprint.Fixture{lookupFixture(), {Tool: "note", Result: "ok"}},
			Turns: []blueprint.Turn{{User: said}}}
		m := desk(sc)
		m.Blueprint.Spec.Tools[0].Labels.ReadsOutside = ptr(true)
		note := &m.Blueprint.Spec.Tools[2]
		note.Labels.ActsOutside, note.Arguments = ptr(true), map[string]blueprint.Role{"text": "target"}
		p := talk(t, m, turns(call("1", "lookup", `{"id":"A-1"}`), say("done"), call("2", "note", `{"text":"amy@example.com"}`), say("sent")))
		got := ""
		for _, e := range p.Report.Effects {
			if e.Tool == "note" && e.Happened {
				got = e.Verdict
			}
		}
		if got != want {
			t.Errorf("after the user said %q the note was %q, want %q: %+v", said, got, want, p.Report.Effects)
		}
	}
}

// TestSimulatedUser: the model that plays the user sees the agent's words as what
// is said to it, and ends the conversation.
func TestSimulatedUser(t *testing.T) {
	var heard [][]agentrun.Message
	both := ruled(func(req agentrun.ModelRequest) agentrun.Message {
		if !strings.HasPrefix(req.Messages[0].Content, "You play a person") {
			return turns(say("which order?"), say("done"))(req)
		}
		heard = append(heard, req.Messages[1:])
		if len(heard) == 1 {
			return say("A-1")
		}
		return say("DONE.")
	})
	sc := blueprint.Scenario{Name: "talk", Input: "money", User: &blueprint.SimulatedUser{Goal: "Get money."},
		Expect: blueprint.Expect{Graders: []blueprint.Grader{{Type: "equals", Value: "done"}}}}
	p := talk(t, desk(sc), both)
	if !p.Report.Passed || !p.Conversation() {
		t.Errorf("report = %+v, want it to pass as a conversation", p.Report)
	}
	want := [][]agentrun.Message{
		{{Role: "assistant", Content: "money"}, {Role: "user", Content: "which order?"}},
		{{Role: "assistant", Content: "money"}, {Role: "user", Content: "which order?"}, {Role: "assistant", Content: "A-1"}, {Role: "user", Content: "done"}},
	}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Errorf("the user's model was asked (-want +got):\n%s", diff)
	}
}

// TestSimulatedUserIsBounded: a user that never ends is ended, and one whose model
// is silent says nothing about the agent.
func TestSimulatedUserIsBounded(t *testing.T) {
	said := 0
	endless := ruled(func(req agentrun.ModelRequest) agentrun.Message {
		if strings.HasPrefix(req.Messages[0].Content, "You play a person") {
			said++
			return say("and more")
		}
		return say("yes")
	})
	sc := blueprint.Scenario{Name: "talk", Input: "hi", User: &blueprint.SimulatedUser{Goal: "Talk.", MaxTurns: 3}}
	if p := talk(t, desk(sc), endless); said != 3 || !p.Report.Passed {
		t.Errorf("the user said %d things, and the report is %+v, want 3 and passed", said, p.Report)
	}
	p := talk(t, desk(sc), silentUser{say("yes")})
	if p.Report.Passed || !fault.Is(p.Outage, fault.Upstream) {
		t.Errorf("with a silent user: passed %t, outage %v, want the outage", p.Report.Passed, p.Outage)
	}
}

// silentUser is a model that answers as the agent only.
type silentUser struct{ answer agentrun.Message }

func (s silentUser) Complete(_ context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	if strings.HasPrefix(req.Messages[0].Content, "You play a person") {
		return agentrun.ModelResponse{}, fault.New(fault.Upstream, "down")
	}
	return agentrun.ModelResponse{Message: s.answer}, nil
}
