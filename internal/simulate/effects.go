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
// whose intent is not read. reached holds the ids of the calls that got to the
// tool.
func (v *Version) effects(run resource.Run, reached map[string]bool) []Effect {
	out := []Effect{}
	for i, s := range run.Steps {
		switch {
		case s.Tool != nil:
			e := Effect{
				Tool:     s.Tool.Tool,
				Intent:   v.intents[s.Tool.Tool],
				Args:     s.Tool.Args,
				Decision: s.Tool.Decision,
				CRV:      append(judgedBefore(run.Steps, i), judgedAfter(run.Steps, i)...),
				Happened: reached[s.Tool.CallID],
			}
			if e.Intent != blueprint.IntentRead {
				out = append(out, e)
			}
		case stoppedByCRV(run.Steps, i):
			tool := strings.TrimPrefix(s.CRV.On, "args:")
			if v.intents[tool] != blueprint.IntentRead {
				out = append(out, stoppedEffect(run.Steps, i, tool, v.intents[tool]))
			}
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
func stoppedEffect(steps []resource.Step, i int, tool string, intent blueprint.Intent) Effect {
	c := *steps[i].CRV
	return Effect{
		Tool:   tool,
		Intent: intent,
		Args:   map[string]any{},
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

// judgedAfter are the verdicts on the result of the call at steps[i].
func judgedAfter(steps []resource.Step, i int) []resource.CRVStep {
	var out []resource.CRVStep
	on := "result:" + steps[i].Tool.Tool
	for _, s := range steps[i+1:] {
		if s.CRV == nil || s.CRV.On != on {
			break
		}
		out = append(out, *s.CRV)
	}
	return out
}
