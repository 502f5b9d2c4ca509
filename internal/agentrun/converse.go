package agentrun

import (
	"context"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// Reply is what the user of a conversation says to an answer. sofar is the run
// with the answer as its output; its outcome is running. more is false when the
// user says nothing more: the answer is the run's last word then.
type Reply func(ctx context.Context, sofar resource.Run) (text string, more bool)

// replied goes on with the run when its user has something to say to its answer.
// What they say counts for the guard as what a session's user says: it adds to
// what was asked for, and to where values come from.
func (l *loop) replied(ctx context.Context, out any) bool {
	if l.spec.Reply == nil {
		return false
	}
	sofar := l.run
	sofar.Output, sofar.Steps = out, slices.Clone(l.run.Steps)
	sofar.LatencyMs = l.active().Milliseconds()
	text, more := l.spec.Reply(ctx, sofar)
	if !more {
		return false
	}
	l.said = text
	l.guard = l.spec.Guard.Hear(l.guard, text)
	l.messages = append(l.messages, Message{Role: "user", Content: text})
	p := &l.progress
	p.Denials, p.Malformed, p.Failures, p.Repairs = 0, 0, 0, 0
	return true
}
