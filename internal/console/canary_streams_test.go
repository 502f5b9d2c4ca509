package console

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

func TestStreamsOf(t *testing.T) {
	v := control.CanaryVerdict{Plan: resource.CanaryPlan{Alpha: 0.001, Beta: 0.05}, Stored: resource.CanaryState{
		Canary: resource.ArmCount{Sessions: 30}, Control: resource.ArmCount{Sessions: 2700}, Streams: []resource.StreamState{
			{Name: blueprint.StreamFailures, Share: .5, Canary: 6, Control: 2, E: 2500},
			{Name: blueprint.StreamLatency, Share: .1, Canary: 3, Control: 4, E: 25, Limit: 1400},
			{Name: blueprint.StreamCost, Off: "10 runs of the version that serves, 50 needed"},
		}}}
	want := []streamRow{
		{Name: "failures", Canary: "6 of 30", Control: "2 of 2,700", E: "2,500", Bound: "2,000", Tone: "bad"},
		{Name: "latency", Canary: "3 of 30", Control: "4 of 2,700", E: "25.00", Bound: "10,000", Limit: "over 1.40 s", Tone: "warn"},
		{Name: "cost", Off: "10 runs of the version that serves, 50 needed"},
	}
	if diff := cmp.Diff(want, streamsOf(v)); diff != "" {
		t.Errorf("streamsOf differs (-want +got):\n%s", diff)
	}
	v.Outcomes = []resource.CanaryOutcome{{E: map[string]float64{"failures": 2500, "latency": 25}}}
	c := harmChart(v)
	if len(c.Curves) != 2 || c.Curves[0].Value != "1,250" || c.Curves[1].Value != "2.50" {
		t.Errorf("curves = %+v, want failures at 1,250 and latency at 2.50, each E times its share", c.Curves)
	}
}
