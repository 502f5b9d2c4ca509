package canary

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// before makes runs with the given latencies, each costing as much.
func before(latencies ...int64) []resource.Run {
	var out []resource.Run
	for _, l := range latencies {
		out = append(out, resource.Run{EndedAt: 1, LatencyMs: l, Stats: resource.RunStats{Cost: resource.MicroUSD(l)}})
	}
	return out
}

// ramp is 1..n.
func ramp(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i + 1)
	}
	return out
}

func TestFreeze(t *testing.T) {
	same := make([]int64, 100)
	for i := range same {
		same[i] = 2000
	}
	waiting := before(ramp(60)...)
	for i := range waiting[:20] {
		waiting[i].Gateway = true
	}
	tests := []struct {
		name          string
		runs          []resource.Run
		latency, cost int64
		off           string
	}{
		{"none", nil, 0, 0, "0 runs of the version that serves, 50 needed"},
		{"too few", before(ramp(49)...), 0, 0, "49 runs of the version that serves, 50 needed"},
		{"sessions of the gateway say nothing", waiting, 0, 0, "40 runs of the version that serves, 50 needed"},
		{"100: p95 is 95 and 50 ms, p90 is 90 and a tenth", before(ramp(100)...), 145, 99, ""},
		{"all equal", before(same...), 2200, 2200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Freeze(plan, Start(plan), tt.runs)
			sum := 0.0
			for _, st := range s.Streams {
				sum += st.Share
				switch want := map[string]int64{blueprint.StreamLatency: tt.latency, blueprint.StreamCost: tt.cost}[st.Name]; {
				case limited(st.Name) && (st.Limit != want || st.Off != tt.off):
					t.Errorf("%s: limit %d, off %q, want %d, %q", st.Name, st.Limit, st.Off, want, tt.off)
				case !limited(st.Name) && st.Off != "":
					t.Errorf("%s is off (%s), want on", st.Name, st.Off)
				}
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Errorf("the shares add up to %v, want 1", sum)
			}
		})
	}
}

func TestFails(t *testing.T) {
	s := Freeze(plan, Start(plan), before(ramp(100)...))
	tests := []struct {
		name string
		o    resource.CanaryOutcome
		want []string
	}{
		{"good", resource.CanaryOutcome{Outcome: resource.OutcomeSuccess, LatencyMs: 145, Cost: 99}, nil},
		{"failed", resource.CanaryOutcome{Outcome: resource.OutcomeFailure, Failed: true}, []string{"failures"}},
		{"blocked", resource.CanaryOutcome{Outcome: resource.OutcomeBlocked, Failed: true}, []string{"failures", "blocks"}},
		{"denied on the way to success", resource.CanaryOutcome{Outcome: resource.OutcomeSuccess, Denials: 1}, []string{"denials"}},
		{"escalated", resource.CanaryOutcome{Outcome: resource.OutcomeEscalated, Failed: true, Escalations: 1}, []string{"failures", "escalations"}},
		{"slow and dear", resource.CanaryOutcome{Outcome: resource.OutcomeSuccess, LatencyMs: 146, Cost: 100}, []string{"latency", "cost"}},
		{"a session of the gateway is as slow as its client", resource.CanaryOutcome{Gateway: true, LatencyMs: 9999, Cost: 9999}, nil},
		{"missing", resource.CanaryOutcome{Missing: true, Failed: true, LatencyMs: 7_200_000}, []string{"failures", "latency"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Fails(s, tt.o)); diff != "" {
				t.Errorf("Fails(%+v) differs (-want +got):\n%s", tt.o, diff)
			}
		})
	}
}

// Fifty failed runs of one session weigh as much as one.
func TestASessionCountsOnce(t *testing.T) {
	want := take(plan, Start(plan), one(true, true, 10))
	got, remembered := Start(plan), (*resource.CanarySession)(nil)
	for range 50 {
		o := resource.CanaryOutcome{Canary: true, Failed: true, Weight: 10, Draw: 1, Run: "r"}
		seen, after := See(got, remembered, o, resource.CanaryDraw{Seq: 1, Canary: true, Weight: 10, Run: "r"})
		got, remembered = Observe(plan, got, true, true, 10, seen), &after
	}
	if got.EHarm != want.EHarm || got.ESafe != want.ESafe || got.EAbs != want.EAbs || got.AtStep != 1 {
		t.Errorf("50 failed runs of a session: E %v %v %v at %d, want %v %v %v at 1", got.EHarm, got.ESafe, got.EAbs, got.AtStep, want.EHarm, want.ESafe, want.EAbs)
	}
	if diff := cmp.Diff(resource.ArmCount{Runs: 50, Failures: 50, Sessions: 1, Failed: 1}, got.Canary); diff != "" {
		t.Errorf("counts differ (-want +got):\n%s", diff)
	}
}

// A session that goes wrong later counts as failed then, and once the weight has
// changed it only takes back that it was good.
func TestASessionThatFailsLater(t *testing.T) {
	failed := take(alone, Start(alone), one(true, true, 10))
	later := one(true, true, 10)
	later.Again, later.Draw, later.Later = true, 1, true
	got := take(alone, Start(alone), one(true, false, 10), later)
	if got.EHarm != failed.EHarm || math.Abs(got.EAbs-failed.EAbs) > 1e-12 {
		t.Errorf("good, then failed: E %v %v, want %v %v as for one that failed", got.EHarm, got.EAbs, failed.EHarm, failed.EAbs)
	}
	later.Closed = true
	got = take(alone, Start(alone), one(true, false, 10), later)
	if got.EHarm != 1 || math.Abs(got.EAbs-failed.EAbs) > 1e-12 {
		t.Errorf("failed after the weight changed: E %v %v, want 1 and %v", got.EHarm, got.EAbs, failed.EAbs)
	}
}

func TestCause(t *testing.T) {
	slow := one(true, false, 10)
	slow.Streams = []string{blueprint.StreamLatency}
	s := Freeze(plan, Start(plan), before(ramp(100)...))
	n := 0
	for ; s.Verdict != Rollback && n < 50; n++ {
		s = take(plan, s, slow)
	}
	if s.Cause != blueprint.StreamLatency || n != 5 {
		t.Errorf("slow sessions: verdict %q for %q after %d, want rollback for latency after 5", s.Verdict, s.Cause, n)
	}
}
