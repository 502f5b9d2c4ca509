package alert_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/telemetry/alert"
	"github.com/aureus-agents/aureus/resource"
)

func TestEvaluate(t *testing.T) {
	high := resource.Figures{Agent: "desk", Environment: "production", Runs: 100, ErrorRate: 0.3, P95Ms: 900, Cost: 5_000_000, CRVFailures: 5, Denials: 10}
	calm := resource.Figures{Agent: "desk", Environment: "production", Runs: 100, ErrorRate: 0.05, P95Ms: 800}
	tests := []struct {
		name              string
		rule              blueprint.Alert
		current, previous resource.Figures
		want              string // kind, "" is silent
	}{
		{"over the bound", blueprint.Alert{Metric: "errorRate", Above: new(0.2)}, high, calm, "above"},
		{"at the bound", blueprint.Alert{Metric: "errorRate", Above: new(0.3)}, high, calm, ""},
		{"zero bound, zero figure", blueprint.Alert{Metric: "escalationRate", Above: new(0.0)}, high, calm, ""},
		{"spike", blueprint.Alert{Metric: "errorRate", Spike: new(3.0)}, high, calm, "spike"},
		{"rise below the spike", blueprint.Alert{Metric: "p95Ms", Spike: new(3.0)}, high, calm, ""},
		{"no window before", blueprint.Alert{Metric: "errorRate", Spike: new(3.0)}, high, resource.Figures{}, ""},
		{"few runs before", blueprint.Alert{Metric: "errorRate", Spike: new(3.0)}, high, resource.Figures{Runs: 9, ErrorRate: 0.01}, ""},
		{"nothing before", blueprint.Alert{Metric: "crvFailureRate", Spike: new(3.0)}, high, calm, ""},
		{"both fire once", blueprint.Alert{Metric: "errorRate", Above: new(0.2), Spike: new(2.0)}, high, calm, "above"},
		{"spike although under the bound", blueprint.Alert{Metric: "errorRate", Above: new(0.9), Spike: new(2.0)}, high, calm, "spike"},
		{"few runs", blueprint.Alert{Metric: "errorRate", Above: new(0.2), MinRuns: 101}, high, calm, ""},
		{"enough runs", blueprint.Alert{Metric: "errorRate", Above: new(0.2), MinRuns: 100}, high, calm, "above"},
		{"default of runs", blueprint.Alert{Metric: "errorRate", Above: new(0.2)}, resource.Figures{Runs: 9, ErrorRate: 1}, calm, ""},
		{"cost per run", blueprint.Alert{Metric: "costPerRun", Above: new(0.04)}, high, calm, "above"},
		{"cost per run under", blueprint.Alert{Metric: "costPerRun", Above: new(0.06)}, high, calm, ""},
		{"CRV failures a run", blueprint.Alert{Metric: "crvFailureRate", Above: new(0.04)}, high, calm, "above"},
		{"denials a run", blueprint.Alert{Metric: "denialRate", Above: new(0.09)}, high, calm, "above"},
		{"unknown metric", blueprint.Alert{Metric: "mood", Above: new(0.0)}, high, calm, ""},
		{"no bound", blueprint.Alert{Metric: "errorRate"}, high, calm, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for _, f := range alert.Evaluate([]blueprint.Alert{tt.rule}, 1, tt.current, tt.previous) {
				got += f.Kind
			}
			if got != tt.want {
				t.Errorf("Evaluate(%+v) fires %q, want %q", tt.rule, got, tt.want)
			}
		})
	}
}

func TestFiringSaysEverything(t *testing.T) {
	rules := []blueprint.Alert{
		{Name: "slow", Metric: "p95Ms", Spike: new(2.0), Window: blueprint.Duration(10 * time.Minute)},
		{Name: "errors", Metric: "errorRate", Above: new(0.2)},
	}
	current := resource.Figures{Agent: "desk", Environment: "production", Digest: "sha256:1", Runs: 50, ErrorRate: 0.25, P95Ms: 3000}
	previous := resource.Figures{Runs: 40, ErrorRate: 0.1, P95Ms: 1000}
	want := []alert.Firing{
		{Rule: "errors", Metric: "errorRate", Kind: "above", Agent: "desk", Environment: "production", Digest: "sha256:1",
			Value: 0.25, Bound: 0.2, Previous: 0.1, Runs: 50, At: 7,
			Text: "errors: errorRate of desk in production is 0.25 over the last 5m0s (50 runs), above 0.2"},
		{Rule: "slow", Metric: "p95Ms", Kind: "spike", Agent: "desk", Environment: "production", Digest: "sha256:1",
			Value: 3000, Bound: 2000, Previous: 1000, Runs: 50, At: 7,
			Text: "slow: p95Ms of desk in production is 3000 over the last 10m0s (50 runs), more than 2 times the 1000 before"},
	}
	if diff := cmp.Diff(want, alert.Evaluate(rules, 7, current, previous)); diff != "" {
		t.Errorf("Evaluate() (-want +got):\n%s", diff)
	}
}

// TestEvaluateIsMonotonic: a rule that fires also fires when the figure is worse.
func TestEvaluateIsMonotonic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0, 1)
		rule := blueprint.Alert{Name: "r", Metric: "errorRate", Above: new(rate.Draw(t, "above")), Spike: new(rapid.Float64Range(1, 5).Draw(t, "spike"))}
		cur := resource.Figures{Runs: rapid.Int64Range(0, 30).Draw(t, "runs"), ErrorRate: rate.Draw(t, "now")}
		prev := resource.Figures{Runs: rapid.Int64Range(0, 30).Draw(t, "runsBefore"), ErrorRate: rate.Draw(t, "before")}
		worse := cur
		worse.ErrorRate = min(1, cur.ErrorRate+rate.Draw(t, "more"))
		now, then := alert.Evaluate([]blueprint.Alert{rule}, 1, cur, prev), alert.Evaluate([]blueprint.Alert{rule}, 1, worse, prev)
		if len(now) > len(then) {
			t.Fatalf("%+v fires at %v but not at %v", rule, cur.ErrorRate, worse.ErrorRate)
		}
	})
}
