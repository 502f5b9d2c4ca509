package simulate

import (
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// effects lists the side effects of a run: every call, stopped or not, whose
// intent is not read. reached holds the ids of the calls that got to the tool.
func (v *Version) effects(run resource.Run, reached map[string]bool) []Effect {
	out := []Effect{}
	for i, s := range run.Steps {
		if s.Tool == nil || v.intents[s.Tool.Tool] == blueprint.IntentRead {
			continue
		}
		out = append(out, Effect{
			Tool:     s.Tool.Tool,
			Intent:   v.intents[s.Tool.Tool],
			Args:     s.Tool.Args,
			Decision: s.Tool.Decision,
			CRV:      verdicts(run.Steps, i),
			Happened: reached[s.Tool.CallID],
		})
	}
	return out
}

// verdicts are the CRV steps about the call at steps[i]: those on its arguments
// between the call before it and it, and those about it before the call after it.
func verdicts(steps []resource.Step, i int) []resource.CRVStep {
	var out []resource.CRVStep
	args, result := "args:"+steps[i].Tool.Tool, "result:"+steps[i].Tool.Tool
	for j := i - 1; j >= 0 && steps[j].Tool == nil; j-- {
		if c := steps[j].CRV; c != nil && c.On == args {
			out = append([]resource.CRVStep{*c}, out...)
		}
	}
	for j := i + 1; j < len(steps) && steps[j].Tool == nil; j++ {
		if c := steps[j].CRV; c != nil && c.On == result {
			out = append(out, *c)
		}
	}
	return out
}
