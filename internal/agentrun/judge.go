package agentrun

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// judge runs the gates of on and returns the step that blocks, nil for none.
func (l *loop) judge(on string, v crv.Value) *resource.CRVStep {
	if l.spec.Chain == nil {
		return nil
	}
	v.Previous = l.progress.Previous[on]
	start := l.Now()
	var blocking *resource.CRVStep
	for _, s := range l.spec.Chain.Judge(on, v) {
		l.addStep(start, resource.Step{Kind: "crv", CRV: &s})
		if s.Justification != "" {
			l.log.Info("a failed check is ignored, as the blueprint justifies", "gate", s.Gate, "on", s.On, "code", s.Code)
		}
		if s.Verdict != resource.Pass {
			l.run.Stats.CRVFailures++
		}
		if s.Verdict == resource.Block || s.Verdict == resource.Pending {
			blocking = &s
			break
		}
	}
	if blocking == nil && compares(l.bp, on) {
		prev := map[string]any{on: v.Value}
		for k, x := range l.progress.Previous {
			if k != on {
				prev[k] = x
			}
		}
		l.progress.Previous = prev // a new map: checkpoints hold the old one
	}
	return blocking
}

// stateChange is the StateChange of a call.
func (l *loop) stateChange(a attempt, before guard.State, v crv.Value) crv.Value {
	var last any
	if prev, ok := l.progress.Previous["state:"+a.Name].(map[string]any); ok {
		last = prev["result"]
	}
	v.Value = StateChange(before.GuardState, l.guard.GuardState, last, a.call.Args, v.Value)
	return v
}

func stateValue(s resource.GuardState, result any) map[string]any {
	return map[string]any{"phase": s.Phase, "tainted": s.Tainted, "confidentiality": s.Confidentiality,
		"toolCalls": float64(s.ToolCalls), "spent": s.Spent, "result": result}
}

// compares reports whether a gate of on looks at the value before. A change of
// state always has one.
func compares(a *blueprint.Agent, on string) bool {
	for _, g := range a.Spec.CRV {
		if g.On != on {
			continue
		}
		if strings.HasPrefix(on, "state:") {
			return true
		}
		for _, v := range g.Validators {
			switch v.Type {
			case "monotonic", "temporalMonotonic", "expression":
				return true
			}
		}
	}
	return false
}

// blockedCall handles arguments that a gate blocked.
func (l *loop) blockedCall(a attempt, s resource.CRVStep, note string) {
	if text, again := l.recover(s); again {
		l.answer(a, note+" "+text)
	}
}

// blockedResult handles a result that a gate blocked: the model never sees it.
func (l *loop) blockedResult(a attempt, s resource.CRVStep) {
	if text, again := l.recover(s); again {
		l.reply(a, "The call was made, but its result is withheld. "+text)
	}
}

// recover does what the blocking gate asks for: it ends the run, or says what
// the model is to be told in the one more round that it gets.
func (l *loop) recover(s resource.CRVStep) (text string, again bool) {
	why := s.Message
	if why == "" {
		why = fmt.Sprintf("gate %s blocked it", s.Gate)
	}
	switch r := blueprint.Recovery(s.Recovery); {
	case s.Verdict == resource.Pending, r == blueprint.RecoverEscalate:
		l.end(resource.OutcomeEscalated, s.Code, fmt.Sprintf("CRV gate %s (%s) hands the run to a human: %s", s.Gate, s.On, why))
		return "", false
	case r == blueprint.RecoverRetryAltTool && !slices.Contains(phaseTools(l.bp, l.guard.Phase), l.recoveryTool(s)):
		l.end(resource.OutcomeEscalated, s.Code, fmt.Sprintf(
			"CRV gate %s (%s) asks for the tool %s, which cannot be called in phase %q, so a human has to go on: %s",
			s.Gate, s.On, l.recoveryTool(s), l.guard.Phase, why))
		return "", false
	case (r == blueprint.RecoverRetryAltTool || r == blueprint.RecoverAskUser) && l.progress.Repairs < MaxRepairs:
		l.progress.Repairs++
		l.run.Stats.Retries++
		if r == blueprint.RecoverRetryAltTool {
			l.progress.Only = l.recoveryTool(s)
		} else if s.Gate != crv.OutputGate {
			l.progress.Asking = s.Gate
		}
		return l.findings(s, why), true
	}
	l.end(resource.OutcomeBlocked, s.Code, fmt.Sprintf("CRV gate %s (%s) blocked: %s", s.Gate, s.On, why))
	return "", false
}

// findings says to the model what a gate found and what it may do.
func (l *loop) findings(s resource.CRVStep, why string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "A check (%s) did not accept it: %s.", s.Gate, strings.TrimSuffix(why, "."))
	for _, f := range s.Findings {
		b.WriteString("\n- ")
		if f.Path != "" {
			b.WriteString(f.Path + ": ")
		}
		b.WriteString(f.Message)
		if f.Remediation != "" {
			b.WriteString(" (" + f.Remediation + ")")
		}
	}
	switch {
	case s.Recovery == string(blueprint.RecoverRetryAltTool):
		b.WriteString("\nUse the tool " + l.recoveryTool(s) + " instead.")
	case s.Gate == crv.OutputGate, l.messages == nil: // a session has no answer of its own
		b.WriteString("\nCorrect it.")
	default:
		b.WriteString("\nCorrect it. When something that only the user knows is missing, ask: answer with " +
			questionMark + " and one question, and nothing else.")
	}
	return b.String()
}

// recoveryTool is the tool that a gate wants to be used instead.
func (l *loop) recoveryTool(s resource.CRVStep) string {
	for _, g := range l.bp.Spec.CRV {
		if g.Name == s.Gate {
			return g.RecoveryTool
		}
	}
	return ""
}

// questionMark begins an answer that is a question to the user.
const questionMark = "QUESTION:"

// asked ends the run when its answer is the question that a gate left it to ask.
// In a conversation the user answers it.
func (l *loop) asked(ctx context.Context, content string) bool {
	question, ok := strings.CutPrefix(strings.TrimSpace(content), questionMark)
	if question = strings.TrimSpace(question); !ok || question == "" || l.progress.Asking == "" {
		return false
	}
	if l.replied(ctx, question) {
		l.progress.Asking = ""
		return true
	}
	l.end(resource.OutcomeEscalated, resource.MissingData,
		fmt.Sprintf("the agent asks the user, as CRV gate %s left it to: %s", l.progress.Asking, cut(question, maxQuestion)))
	return true
}

// maxQuestion bounds the bytes of a question to the user.
const maxQuestion = 4 << 10
