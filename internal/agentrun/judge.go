package agentrun

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
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

// compares reports whether a gate of on looks at the value before.
func compares(a *blueprint.Agent, on string) bool {
	for _, g := range a.Spec.CRV {
		if g.On != on {
			continue
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
	case (r == blueprint.RecoverRetryAltTool || r == blueprint.RecoverAskUser) && l.progress.Repairs < MaxRepairs:
		l.progress.Repairs++
		l.run.Stats.Retries++
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
	if s.Recovery == string(blueprint.RecoverAskUser) {
		b.WriteString("\nCorrect it; when something that only the user knows is missing, ask for it in your answer.")
		return b.String()
	}
	b.WriteString("\nCorrect it")
	for _, g := range l.bp.Spec.CRV {
		if g.Name == s.Gate && g.RecoveryTool != "" {
			b.WriteString(", or use the tool " + g.RecoveryTool + " instead")
		}
	}
	b.WriteString(".")
	return b.String()
}
