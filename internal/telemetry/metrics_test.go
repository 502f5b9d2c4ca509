package telemetry_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/aureus-agents/aureus/internal/telemetry"
	"github.com/aureus-agents/aureus/resource"
)

// busy has every metric set once.
func busy(t *testing.T) *telemetry.Metrics {
	t.Helper()
	took := resource.Spread{Count: 1, MedianMs: 50}
	m := telemetry.New(telemetry.Config{Version: "1.2.3", Ledger: func(context.Context) (int64, int64, error) { return 42, 3, nil },
		DORA: func(context.Context) ([]resource.DORA, error) {
			return []resource.DORA{{Agent: "desk", Environment: "production", Deployments: 1, LeadTime: took, RestoreDecided: took}}, nil
		}})
	m.RunEnded(resource.Run{Agent: "desk", Environment: "production", Version: 2, Mode: resource.RunLive, Outcome: resource.OutcomeDenied, LatencyMs: 1500,
		Stats: resource.RunStats{Cost: 2500, PromptTokens: 100, CompletionTokens: 20, Retries: 1, ToolCalls: 4, CRVFailures: 2, Escalations: 1}})
	m.Decided("desk", "production", resource.Decision{State: resource.DecisionRejected, Check: "policy"})
	m.ReleaseMoved(resource.Release{Agent: "desk", Environment: "production", State: resource.ReleaseCanary}, "smoked")
	m.RolledBack("desk", "production", 120*time.Millisecond)
	m.DrillRecovered("desk", "staging", 800*time.Millisecond)
	return m
}

func TestMetricsCount(t *testing.T) {
	const want = `
# HELP aureus_crv_failures_total Values that CRV blocked.
# TYPE aureus_crv_failures_total counter
aureus_crv_failures_total{agent="desk",environment="production",mode="live",version="v2"} 2
# HELP aureus_guard_decisions_total Decisions of the guard, by state and by the check that decided.
# TYPE aureus_guard_decisions_total counter
aureus_guard_decisions_total{agent="desk",check="policy",environment="production",state="rejected"} 1
# HELP aureus_ledger_entries Entries of the ledger that have an index.
# TYPE aureus_ledger_entries gauge
aureus_ledger_entries 42
# HELP aureus_ledger_pending_events Committed events that have no index in the ledger yet.
# TYPE aureus_ledger_pending_events gauge
aureus_ledger_pending_events 3
# HELP aureus_release_events_total Transitions of releases, by event and by the state they led to.
# TYPE aureus_release_events_total counter
aureus_release_events_total{agent="desk",environment="production",event="smoked",state="canary"} 1
# HELP aureus_rollbacks_total Rollbacks.
# TYPE aureus_rollbacks_total counter
aureus_rollbacks_total{agent="desk",environment="production"} 1
# HELP aureus_run_cost_usd_total Cost of the model calls of runs in US dollars.
# TYPE aureus_run_cost_usd_total counter
aureus_run_cost_usd_total{agent="desk",environment="production",mode="live",version="v2"} 0.0025
# HELP aureus_run_tokens_total Tokens of runs, by kind: prompt or completion.
# TYPE aureus_run_tokens_total counter
aureus_run_tokens_total{agent="desk",environment="production",kind="completion",mode="live",version="v2"} 20
aureus_run_tokens_total{agent="desk",environment="production",kind="prompt",mode="live",version="v2"} 100
# HELP aureus_runs_total Runs that ended, by outcome.
# TYPE aureus_runs_total counter
aureus_runs_total{agent="desk",environment="production",mode="live",outcome="denied",version="v2"} 1
`
	names := []string{"aureus_crv_failures_total", "aureus_guard_decisions_total", "aureus_ledger_entries", "aureus_ledger_pending_events",
		"aureus_release_events_total", "aureus_rollbacks_total", "aureus_run_cost_usd_total", "aureus_run_tokens_total", "aureus_runs_total"}
	if err := testutil.GatherAndCompare(busy(t).Gatherer(), strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func TestMetricsAreGoodPrometheusMetrics(t *testing.T) {
	problems, err := testutil.GatherAndLint(busy(t).Gatherer())
	if err != nil || len(problems) > 0 {
		t.Errorf("GatherAndLint() = %v, %v, want none", problems, err)
	}
}

func TestRunsThatDidNotEndAreNotCounted(t *testing.T) {
	m := telemetry.New(telemetry.Config{})
	for _, o := range []resource.Outcome{resource.OutcomeRunning, resource.OutcomeWaiting} {
		m.RunEnded(resource.Run{Agent: "desk", Outcome: o})
	}
	if n, err := testutil.GatherAndCount(m.Gatherer(), "aureus_runs_total"); n != 0 || err != nil {
		t.Errorf("GatherAndCount(aureus_runs_total) = %d, %v, want 0", n, err)
	}
}

// A drill's version has no series of its own: there is another one every time.
func TestDrillsHaveOneVersion(t *testing.T) {
	m := telemetry.New(telemetry.Config{})
	for v := range 3 {
		m.RunEnded(resource.Run{Agent: "desk", Mode: resource.RunDrill, Version: 7 + v, Canary: true, Outcome: resource.OutcomeEscalated})
	}
	if n, err := testutil.GatherAndCount(m.Gatherer(), "aureus_runs_total"); n != 1 || err != nil {
		t.Errorf("GatherAndCount(aureus_runs_total) of three drills = %d, %v, want 1", n, err)
	}
}

func TestMetricsNeverFail(t *testing.T) {
	m := telemetry.New(telemetry.Config{})
	m.RunEnded(resource.Run{Outcome: resource.OutcomeError, LatencyMs: -5, Stats: resource.RunStats{Cost: -1, PromptTokens: -1, Retries: -1}})
	m.Decided("", "", resource.Decision{Check: "something a newer guard says"})
	m.RolledBack("", "", -time.Second)
	m.DrillRecovered("", "", -time.Second)
	if n, err := testutil.GatherAndCount(m.Gatherer(), "aureus_runs_total", "aureus_guard_decisions_total", "aureus_rollbacks_total", "aureus_drill_recovery_seconds"); n != 4 || err != nil {
		t.Errorf("GatherAndCount() = %d, %v, want 4", n, err)
	}
}

func TestUnreadableLedgerLeavesItsNumbersOut(t *testing.T) {
	m := telemetry.New(telemetry.Config{Ledger: func(ctx context.Context) (int64, int64, error) {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the ledger is read without a deadline")
		}
		return 0, 0, errors.New("down")
	}})
	if n, err := testutil.GatherAndCount(m.Gatherer(), "aureus_ledger_entries"); n != 0 || err != nil {
		t.Errorf("GatherAndCount(aureus_ledger_entries) = %d, %v, want 0", n, err)
	}
	if n, err := testutil.GatherAndCount(m.Gatherer(), "aureus_build_info"); n != 1 || err != nil {
		t.Errorf("GatherAndCount(aureus_build_info) = %d, %v, want 1", n, err)
	}
}

func TestHandlerServesText(t *testing.T) {
	w := httptest.NewRecorder()
	busy(t).Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `aureus_build_info{goversion="`) {
		t.Errorf("GET /metrics = %d %s, want 200 with aureus_build_info", w.Code, w.Body)
	}
}

// TestDocumentation holds the table in docs/api.md and the package comment to
// the metrics that there are.
func TestDocumentation(t *testing.T) {
	families, err := busy(t).Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{}
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "aureus_") {
			want = append(want, f.GetName())
		}
	}
	for _, file := range []string{"doc.go", "../../docs/api.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := regexp.MustCompile(`aureus_[a-z_]*[a-z]`).FindAllString(string(text), -1)
		slices.Sort(got)
		if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
			t.Errorf("metrics in %s (-there are, +documented):\n%s", file, diff)
		}
	}
}
