package canary

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func TestPlan(t *testing.T) {
	six := []blueprint.CanaryStream{{Name: "failures", Share: 5}, {Name: "blocks", Share: 1}, {Name: "denials", Share: 1},
		{Name: "escalations", Share: 1}, {Name: "latency", Share: 1}, {Name: "cost", Share: 1}}
	defaults := resource.CanaryPlan{
		Steps:          []blueprint.CanaryStep{{Weight: 10, Runs: 20}, {Weight: 50, Runs: 20}},
		Alpha:          0.001,
		Beta:           0.05,
		MaxFailureRate: 0.10,
		DeadlineMs:     24 * 60 * 60 * 1000,
		Streams:        six, OutcomeTimeoutMs: 7_200_000,
	}
	tests := []struct {
		name string
		in   blueprint.Canary
		want resource.CanaryPlan
	}{
		{"documented defaults", blueprint.Canary{}, defaults},
		{"no probability takes the default", blueprint.Canary{Alpha: math.NaN(), Beta: 1, MaxFailureRate: -3}, defaults},
		{"given values stay", blueprint.Canary{
			Steps: []blueprint.CanaryStep{{Weight: 5}, {Weight: 25, Runs: 7}},
			Alpha: 0.01, Beta: 0.1, MaxFailureRate: 0.2, Deadline: blueprint.Duration(time.Minute),
			Streams: []blueprint.CanaryStream{{Name: "latency", Share: 3}}, OutcomeTimeout: blueprint.Duration(time.Second), UseEvaluation: true,
		}, resource.CanaryPlan{
			Steps: []blueprint.CanaryStep{{Weight: 5, Runs: 20}, {Weight: 25, Runs: 7}},
			Alpha: 0.01, Beta: 0.1, MaxFailureRate: 0.2, DeadlineMs: 60_000,
			Streams: []blueprint.CanaryStream{{Name: "failures", Share: 5}, {Name: "latency", Share: 3}}, OutcomeTimeoutMs: 1000, UseEvaluation: true,
		}},
		{"a weight without two arms is moved inside", blueprint.Canary{Steps: []blueprint.CanaryStep{{Weight: 0, Runs: 1}, {Weight: 100, Runs: 1}}},
			resource.CanaryPlan{
				Steps: []blueprint.CanaryStep{{Weight: 1, Runs: 1}, {Weight: 99, Runs: 1}},
				Alpha: 0.001, Beta: 0.05, MaxFailureRate: 0.10, DeadlineMs: 86_400_000,
				Streams: six, OutcomeTimeoutMs: 7_200_000,
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Plan(tt.in)); diff != "" {
				t.Errorf("Plan(%+v) differs (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestPlanLeavesItsInputAlone(t *testing.T) {
	in := blueprint.Canary{Steps: []blueprint.CanaryStep{{Weight: 5}}}
	Plan(in)
	if in.Steps[0].Runs != 0 {
		t.Errorf("Plan changed its input's runs to %d, want 0", in.Steps[0].Runs)
	}
}
