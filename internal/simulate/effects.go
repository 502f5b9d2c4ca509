package simulate

import (
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// CheckCRV is the check of a decision that CRV took before the guard was asked.
const CheckCRV = "crv"

// effects lists the side effects of a run in order: every call, stopped or not,
// whose intent is not read, and every call that changed the state all the same.
func (v *Version) effects(run resource.Run, t *tools) []Effect {
	out := []Effect{}
	for i, s := range run.Steps {
		switch {
		case s.Tool != nil:
			e := v.effect(*s.Tool, t.made[s.Tool.CallID])
			e.CRV = append(judgedBefore(run.Steps, i), judgedAfter(run.Steps, i)...)
			if e.Intent != blueprint.IntentRead || len(e.State) > 0 {
				out = append(out, e)
			}
		case stoppedByCRV(run.Steps, i):
			tool := strings.TrimPrefix(s.CRV.On, "args:")
			if v.tools[tool].Intent != blueprint.IntentRead {
				out = append(out, v.stoppedEffect(run.Steps, i, tool))
			}
		}
	}
	return out
}

// effect is what one call did; m is nil when it never got to the tool.
func (v *Version) effect(s resource.ToolStep, m *reached) Effect {
	e := Effect{Tool: s.Tool, Intent: v.tools[s.Tool].Intent, Labels: v.labels(s.Tool), Args: s.Args, Decision: s.Decision,
		Verdict: verdictOf(s.Decision), Happened: m != nil && m.times > 0}
	if m != nil {
		e.By, e.Faults, e.State, e.nth = m.by, m.faults, m.changes, m.nth
		if m.times > 1 {
			e.Times = m.times
		}
	}
	return e
}

// verdictOf is a decision in one word.
func verdictOf(d resource.Decision) string {
	switch {
	case d.State == resource.DecisionApproved && d.Approval != "":
		return VerdictApproved
	case d.State == resource.DecisionApproved:
		return VerdictAllowed
	case d.Check == "approval", d.State == resource.DecisionPending:
		return VerdictDenied
	case d.Check == CheckCRV:
		return VerdictBlocked
	}
	return VerdictRefused
}

// labels are those of a tool that hold, also when nobody wrote them.
func (v *Version) labels(tool string) []string {
	l := v.tools[tool].Labels
	var out []string
	for _, x := range []struct {
		name string
		set  *bool
	}{{"readsOutside", l.ReadsOutside}, {"readsPrivate", l.ReadsPrivate}, {"actsOutside", l.ActsOutside}, {"actsInside", l.ActsInside}} {
		if isTrue(x.set) {
			out = append(out, x.name)
		}
	}
	return out
}

// stoppedByCRV reports whether steps[i] stopped a call before the guard saw it,
// so that no step of the call itself follows.
func stoppedByCRV(steps []resource.Step, i int) bool {
	if c := steps[i].CRV; c == nil || !strings.HasPrefix(c.On, "args:") || !stops(c) {
		return false
	}
	return i+1 == len(steps) || steps[i+1].Tool == nil || "args:"+steps[i+1].Tool.Tool != steps[i].CRV.On
}

func stops(c *resource.CRVStep) bool {
	return c.Verdict == resource.Block || c.Verdict == resource.Pending
}

// stoppedEffect is a call that CRV stopped; its run keeps no arguments of it.
func (v *Version) stoppedEffect(steps []resource.Step, i int, tool string) Effect {
	c := *steps[i].CRV
	return Effect{
		Tool:    tool,
		Intent:  v.tools[tool].Intent,
		Labels:  v.labels(tool),
		Args:    map[string]any{},
		Verdict: VerdictBlocked,
		Decision: resource.Decision{State: resource.DecisionRejected, Policies: []string{}, Check: CheckCRV,
			Reason: "CRV gate " + c.Gate + " stopped the call: " + c.Message, Code: c.Code},
		CRV: append(judgedBefore(steps, i), c),
	}
}

// judgedBefore are the verdicts on the arguments of the call at steps[i].
func judgedBefore(steps []resource.Step, i int) []resource.CRVStep {
	var on string
	if t := steps[i].Tool; t != nil {
		on = "args:" + t.Tool
	} else {
		on = steps[i].CRV.On
	}
	var out []resource.CRVStep
	for j := i - 1; j >= 0; j-- {
		c := steps[j].CRV
		if c == nil || c.On != on || stops(c) {
			break
		}
		out = append(out, *c)
	}
	slices.Reverse(out)
	return out
}

// judgedAfter are the verdicts on the result of the call at steps[i] and on the
// change of state that it makes.
func judgedAfter(steps []resource.Step, i int) []resource.CRVStep {
	var out []resource.CRVStep
	tool := steps[i].Tool.Tool
	for _, s := range steps[i+1:] {
		if s.CRV == nil || s.CRV.On != "result:"+tool && s.CRV.On != "state:"+tool {
			break
		}
		out = append(out, *s.CRV)
	}
	return out
}
