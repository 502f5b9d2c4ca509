package agentrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// attempt is a tool call that is being dealt with.
type attempt struct {
	ToolCall
	call  Call
	start time.Time
}

// toolTurn deals with the first pending call. answer is a human's answer to it.
func (l *loop) toolTurn(ctx context.Context, answer *Grant) error {
	a := attempt{ToolCall: l.pending[0], start: l.Now()}
	a.call = Call{RunID: l.run.ID, ID: callID(l.run.ID, l.progress.Calls+1), Tool: l.tool(a.Name), Said: l.said}
	args, problem := l.arguments(a.ToolCall)
	a.call.Args = args
	if problem != "" {
		l.answer(a, l.malformed(a, problem))
		return nil
	}
	l.progress.Malformed = 0
	if answer != nil && answer.Denied {
		return l.refusedByHuman(ctx, a, *answer)
	}
	if answer == nil { // the gates judged a call that waited before it waited
		if b := l.judge("args:"+a.Name, crv.Value{Value: args, Input: l.run.Input, Args: args}); b != nil {
			l.blockedCall(a, *b, "The call was not made.")
			return nil
		}
	}
	return l.decide(ctx, a, answer)
}

// decide asks the guard and does what it says, again when what it was asked
// about has moved before the answer was on record.
func (l *loop) decide(ctx context.Context, a attempt, g *Grant) error {
	noAsk := ""
	for range MaxAgain {
		before := l.mark()
		err := l.decideOnce(ctx, a, g, noAsk)
		var again *Again
		var off *Off
		switch {
		case errors.As(err, &off):
			l.back(before)
			l.end(resource.OutcomeError, resource.OffTraffic, off.Why)
			return nil
		case !errors.As(err, &again):
			return err
		}
		l.back(before)
		noAsk = cmp.Or(again.NoAsk, noAsk)
	}
	return errContended(l.run.ID)
}

func (l *loop) decideOnce(ctx context.Context, a attempt, g *Grant, noAsk string) error {
	switch d := l.weigh(a, g, noAsk); d.State {
	case resource.DecisionApproved:
		return l.perform(ctx, a, d)
	case resource.DecisionPending:
		return l.ask(ctx, a, d, g)
	default:
		return l.refuse(ctx, a, d)
	}
}

func errContended(run string) error {
	return fault.New(fault.Unavailable, "run %s stopped: what is left of a budget moved %d times while one call was decided; nothing was called", run, MaxAgain)
}

// weigh asks the guard and moves its state.
func (l *loop) weigh(a attempt, g *Grant, noAsk string) resource.Decision {
	c := guard.Call{Tool: a.Name, Args: a.call.Args, Now: resource.Millis(l.Now().UnixMilli()), NoAsk: noAsk}
	if l.spec.Count != nil {
		l.spec.Count(l.run.Stats, &c)
	}
	if g != nil {
		c.ApprovedDigest, c.Approval, c.Shown = g.ArgsDigest, g.Approval, g.Shown
		l.allow(g.Allow)
	}
	l.weighed = Weighed{State: l.guard, Call: c}
	d, after := l.spec.Guard.Decide(l.guard, c)
	l.guard, l.run.Allowances = after, after.Allow
	d.Run, d.Version, d.PolicyDigest = l.run.ID, l.run.Digest, l.spec.Manifest.Policies.Digest
	l.log.Debug("tool call decided", "tool", a.Name, "call", a.call.ID, "decision", d.State, "check", d.Check)
	if d.State != resource.DecisionApproved && d.State != resource.DecisionPending {
		d.State = resource.DecisionRejected
	}
	return d
}

// allow gives the run an allowance, once.
func (l *loop) allow(a *resource.Allowance) {
	given := func(have resource.Allowance) bool { return have.Approval == a.Approval }
	if a != nil && !slices.ContainsFunc(l.guard.Allow, given) {
		l.guard = l.spec.Guard.Allow(l.guard, *a)
	}
}

// mark is where the loop is, for back.
func (l *loop) mark() loop {
	m := *l
	m.run.Steps = slices.Clone(l.run.Steps)
	return m
}

// back takes back what a decision did that was not recorded.
func (l *loop) back(m loop) {
	l.run, l.messages, l.guard, l.pending = m.run, m.messages, m.guard, m.pending
	l.inFlight, l.progress, l.next = m.inFlight, m.progress, m.next
}

// ask has a human answer: the scenario's at once, a real one later.
func (l *loop) ask(ctx context.Context, a attempt, d resource.Decision, g *Grant) error {
	if g == nil { // a call that is asked for twice is one escalation
		l.run.Stats.Escalations++
	}
	l.setToolStep(a, resource.ToolStep{Args: a.call.Args, Decision: d})
	if l.spec.Approve == nil {
		l.run.Outcome = resource.OutcomeWaiting
		return l.record(ctx, &d, &a.call)
	}
	if err := l.record(ctx, &d, &a.call); err != nil {
		return err
	}
	if g == nil && l.spec.Approve(a.Name, a.call.Args) {
		return l.decide(ctx, a, &Grant{ArgsDigest: d.ArgsDigest, Approval: "scenario"})
	}
	return l.refusedByHuman(ctx, a, Grant{Approval: "scenario", ArgsDigest: d.ArgsDigest,
		Reason: "the scenario approves no call of this tool"})
}

// refusedByHuman tells the model what a human said.
func (l *loop) refusedByHuman(ctx context.Context, a attempt, g Grant) error {
	return l.refuse(ctx, a, l.denial(a, g))
}

// denial is a human's no as a decision.
func (l *loop) denial(a attempt, g Grant) resource.Decision {
	reason := "a human denied the call"
	if g.Reason != "" {
		reason += ": " + g.Reason
	}
	return resource.Decision{State: resource.DecisionRejected, Policies: []string{}, Check: "approval",
		Reason: reason, Code: resource.PolicyViolation, Remediation: "go on without this call",
		ArgsDigest: guard.ArgsDigest(a.Name, a.call.Args), Before: l.guard.GuardState, After: l.guard.GuardState,
		Approval: g.Approval, Run: l.run.ID, Version: l.run.Digest, PolicyDigest: l.spec.Manifest.Policies.Digest}
}

// refuse records a rejection and gives its reason to the model.
func (l *loop) refuse(ctx context.Context, a attempt, d resource.Decision) error {
	l.answer(a, l.refused(a, d))
	if err := l.record(ctx, &d, &a.call); err != nil {
		return err
	}
	l.endRefused(a, d)
	return nil
}

// refused takes in a rejection and returns what the caller is told.
func (l *loop) refused(a attempt, d resource.Decision) string {
	l.run.Stats.Denials++
	l.progress.Denials++
	text := "The call was refused: " + sentence(d.Reason)
	if d.Remediation != "" {
		text += " What to do: " + sentence(d.Remediation)
	}
	l.setToolStep(a, resource.ToolStep{Args: a.call.Args, Result: text, IsError: true, Decision: d})
	return text
}

// endRefused ends the run when too many calls in a row were refused.
func (l *loop) endRefused(a attempt, d resource.Decision) {
	if l.progress.Denials >= MaxDenials {
		l.end(resource.OutcomeDenied, orCode(d.Code, resource.PolicyViolation),
			fmt.Sprintf("%d tool calls in a row were refused, the last one (%s): %s", l.progress.Denials, a.Name, d.Reason))
	}
}

// malformed takes in that arguments cannot be read and returns what the caller is told.
func (l *loop) malformed(a attempt, problem string) string {
	l.run.Stats.Retries++
	l.progress.Malformed++
	text := "The call was not made: " + problem
	d := resource.Decision{State: resource.DecisionRejected, Policies: []string{}, Check: "arguments", Reason: problem,
		Code: resource.MissingData, Before: l.guard.GuardState, After: l.guard.GuardState}
	l.setToolStep(a, resource.ToolStep{Result: text, IsError: true, Decision: d})
	if l.progress.Malformed >= MaxMalformed {
		l.end(resource.OutcomeError, resource.ToolError,
			fmt.Sprintf("the model wrote unreadable arguments for %d calls in a row, the last one of %q: %s", l.progress.Malformed, a.Name, problem))
	}
	return text
}

// answer ends a call that was not made.
func (l *loop) answer(a attempt, text string) {
	l.pending = l.pending[1:]
	l.progress.Calls++
	l.reply(a, text)
}

// reply is the tool message for a call.
func (l *loop) reply(a attempt, text string) {
	l.messages = append(l.messages, Message{Role: "tool", ToolCallID: a.ID, Content: text})
}

func (l *loop) tool(name string) blueprint.Tool {
	for _, t := range l.bp.Spec.Tools {
		if t.Name == name {
			return t
		}
	}
	return blueprint.Tool{Name: name}
}

// sentence ends s with a full stop.
func sentence(s string) string {
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

func callID(run string, n int) string { return fmt.Sprintf("%s-%d", run, n) }

func orCode(c, def resource.FailureCode) resource.FailureCode {
	if c == "" {
		return def
	}
	return c
}
