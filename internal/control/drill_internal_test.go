package control

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// drillRelease is a drill that began a rollback by an event and ended by another.
func drillRelease(began, ended release.EventKind, why string) resource.Release {
	within := blueprint.Drill{Within: blueprint.Duration(time.Minute)}.Resolved()
	return resource.Release{ID: "rel", Agent: "a", Drill: true, Digest: "bad", Baseline: "good", Version: 2, Environment: "staging",
		Stage: resource.ReleaseStage{Stage: blueprint.Stage{Drill: &within}}, State: resource.ReleaseRolledBack,
		CreatedAt: 100, UpdatedAt: 9_000, DecidedAt: 5_000, GoodAt: 5_000, Incident: "inc", Reason: "it ended",
		History: []resource.Transition{{Event: "begin", To: resource.ReleaseChecking, Reason: "a drill"},
			{Event: string(began), To: resource.ReleaseRollingBack, Reason: why},
			{Event: string(ended), From: resource.ReleaseRollingBack, To: resource.ReleaseRolledBack, Actor: resource.System, Reason: "it ended"}}}
}

func TestMeasure(t *testing.T) {
	outcomes := []resource.CanaryOutcome{{At: 1_000}, {At: 2_000, Failed: true}, {At: 3_000, Canary: true, Failed: true}, {At: 4_000, Canary: true, Failed: true}}
	late := drillRelease(release.Outcome, release.Verified, "harm")
	late.UpdatedAt = 63_001
	justInTime := late
	justInTime.UpdatedAt = 63_000
	cancelled := drillRelease(release.Outcome, release.Verified, "")
	cancelled.Reason = "made way"
	cancelled.State, cancelled.History = resource.ReleaseCancelled, cancelled.History[:1]
	people := resource.Actor{Name: "ada", Kind: "human"}
	madeWay := func(began release.EventKind, at resource.Millis) resource.Release {
		rel := drillRelease(began, release.Unverified, "not seen")
		rel.History[2].Actor, rel.UpdatedAt, rel.Reason = people, at, "made way"
		return rel
	}
	running := cancelled
	running.State = resource.ReleaseCanary
	tests := []struct {
		name     string
		rel      resource.Release
		outcomes []resource.CanaryOutcome
		state    string
		recovery int64
		why      string
	}{
		{"in time", drillRelease(release.Outcome, release.Verified, "harm"), outcomes, resource.DrillPassed, 6_000, ""},
		{"at the target", justInTime, outcomes, resource.DrillPassed, 60_000, ""},
		{"later than the target", late, outcomes, resource.DrillMissed, 60_001, "the recovery took 1m0.001s, and 1m0s is the target"},
		{"ended by the clock", drillRelease(release.Rollback, release.Verified, "not seen"), outcomes, resource.DrillMissed, 6_000, "not seen"},
		{"what serves does not verify", drillRelease(release.Outcome, release.Unverified, "harm"), outcomes, resource.DrillMissed, 0, "it ended"},
		{"no run failed", drillRelease(release.Rollback, release.Verified, "not seen"), outcomes[:2], resource.DrillMissed, 0, "not seen"},
		{"made way while it recovered", madeWay(release.Outcome, 9_000), outcomes, resource.DrillCancelled, 0, "made way"},
		{"made way at the target", madeWay(release.Outcome, 63_000), outcomes, resource.DrillCancelled, 0, "made way"},
		{"made way when it was late", madeWay(release.Outcome, 63_001), outcomes, resource.DrillMissed, 0, "what serves was not verified again within 1m0s, the target"},
		{"made way when it was missed", madeWay(release.Rollback, 9_000), outcomes, resource.DrillMissed, 0, "not seen"},
		{"cancelled", cancelled, nil, resource.DrillCancelled, 0, "made way"},
		{"under way", running, outcomes, resource.DrillRunning, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := measure(tt.rel, tt.outcomes)
			if d.State != tt.state || d.RecoveryMs != tt.recovery || d.Runs != int64(len(tt.outcomes)) || d.Reason != "a drill" {
				t.Errorf("measure() = %+v, want %s after %d ms", d, tt.state, tt.recovery)
			}
			if d.Why != tt.why {
				t.Errorf("measure() says %q, want %q", d.Why, tt.why)
			}
		})
	}
}

func TestCameDue(t *testing.T) {
	daily := blueprint.Schedule{Start: "2026-03-01T04:00", TimeZone: "Europe/Berlin", RRule: "FREQ=DAILY"}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		name       string
		s          blueprint.Schedule
		since, now string
		want       bool
	}{
		{"before it", daily, "2026-03-10T00:00:00Z", "2026-03-10T02:59:59Z", false},
		{"at it", daily, "2026-03-10T00:00:00Z", "2026-03-10T03:00:00Z", true},
		{"after it was looked after", daily, "2026-03-10T03:00:00Z", "2026-03-10T03:00:10Z", false},
		{"days later", daily, "2026-03-10T03:00:00Z", "2026-03-20T00:00:00Z", true},
		{"in summer time", daily, "2026-04-10T00:00:00Z", "2026-04-10T02:00:00Z", true},
		{"the clock was set back", daily, "2026-03-20T00:00:00Z", "2026-03-10T04:00:00Z", false},
		{"once, over", blueprint.Schedule{Start: "2026-03-01T04:00"}, "2026-03-02T00:00:00Z", "2026-09-02T00:00:00Z", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := cameDue(tt.s, at(tt.since), at(tt.now)); got != tt.want || err != nil {
				t.Errorf("cameDue(%s, %s) = %t, %v, want %t", tt.since, tt.now, got, err, tt.want)
			}
		})
	}
}

// The defect blocks every answer, and is the only thing that is another.
func TestSeeded(t *testing.T) {
	var a blueprint.Agent
	a.Metadata.Name = "a"
	a.Spec.CRV = make([]blueprint.CRVGate, 1, 4)
	a.Spec.CRV[0] = blueprint.CRVGate{Name: "own", On: "output", Validators: []blueprint.Validator{{Type: "maxSize", Max: new(1e6)}}}
	bad, other := seeded(a, "one"), seeded(a, "two")
	chain, err := crv.Compile(bad.Spec.CRV, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range []any{nil, "", "yes", 1.0, true, []any{}, map[string]any{"status": "done"}} {
		steps := chain.Judge("output", crv.Value{Value: answer})
		if len(steps) == 0 || steps[len(steps)-1].Verdict != resource.Block {
			t.Errorf("Judge(%v) = %+v, want a block", answer, steps)
		}
	}
	if cmp.Equal(bad.Spec.CRV, other.Spec.CRV) {
		t.Error("two drills seed the same version")
	}
	if len(a.Spec.CRV) != 1 || cmp.Diff(a.Spec.CRV[0], bad.Spec.CRV[0]) != "" {
		t.Errorf("seeded() changed what was there: %+v", a.Spec.CRV)
	}
	bad.Spec.CRV = a.Spec.CRV
	if diff := cmp.Diff(a, bad); diff != "" {
		t.Errorf("seeded() changes more than one gate (-want +got):\n%s", diff)
	}
}

func TestPlayable(t *testing.T) {
	for _, tt := range []struct {
		name string
		sc   blueprint.Scenario
		want bool
	}{
		{"plain", blueprint.Scenario{}, true},
		{"expects success", blueprint.Scenario{Expect: blueprint.Expect{Outcome: "success"}}, true},
		{"expects a denial", blueprint.Scenario{Expect: blueprint.Expect{Outcome: "denied"}}, false},
		{"a fault", blueprint.Scenario{Faults: []blueprint.Fault{{}}}, false},
		{"a fault of a fixture", blueprint.Scenario{Fixtures: []blueprint.Fixture{{Fault: &blueprint.Fault{}}}}, false},
		{"a live tool", blueprint.Scenario{Fixtures: []blueprint.Fixture{{Live: true}}}, false},
		{"a conversation", blueprint.Scenario{Turns: []blueprint.Turn{{}}}, false},
		{"a played user", blueprint.Scenario{User: &blueprint.SimulatedUser{}}, false},
	} {
		if got := playable(tt.sc); got != tt.want {
			t.Errorf("%s: playable() = %t, want %t", tt.name, got, tt.want)
		}
	}
	if _, err := drillCases(blueprint.Agent{}); err == nil {
		t.Error("drillCases() of an agent without scenarios = nil, want an error that says so")
	}
}

// A drill goes by a canary, and waits for nobody.
func TestDrillStage(t *testing.T) {
	own := &blueprint.Canary{Alpha: 0.01}
	got := drillStage(blueprint.Stage{Name: "staging", Soak: 1, Auto: true, Before: []blueprint.GateRule{{Name: "x", External: true}},
		After:   []blueprint.GateRule{{Name: "y", External: true}},
		Rollout: blueprint.Rollout{Strategy: blueprint.StrategyBlueGreen, Preview: 1, Shadow: &blueprint.Shadow{}, Canary: own, Sessions: "finish"}})
	want := blueprint.Stage{Name: "staging", Rollout: blueprint.Rollout{Strategy: blueprint.StrategyCanary, Canary: own, Sessions: "move"},
		Drill: &blueprint.Drill{Schedule: blueprint.Schedule{TimeZone: "UTC"}, Within: blueprint.Duration(5 * time.Minute), Runs: 500}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drillStage() (-want +got):\n%s", diff)
	}
}
