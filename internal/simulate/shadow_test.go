package simulate_test

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

func TestBrokeDown(t *testing.T) {
	failed := func(code resource.FailureCode, steps ...resource.Step) resource.Run {
		return resource.Run{Outcome: resource.OutcomeError, Code: code, Steps: steps}
	}
	model := resource.Step{Kind: "model", Model: &resource.ModelStep{Error: "no connection"}}
	call := func(state resource.DecisionState) resource.Step {
		return resource.Step{Kind: "tool", Tool: &resource.ToolStep{Decision: resource.Decision{State: state}}}
	}
	tests := []struct {
		name string
		run  resource.Run
		want bool
	}{
		{"success", resource.Run{Outcome: resource.OutcomeSuccess}, false},
		{"the agent failed", resource.Run{Outcome: resource.OutcomeFailure, Code: resource.ToolError}, false},
		{"over budget", failed(resource.PolicyViolation, model), false},
		{"interrupted before its first step", failed(resource.ToolError), true},
		{"the model did not answer", failed(resource.ToolError, call(resource.DecisionApproved), model), true},
		{"a tool server did not answer", failed(resource.ToolError, model, call(resource.DecisionApproved)), true},
		{"the model wrote what nobody can read", failed(resource.ToolError, model, call(resource.DecisionRejected)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := simulate.BrokeDown(tt.run); got != tt.want {
				t.Errorf("BrokeDown(%+v) = %v, want %v", tt.run, got, tt.want)
			}
		})
	}
}
