package agentrun

import "github.com/aureus-agents/aureus/resource"

// RecordedResult is the result of a recorded call as gates judge it.
func RecordedResult(t resource.ToolStep) any { return resultValue(Result{Text: t.Result}) }

// StateChange is what the gates of state:TOOL judge: the run's state and the tool's
// result, before and after a call. last is the result of the call of the same tool
// before it, nil for none.
func StateChange(before, after resource.GuardState, last any, args map[string]any, result any) map[string]any {
	return map[string]any{"before": stateValue(before, last), "after": stateValue(after, result), "args": args, "result": result}
}
