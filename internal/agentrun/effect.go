package agentrun

import (
	"context"
	"errors"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// perform makes an approved call once its decision is durable.
func (l *loop) perform(ctx context.Context, a attempt, d resource.Decision) error {
	l.progress.Denials = 0
	l.setToolStep(a, resource.ToolStep{Args: a.call.Args, Decision: d})
	l.pending = l.pending[1:]
	l.progress.Calls++
	l.inFlight = &a.ToolCall
	if err := l.record(ctx, &d, &a.call); err != nil {
		return err
	}
	l.inFlight = nil
	if ctx.Err() != nil {
		l.completeStep(a, Result{IsError: true, Text: "The call was not made: the run had ended."})
		return nil
	}
	res, err := l.call(ctx, a)
	if err != nil {
		if text := l.failed(ctx, a, res, err); text != "" {
			l.reply(a, text)
		}
		return nil
	}
	if b := l.received(a, &res); b != nil {
		l.blockedResult(a, *b)
		return nil
	}
	l.reply(a, shownResult(a.call.Tool, res))
	return nil
}

// call makes the call within the tool's timeout.
func (r *Runner) call(ctx context.Context, a attempt) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, a.call.Tool.Timeout.D(DefaultCallTimeout))
	defer cancel()
	return r.Tools.Call(ctx, a.call)
}

// received takes a result in. It returns the gate that blocks it, nil for none.
func (l *loop) received(a attempt, res *Result) *resource.CRVStep {
	l.run.Stats.ToolCalls++
	l.run.Stats.Retries += res.Retries
	l.progress.Failures = 0
	if res.Text == "" && res.Structured != nil {
		res.Text = jsonText(res.Structured)
	}
	l.completeStep(a, *res)
	before, seen := l.guard, guard.Observation{Tool: a.Name, Call: a.call.ID, Args: a.call.Args, Text: res.Text, IsError: res.IsError, Structured: structuredOnly(*res)}
	l.guard = l.spec.Guard.Observe(before, seen)
	if res.IsError {
		return nil
	}
	v := crv.Value{Value: resultValue(*res), Input: l.run.Input, Args: a.call.Args}
	b := l.judge("result:"+a.Name, v)
	if b == nil {
		b = l.judge("state:"+a.Name, l.stateChange(a, before, v))
	}
	if b != nil {
		// What the call has read stays read, but the phase does not move.
		seen.IsError = true
		l.guard = l.spec.Guard.Observe(before, seen)
	}
	return b
}

// failed takes in that no server answered a call. It returns what the caller is
// told, "" when nobody is there to be told.
func (l *loop) failed(ctx context.Context, a attempt, res Result, err error) string {
	l.run.Stats.ToolCalls++
	l.run.Stats.Retries += res.Retries
	text := "The tool did not answer: " + sentence(publicMessage(err))
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		text = fmt.Sprintf("The tool did not answer within %s.", a.call.Tool.Timeout.D(DefaultCallTimeout))
	}
	if a.call.Tool.Intent != blueprint.IntentRead {
		text += " It is not known whether the call took effect: find out before you repeat it."
	}
	l.log.Warn("tool call failed", "tool", a.Name, "call", a.call.ID, "error", publicMessage(err))
	l.completeStep(a, Result{IsError: true, Text: text, Retries: res.Retries})
	l.guard = l.spec.Guard.Observe(l.guard, guard.Observation{Tool: a.Name, Call: a.call.ID, Args: a.call.Args, Text: text, IsError: true})
	if ctx.Err() != nil {
		return "" // the loop says why it stopped
	}
	l.progress.Failures++
	if fault.Is(err, fault.Verification) || l.progress.Failures >= MaxFailures {
		l.end(resource.OutcomeError, resource.ToolError, "tool "+a.Name+" failed: "+publicMessage(err))
		return ""
	}
	return text
}
