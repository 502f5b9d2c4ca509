package agentrun

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

var errDuration = errors.New("the duration budget is used up")

// loop is one run in progress. It is used by one goroutine.
type loop struct {
	*Runner
	spec     Spec
	bp       *blueprint.Agent
	log      *slog.Logger
	run      resource.Run
	messages []Message
	guard    guard.State
	pending  []ToolCall
	inFlight *ToolCall
	weighed  Weighed // what the last decision was made of
	progress Progress
	next     int       // index of the next step
	stint    time.Time // when this process took the run up
	said     string    // what the user of a conversation said last
}

// drive turns until the run ends or waits. answer is the human's answer to the
// first pending call, nil for none.
func (l *loop) drive(ctx context.Context, answer *Grant) (resource.Run, error) {
	limit := l.bp.Spec.Budgets.Duration.D(DefaultDuration)
	work, cancel := context.WithTimeoutCause(ctx, max(limit-l.active(), 0), errDuration)
	defer cancel()
	for l.run.Outcome == resource.OutcomeRunning {
		if l.interrupted(work, limit) {
			break
		}
		var err error
		if len(l.pending) > 0 {
			err = l.toolTurn(work, answer)
			answer = nil
		} else {
			l.modelTurn(work)
		}
		if err != nil {
			return l.run, err
		}
	}
	if l.run.Outcome == resource.OutcomeWaiting {
		return l.run, nil
	}
	if err := l.record(ctx, nil, nil); err != nil {
		return l.run, err
	}
	l.log.Info("run ended", "outcome", l.run.Outcome, "code", l.run.Code,
		"modelCalls", l.run.Stats.ModelCalls, "toolCalls", l.run.Stats.ToolCalls, "latencyMs", l.run.LatencyMs)
	return l.run, nil
}

// interrupted ends the run when its context or its time is over.
func (l *loop) interrupted(ctx context.Context, limit time.Duration) bool {
	switch {
	case l.active() >= limit, errors.Is(context.Cause(ctx), errDuration):
		l.end(resource.OutcomeError, resource.PolicyViolation,
			fmt.Sprintf("the run used up its duration budget of %s; raise budgets.duration or give the agent less to do", limit))
	case ctx.Err() != nil:
		l.end(resource.OutcomeError, resource.ToolError, "the run was cancelled before it ended")
	default:
		return false
	}
	return true
}

// modelTurn makes one model call and takes its answer apart.
func (l *loop) modelTurn(ctx context.Context) {
	if b := l.spec.Guard.OverBudget(l.spec.Guard.Spend(l.guard, 0, 0)); b != "" {
		l.endOverBudget(b)
		return
	}
	if b := l.overUse(); b != "" {
		l.endOverBudget(b)
		return
	}
	l.messages[0].Content = systemPrompt(l.bp, l.guard.Phase)
	start := l.Now()
	resp, err := l.Model.Complete(ctx, l.request())
	l.account(start, resp, err)
	if err != nil {
		if ctx.Err() == nil { // else the loop says why it stopped
			l.end(resource.OutcomeError, resource.ToolError, "the model did not answer: "+publicMessage(err))
		}
		return
	}
	if b := l.spec.Guard.OverBudget(l.guard); b != "" {
		l.endOverBudget(b)
		return
	}
	m := Message{Role: "assistant", Content: resp.Message.Content, ToolCalls: l.named(resp.Message.ToolCalls)}
	l.messages = append(l.messages, m)
	if len(m.ToolCalls) == 0 {
		l.finish(ctx, m.Content)
		return
	}
	l.pending = slices.Clone(m.ToolCalls)
}

func (l *loop) request() ModelRequest {
	req := ModelRequest{Model: l.bp.Spec.Model, Messages: slices.Clone(l.messages),
		Tools: ToolDefs(l.spec.Manifest, l.guard.Phase)}
	if only := l.progress.Only; only != "" {
		req.Tools = slices.DeleteFunc(req.Tools, func(d ToolDef) bool { return d.Name != only })
		l.progress.Only = ""
	}
	// A question to the user has not the output's shape.
	if out := l.bp.Spec.Output; out != nil && l.progress.Asking == "" {
		req.Schema, req.SchemaName = out.Schema, "output"
	}
	return req
}

// account books a completion: budgets, statistics, step. A failed completion
// may have used tokens too.
func (l *loop) account(start time.Time, resp ModelResponse, err error) {
	l.guard = l.spec.Guard.Spend(l.guard, resp.PromptTokens+resp.CompletionTokens, resp.Cost)
	st := &l.run.Stats
	st.ModelCalls++
	st.Retries += resp.Retries
	st.PromptTokens += resp.PromptTokens
	st.CompletionTokens += resp.CompletionTokens
	st.Cost += resp.Cost
	if resp.Model != "" {
		st.ModelVersion = resp.Model
	}
	step := &resource.ModelStep{Model: resp.Model, Content: resp.Message.Content, PromptTokens: resp.PromptTokens,
		CompletionTokens: resp.CompletionTokens, Cost: resp.Cost, Retries: resp.Retries}
	for _, c := range resp.Message.ToolCalls {
		step.ToolCalls = append(step.ToolCalls, c.Name)
	}
	if err != nil {
		step.Error = publicMessage(err)
	}
	l.addStep(start, resource.Step{Kind: "model", Model: step})
}

// named gives an id to calls that came without one, and a new one to a call
// whose id an earlier call of the message has: answers are matched by id.
func (l *loop) named(calls []ToolCall) []ToolCall {
	out := slices.Clone(calls)
	for i := range out {
		same := func(c ToolCall) bool { return c.ID == out[i].ID }
		if out[i].ID == "" || slices.ContainsFunc(out[:i], same) {
			out[i].ID = fmt.Sprintf("call_%d_%d", l.run.Stats.ModelCalls, i+1)
		}
	}
	return out
}

// end ends the run. The first end counts.
func (l *loop) end(o resource.Outcome, code resource.FailureCode, message string) {
	now := l.Now()
	l.run.Outcome, l.run.Code, l.run.Message = o, code, message
	l.run.EndedAt = resource.Millis(now.UnixMilli())
	l.run.LatencyMs = l.active().Milliseconds()
	if o == resource.OutcomeEscalated {
		l.run.Stats.Escalations++
	}
}

func (l *loop) endOverBudget(b string) {
	l.end(resource.OutcomeError, resource.PolicyViolation,
		fmt.Sprintf("the run is over its budget of %s; raise budgets.%s or give the agent less to do", b, budgetField(b)))
}

// overUse names what other runs used up before this one may ask its model again.
func (l *loop) overUse() string {
	if l.spec.Count == nil {
		return ""
	}
	var c guard.Call
	l.spec.Count(l.run.Stats, &c)
	return l.spec.Guard.OverUse(c)
}

func budgetField(b string) string {
	if b == "cost" {
		return "costUSD"
	}
	return b
}

// active is the time spent working on the run. What people take to answer is
// not in it.
func (l *loop) active() time.Duration {
	return time.Duration(l.progress.ActiveMs)*time.Millisecond + l.Now().Sub(l.stint)
}

func (l *loop) addStep(start time.Time, s resource.Step) {
	s.Index = l.next
	l.next++
	s.AtMs = start.UnixMilli() - int64(l.run.StartedAt)
	s.TookMs = millis(l.Now().Sub(start))
	l.run.Steps = append(l.run.Steps, s)
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// record makes the run's progress durable. It is not given up when the caller
// goes away: what was decided is on record.
func (l *loop) record(ctx context.Context, d *resource.Decision, call *Call) error {
	p := l.progress
	p.ActiveMs = l.active().Milliseconds()
	c := Checkpoint{Run: l.run, Messages: slices.Clone(l.messages), Guard: l.guard, Pending: slices.Clone(l.pending),
		InFlight: l.inFlight, Progress: p, Decision: d, Call: call, Weighed: l.weighed}
	c.Run.Steps = slices.Clone(l.run.Steps)
	for i := range c.Run.Steps { // a tool step is completed in place later
		if t := c.Run.Steps[i].Tool; t != nil {
			cp := *t
			c.Run.Steps[i].Tool = &cp
		}
	}
	if err := l.Journal.Record(context.WithoutCancel(ctx), c); err != nil {
		return fmt.Errorf("run %s stopped because its progress could not be recorded: %w", l.run.ID, err)
	}
	return nil
}

// publicMessage is the sentence of an error that may be shown: a cause can hold
// what a server sent.
func publicMessage(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return "it failed in a way that it did not describe; see the server's log"
}
