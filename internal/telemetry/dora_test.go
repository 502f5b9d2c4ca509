package telemetry

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/aureus-agents/aureus/resource"
)

func TestDORACollector(t *testing.T) {
	now, reads := time.Unix(1000, 0), 0
	var fails error
	c := &doraCollector{now: func() time.Time { return now }, read: func(context.Context) ([]resource.DORA, error) {
		reads++
		return []resource.DORA{{Environment: "production", Deployments: 9},
			{Agent: "desk", Environment: "production", Deployments: 4, ChangeFailureRate: .25, LeadTime: resource.Spread{Count: 3, MedianMs: 90_000},
				RestoreDecided: resource.Spread{Count: 1, MedianMs: 41}, RestoreFirst: resource.Spread{Count: 1, MedianMs: 2500}},
			{Agent: "desk", Environment: "staging", Unrestored: 1}}, fails
	}}
	want := `
# HELP aureus_dora_change_failure_ratio Share of the deployments of the last 30 days that were rolled back.
# TYPE aureus_dora_change_failure_ratio gauge
aureus_dora_change_failure_ratio{agent="desk",environment="production"} 0.25
# HELP aureus_dora_deployments Releases of the last 30 days whose version got live traffic.
# TYPE aureus_dora_deployments gauge
aureus_dora_deployments{agent="desk",environment="production"} 4
aureus_dora_deployments{agent="desk",environment="staging"} 0
# HELP aureus_dora_lead_time_seconds Median time from commit, or push, to the first promotion, of the last 30 days.
# TYPE aureus_dora_lead_time_seconds gauge
aureus_dora_lead_time_seconds{agent="desk",environment="production"} 90
# HELP aureus_dora_restore_seconds Median time until a good version had all traffic, of the incidents of the last 30 days, from the decision or from the first failing run.
# TYPE aureus_dora_restore_seconds gauge
aureus_dora_restore_seconds{agent="desk",environment="production",from="decision"} 0.041
aureus_dora_restore_seconds{agent="desk",environment="production",from="first_failure"} 2.5
`
	for range 2 {
		if err := testutil.CollectAndCompare(c, strings.NewReader(want)); err != nil {
			t.Fatal(err)
		}
	}
	if reads != 1 {
		t.Errorf("%d reads within a minute, want 1", reads)
	}
	now, fails = now.Add(doraEvery), errors.New("gone")
	if n := testutil.CollectAndCount(c); n != 0 || reads != 2 {
		t.Errorf("%d metrics after a failed read and %d reads, want none and 2", n, reads)
	}
}
