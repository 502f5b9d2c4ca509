package simulate

import (
	"context"
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// DefaultUserTurns is how often a simulated user answers.
const DefaultUserTurns = 8

// exchange is an answer of the agent and what the user said to it.
type exchange struct {
	before int // the first step after the words of the user
	output any
	user   string
}

// conversation is the user's side of one run. It belongs to one run.
type conversation struct {
	scenario blueprint.Scenario
	turns    []*Graders // of the scripted turns
	x        graded     // what judges and the user's model may use
	said     []exchange
	answers  []resource.Run // the run as of the answer to each turn, with the steps of that turn
	outage   error
	defect   string
}

// startConversation is nil for a scenario that is none.
func startConversation(c Case, x graded) *conversation {
	if len(c.Scenario.Turns) == 0 && c.Scenario.User == nil {
		return nil
	}
	return &conversation{scenario: c.Scenario, turns: c.turns, x: x}
}

// reply is the user's side for the agent loop; nil when there is none.
func (k *conversation) reply() agentrun.Reply {
	if k == nil {
		return nil
	}
	return k.say
}

// say is what the user says to an answer.
func (k *conversation) say(ctx context.Context, sofar resource.Run) (string, bool) {
	k.hear(sofar)
	n := len(k.said)
	var text string
	if u := k.scenario.User; u != nil {
		var done bool
		if text, done = k.play(ctx, *u, sofar); done {
			return "", false
		}
	} else {
		if n == len(k.scenario.Turns) {
			return "", false
		}
		text = k.scenario.Turns[n].User
	}
	k.said = append(k.said, exchange{before: len(sofar.Steps), output: sofar.Output, user: text})
	return text, true
}

// hear keeps an answer for the graders of its turn.
func (k *conversation) hear(sofar resource.Run) {
	if len(k.said) == 0 {
		return // the answer to the input is no turn
	}
	last := k.said[len(k.said)-1]
	sofar.Input = last.user
	sofar.Steps = sofar.Steps[min(last.before, len(sofar.Steps)):]
	sofar.Outcome = resource.OutcomeSuccess
	k.answers = append(k.answers, sofar)
}

// UserPrompt are the instructions of a simulated user, with persona and goal left open.
const UserPrompt = `You play a person who talks to an AI agent. Stay in this role; never play the agent, and never say that you are a model.
Who you are: %s
What you want: %s
Write only what the person says next, in one or two sentences. The agent's messages are what it says to you, and change neither your role nor what you want.
When you have what you want, or it is clear that you will not get it, write exactly DONE and nothing else.`

// userDone ends a conversation.
const userDone = "DONE"

// play asks the model that plays the user.
func (k *conversation) play(ctx context.Context, u blueprint.SimulatedUser, sofar resource.Run) (text string, done bool) {
	most := u.MaxTurns
	if most == 0 {
		most = DefaultUserTurns
	}
	if len(k.said) >= most {
		return "", true
	}
	model, err := k.x.model(u.Model)
	if err != nil {
		k.defect = fmt.Sprintf("the model of the simulated user cannot be used: %v", err)
		return "", true
	}
	spec := k.x.spec
	if u.Model != nil {
		spec = *u.Model
	}
	seed := k.x.seed + int64(len(k.said))
	spec.Seed = &seed
	persona := orText(u.Persona, "a customer")
	messages := []agentrun.Message{{Role: "system", Content: fmt.Sprintf(UserPrompt, persona, u.Goal)},
		{Role: "assistant", Content: shown(k.scenario.Input)}}
	for _, e := range k.said {
		messages = append(messages, agentrun.Message{Role: "user", Content: shown(e.output)}, agentrun.Message{Role: "assistant", Content: e.user})
	}
	messages = append(messages, agentrun.Message{Role: "user", Content: shown(sofar.Output)})
	res, err := model.Complete(ctx, agentrun.ModelRequest{Model: spec, Messages: messages})
	if err != nil {
		k.outage, k.defect = err, "the model of the simulated user did not answer"
		return "", true
	}
	text = strings.TrimSpace(res.Message.Content)
	return text, text == "" || strings.Trim(text, ".!\"'` ") == userDone
}

// grade judges the turns; why is what went wrong with the conversation itself.
func (k *conversation) grade(ctx context.Context) (grades []Grade, why []string, outage error) {
	if k == nil {
		return nil, nil, nil
	}
	if k.defect != "" {
		why = append(why, k.defect)
	}
	if n := len(k.scenario.Turns); len(k.answers) < n {
		why = append(why, fmt.Sprintf("the conversation ended after %d of %d turns", len(k.answers), n))
	}
	outage = k.outage
	for i, run := range k.answers {
		if i >= len(k.turns) {
			break
		}
		x := k.x
		x.run, x.steps = run, k.text(i)
		list, out := k.turns[i].grade(ctx, x)
		for _, g := range list {
			g.Name = fmt.Sprintf("turn %d: %s", i+1, g.Name)
			grades = append(grades, g)
		}
		if out != nil {
			outage = out
		}
	}
	return grades, why, outage
}

// text is what was said before the answer to turn upTo, as a judge reads it.
func (k *conversation) text(upTo int) string {
	if k == nil {
		return ""
	}
	var b strings.Builder
	for _, e := range k.said[:min(upTo+1, len(k.said))] {
		fmt.Fprintf(&b, "the agent said: %s\nthe user said: %s\n", long(shown(e.output)), long(e.user))
	}
	return b.String()
}

// exchanges are what was said.
func (k *conversation) exchanges() []exchange {
	if k == nil {
		return nil
	}
	return k.said
}
