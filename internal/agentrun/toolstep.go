package agentrun

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// setToolStep writes the step of a call; a call has one step, which says what
// became of it last.
func (l *loop) setToolStep(a attempt, t resource.ToolStep) {
	t.CallID, t.Tool = a.call.ID, a.Name
	if i := l.stepOf(a.call.ID); i >= 0 {
		l.run.Steps[i].Tool = &t
		return
	}
	l.addStep(a.start, resource.Step{Kind: "tool", Tool: &t})
}

// completeStep writes what came back from a call.
func (l *loop) completeStep(a attempt, res Result) {
	i := l.stepOf(a.call.ID)
	t := *l.run.Steps[i].Tool
	t.Result, t.IsError, t.Captured, t.Retries = res.Text, res.IsError, res.Captured, res.Retries
	t.Structured = structuredOnly(res)
	l.run.Steps[i].Tool = &t
	l.run.Steps[i].TookMs = millis(l.Now().Sub(a.start))
}

func (l *loop) stepOf(id string) int {
	return slices.IndexFunc(l.run.Steps, func(s resource.Step) bool { return s.Tool != nil && s.Tool.CallID == id })
}

// recoverInFlight deals with an approved call that a crash interrupted. Only a
// call that reads, and that no human had to allow, is decided and made again;
// the model is told that the fate of any other is not known.
func (l *loop) recoverInFlight(c ToolCall) {
	id := callID(l.run.ID, l.progress.Calls)
	i := l.stepOf(id)
	tool := l.tool(c.Name)
	if tool.Intent == blueprint.IntentRead && i >= 0 && l.run.Steps[i].Tool.Decision.Approval == "" {
		l.run.Steps = l.run.Steps[:i]
		l.next = i
		l.progress.Calls--
		l.pending = append([]ToolCall{c}, l.pending...)
		return
	}
	a := attempt{ToolCall: c, call: Call{RunID: l.run.ID, ID: id, Tool: tool, Said: l.said}, start: l.Now()}
	text := "The call was interrupted. It is not known whether it took effect: find out before you repeat it."
	if i >= 0 {
		l.completeStep(a, Result{IsError: true, Text: text})
	}
	l.reply(a, text)
}
