package canary

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func TestHarm(t *testing.T) {
	s := resource.CanaryState{Canary: resource.ArmCount{Runs: 12, Failures: 5, Sessions: 10}, Control: resource.ArmCount{Runs: 99, Failures: 1, Sessions: 90},
		EHarm: 1234.5, Streams: []resource.StreamState{
			{Name: blueprint.StreamFailures}, {Name: blueprint.StreamDenials, Canary: 6, Control: 2},
			{Name: blueprint.StreamLatency, Canary: 7, Control: 3, Limit: 145}, {Name: blueprint.StreamCost, Canary: 7, Control: 3, Limit: 20_000}}}
	for cause, want := range map[string]string{
		"":                       "The canary failed 5 of 12 runs while 1 of 99 failed beside it (E = 1234, threshold 1000).",
		blueprint.StreamFailures: "The canary failed 5 of 12 runs while 1 of 99 failed beside it (E = 1234, threshold 1000).",
		blueprint.StreamDenials:  "The guard denied a call in 6 of the canary's 10 sessions and in 2 of 90 beside it (E = 1234, threshold 1000).",
		blueprint.StreamLatency:  "A run took over 145 ms in 7 of the canary's 10 sessions and in 3 of 90 beside it (E = 1234, threshold 1000).",
		blueprint.StreamCost:     "A run cost over $0.0200 in 7 of the canary's 10 sessions and in 3 of 90 beside it (E = 1234, threshold 1000).",
	} {
		s.Cause = cause
		if got := Harm(plan, s); got != want {
			t.Errorf("Harm of %q = %q, want %q", cause, got, want)
		}
	}
}
