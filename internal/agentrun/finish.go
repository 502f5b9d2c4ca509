package agentrun

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

// finish takes the model's last word: it may end here, its output is judged,
// and the success criteria say how the run ended.
//
// In a conversation an answer comes before the next words of the user, also in a
// phase where the run may not end.
func (l *loop) finish(ctx context.Context, content string) {
	if l.asked(ctx, content) {
		return
	}
	phase, may := mayEnd(l.bp.Spec.Workflow, l.guard.Phase)
	if !may && l.spec.Reply == nil {
		l.unfinished(phase)
		return
	}
	out, problem := parseOutput(l.bp.Spec.Output, content)
	if problem != "" {
		l.inexact(problem)
		return
	}
	if s := l.judge("output", crv.Value{Value: out, Input: l.run.Input}); s != nil {
		if text, again := l.recover(*s); again {
			l.messages = append(l.messages, Message{Role: "user", Content: "Your answer was not taken. " + text + " Then answer again."})
		}
		return
	}
	if l.replied(ctx, out) {
		return
	}
	if !may {
		l.unfinished(phase)
		return
	}
	l.run.Output = out
	l.end(resource.OutcomeSuccess, "", "")
	if l.spec.Success == nil {
		return
	}
	if name, why := l.spec.Success.Failed(l.run); name != "" {
		l.run.Outcome, l.run.Code = resource.OutcomeFailure, resource.OutOfScope
		l.run.Message = fmt.Sprintf("success criterion %q: %s", name, why)
	}
}

// unfinished handles a model that stops where the workflow may not end.
func (l *loop) unfinished(phase string) {
	if l.progress.Repairs < MaxRepairs {
		l.progress.Repairs++
		l.run.Stats.Retries++
		l.messages = append(l.messages, Message{Role: "user", Content: fmt.Sprintf(
			"The work is not done: it is in the phase %q, where it may not end. Go on with the tools you have.", phase)})
		return
	}
	l.end(resource.OutcomeFailure, resource.OutOfScope, fmt.Sprintf(
		"the agent stopped in phase %q, which is not final; mark the phase final or change the instructions", phase))
}

// inexact handles an output that would be another one once it is stored.
func (l *loop) inexact(problem string) {
	if l.progress.Repairs < MaxRepairs {
		l.progress.Repairs++
		l.run.Stats.Retries++
		l.messages = append(l.messages, Message{Role: "user", Content: "Your answer was not taken: " + problem + ". Then answer again."})
		return
	}
	l.end(resource.OutcomeBlocked, resource.OutOfScope, "the output cannot be kept as it is: "+problem)
}

// mayEnd reports whether a run may end in phase. A workflow that marks no phase
// as final lets it end in any.
func mayEnd(w *blueprint.Workflow, phase string) (string, bool) {
	if w == nil || !slices.ContainsFunc(w.Phases, func(p blueprint.Phase) bool { return p.Final }) {
		return phase, true
	}
	i := slices.IndexFunc(w.Phases, func(p blueprint.Phase) bool { return p.Name == phase })
	return phase, i >= 0 && w.Phases[i].Final
}

// parseOutput is the value of an answer: JSON where the blueprint says what
// shape it has, text otherwise. What is no JSON stays text, which the schema
// judges; so does what is nested too deep. problem is set when a number in it
// would become another one.
func parseOutput(o *blueprint.IO, content string) (v any, problem string) {
	if o == nil {
		return content, ""
	}
	text := []byte(unfence(content))
	if !json.Valid(text) {
		return content, ""
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil || TooDeep(v) {
		return content, ""
	}
	v, err := exact(v)
	if err != nil {
		return nil, err.Error()
	}
	return v, ""
}

// unfence takes away a Markdown code fence, which models like to put around JSON.
func unfence(s string) string {
	t := strings.TrimSpace(s)
	body, ok := strings.CutPrefix(t, "```")
	if !ok {
		return t
	}
	body, ok = strings.CutSuffix(body, "```")
	if !ok {
		return t
	}
	lang, rest, ok := strings.Cut(body, "\n")
	if !ok || (strings.TrimSpace(lang) != "" && !strings.EqualFold(strings.TrimSpace(lang), "json")) {
		return t
	}
	return strings.TrimSpace(rest)
}
