package release

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func TestNext(t *testing.T) {
	ok, bad := canaryOutcome(false), canaryOutcome(true)
	tests := []struct {
		name    string
		events  []Event
		state   resource.ReleaseState
		effects []Effect // of the last event
	}{
		{"begin", wayChecking, "checking", []Effect{{Kind: DoCheck}, {Kind: ArmProgress}}},
		{"checked, approval needed", wayAwaiting, "awaiting_approval", []Effect{{Kind: AskApproval}}},
		{"checked, no approval", then(wayChecking, Event{Kind: Checked, Gates: passing}), "deploying", []Effect{{Kind: DoDeploy}, {Kind: ArmProgress}}},
		{"checked, blocked", then(wayChecking, Event{Kind: Checked, Gates: blocking, Quorum: 1}), "rejected", []Effect{{Kind: Notify}}},
		{"checked, pending", then(wayChecking, Event{Kind: Checked, Gates: waiting}), "rejected", []Effect{{Kind: Notify}}},
		{"checked, no evidence", then(wayChecking, Event{Kind: Checked}), "rejected", []Effect{{Kind: Notify}}},
		{"checked, a verdict nobody knows", then(wayChecking, Event{Kind: Checked, Gates: []resource.Gate{{Name: "x", Verdict: "fine"}}}), "rejected", []Effect{{Kind: Notify}}},
		{"approved", wayDeploying, "deploying", []Effect{{Kind: DoDeploy}, {Kind: ArmProgress}}},
		{"denied", then(wayAwaiting, Event{Kind: Denied}), "rejected", []Effect{{Kind: Notify}}},
		{"expired", then(wayAwaiting, Event{Kind: Expired}), "rejected", []Effect{{Kind: Notify}}},
		{"deployed", waySmoke, "smoke", []Effect{{Kind: DoSmoke}, {Kind: ArmProgress}}},
		{"deployed, blocked", then(wayDeploying, Event{Kind: Deployed, Gates: blocking}), "rejected", []Effect{{Kind: Notify}}},
		{"smoked, blocked", then(waySmoke, Event{Kind: Smoked, Gates: blocking, Serving: true}), "rejected", []Effect{{Kind: Notify}}},
		{"smoked, canary", wayCanary, "canary", []Effect{{Kind: SetWeight, Weight: 10}, {Kind: ArmDeadline}, {Kind: ArmProgress}}},
		{"smoked, no canary", wayPromoted, "promoted", []Effect{{Kind: SetStable}, {Kind: SignPromotion}, {Kind: Notify}}},
		{"an outcome inside a step", then(wayCanary, ok), "canary", []Effect{}},
		{"the next step", then(wayCanary, ok, ok), "canary", []Effect{{Kind: SetWeight, Weight: 50}}},
		{"a verdict inside the last step waits", then(wayCanary, ok, ok, ok), "canary", []Effect{}},
		{"the last step", then(wayCanary, ok, ok, ok, ok), "promoted", []Effect{{Kind: SetStable}, {Kind: SignPromotion}, {Kind: RecordVerdict}, {Kind: Notify}}},
		{"harm", then(wayCanary, bad, bad), "rolling_back",
			[]Effect{{Kind: RestoreGood}, {Kind: OpenIncident}, {Kind: QuarantineBad}, {Kind: RecordVerdict}, {Kind: VerifyGood}, {Kind: Notify}}},
		{"harm while paused", then(wayCanary, bad, Event{Kind: Pause}, bad), "rolling_back",
			[]Effect{{Kind: RestoreGood}, {Kind: OpenIncident}, {Kind: QuarantineBad}, {Kind: RecordVerdict}, {Kind: VerifyGood}, {Kind: Notify}}},
		{"no promotion while paused", then(wayCanary, Event{Kind: Pause}, ok, ok, ok, ok, ok, ok), "paused", []Effect{}},
		{"a step that was done while paused is taken by the next outcome", then(wayCanary, Event{Kind: Pause}, ok, ok, Event{Kind: Resume}, ok), "canary", []Effect{{Kind: SetWeight, Weight: 50}}},
		{"promoted by hand", then(wayCanary, Event{Kind: Promote, Actor: human, Reason: "known flake"}), "promoted", []Effect{{Kind: SetStable}, {Kind: SignPromotion}, {Kind: RecordVerdict}, {Kind: Notify}}},
		{"promoted by hand from paused", then(wayCanary, Event{Kind: Pause}, Event{Kind: Promote, Actor: human, Reason: "known flake"}), "promoted", []Effect{{Kind: SetStable}, {Kind: SignPromotion}, {Kind: RecordVerdict}, {Kind: Notify}}},
		{"rolled back by hand", then(wayCanary, Event{Kind: Rollback}), "rolling_back",
			[]Effect{{Kind: RestoreGood}, {Kind: OpenIncident}, {Kind: QuarantineBad}, {Kind: RecordVerdict}, {Kind: VerifyGood}, {Kind: Notify}}},
		{"rolled back after promotion", then(wayPromoted, Event{Kind: Rollback}), "rolling_back",
			[]Effect{{Kind: RestoreGood}, {Kind: OpenIncident}, {Kind: QuarantineBad}, {Kind: VerifyGood}, {Kind: Notify}}},
		{"verified", then(wayPromoted, Event{Kind: Rollback}, Event{Kind: Verified}), "rolled_back",
			[]Effect{{Kind: ResumeTraffic}, {Kind: RecordRollback}, {Kind: WatchGood}, {Kind: Notify}}},
		{"not verified", then(wayPromoted, Event{Kind: Rollback}, Event{Kind: Unverified}), "rolled_back",
			[]Effect{{Kind: StopTraffic}, {Kind: RecordRollback}, {Kind: Notify}}},
		{"cancelled in canary", then(wayCanary, ok, ok, Event{Kind: Cancel}), "cancelled", []Effect{{Kind: SetWeight, Weight: 0}}},
		{"cancelled while paused from canary", then(wayCanary, Event{Kind: Pause}, Event{Kind: Cancel}), "cancelled", []Effect{{Kind: SetWeight, Weight: 0}}},
		{"cancelled while people are asked", then(wayAwaiting, Event{Kind: Cancel}), "cancelled", []Effect{{Kind: CloseApproval}}},
		{"approved while paused", then(wayAwaiting, Event{Kind: Pause}, Event{Kind: Approved}), "paused", []Effect{}},
		{"approved while paused, resumed", then(wayAwaiting, Event{Kind: Pause}, Event{Kind: Approved}, Event{Kind: Resume}), "deploying", []Effect{{Kind: DoDeploy}, {Kind: ArmProgress}}},
		{"denied while paused", then(wayAwaiting, Event{Kind: Pause}, Event{Kind: Denied}), "rejected", []Effect{{Kind: Notify}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, effects := walk(t, pending(), tt.events...)
			if got.State != tt.state {
				t.Errorf("state = %s, want %s", got.State, tt.state)
			}
			if diff := cmp.Diff(tt.effects, effects); diff != "" {
				t.Errorf("effects differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResumeDoesAgain(t *testing.T) {
	tests := []struct {
		way   []Event
		state resource.ReleaseState
		want  []EffectKind
	}{
		{nil, "checking", []EffectKind{DoCheck, ArmProgress}}, // nothing else would begin it
		{wayChecking, "checking", []EffectKind{DoCheck, ArmProgress}},
		{wayAwaiting, "awaiting_approval", nil},
		{wayDeploying, "deploying", []EffectKind{DoDeploy, ArmProgress}},
		{waySmoke, "smoke", []EffectKind{DoSmoke, ArmProgress}},
		{wayCanary, "canary", []EffectKind{ArmDeadline, ArmProgress}},
	}
	for _, tt := range tests {
		before, _ := walk(t, pending(), tt.way...)
		t.Run(string(before.State), func(t *testing.T) {
			got, effects := walk(t, before, Event{Kind: Pause}, Event{Kind: Resume})
			if got.State != tt.state || got.PausedFrom != "" {
				t.Errorf("state = %s (paused from %q), want %s", got.State, got.PausedFrom, tt.state)
			}
			if diff := cmp.Diff(tt.want, kinds(effects)); diff != "" {
				t.Errorf("effects differ (-want +got):\n%s", diff)
			}
			if again := got.Attempt > before.Attempt; again != (len(tt.want) > 0) {
				t.Errorf("attempt went from %d to %d with effects %v", before.Attempt, got.Attempt, tt.want)
			}
		})
	}
}

func TestNextRefuses(t *testing.T) {
	smoking, _ := walk(t, pending(), waySmoke...)
	noPlan := smoking
	noPlan.Plan.Steps = nil
	noPlan.Stage.Stage.Rollout.Strategy = blueprint.StrategyCanary
	inCanary, _ := walk(t, pending(), wayCanary...)
	lost := inCanary
	lost.Canary = nil
	pausedSmoke, _ := walk(t, smoking, Event{Kind: Pause})
	promoted, _ := walk(t, pending(), wayPromoted...)
	rollingBack, _ := walk(t, promoted, Event{Kind: Rollback})
	rolledBack, _ := walk(t, rollingBack, Event{Kind: Verified})
	tests := []struct {
		name string
		r    resource.Release
		ev   Event
		want fault.Code
	}{
		{"an event of another state", pending(), Event{Kind: Smoked, Gates: passing}, fault.Conflict},
		{"an unknown event", pending(), Event{Kind: "explode"}, fault.Conflict},
		{"a state that is none", resource.Release{State: "lost"}, Event{Kind: Begin}, fault.Conflict},
		{"a result while paused", pausedSmoke, Event{Kind: Smoked, Gates: passing}, fault.Conflict},
		{"paused twice", pausedSmoke, Event{Kind: Pause}, fault.Conflict},
		{"the result of an older attempt", smoking, Event{Kind: Smoked, Gates: passing, Attempt: smoking.Attempt - 1}, fault.Conflict},
		{"an outcome after promotion", promoted, canaryOutcome(true), fault.Conflict},
		{"an outcome while rolling back", rollingBack, canaryOutcome(true), fault.Conflict},
		{"a rollback of a rollback", rollingBack, Event{Kind: Rollback}, fault.Conflict},
		{"a rollback of what was rolled back", rolledBack, Event{Kind: Rollback}, fault.Conflict},
		{"a rollback is not held", rollingBack, Event{Kind: Pause}, fault.Conflict},
		{"a rollback is not cancelled", rollingBack, Event{Kind: Cancel}, fault.Conflict},
		{"a promoted release is not cancelled", promoted, Event{Kind: Cancel}, fault.Conflict},
		{"a deadline before its time", inCanary, Event{Kind: Deadline}, fault.Conflict},
		{"a promotion without a reason", inCanary, Event{Kind: Promote, Actor: human, Reason: "  "}, fault.Invalid},
		{"a promotion by an agent", inCanary, Event{Kind: Promote, Actor: agent, Reason: "trust me"}, fault.Forbidden},
		{"a canary without a plan", noPlan, Event{Kind: Smoked, Gates: passing, Serving: true}, fault.Invalid},
		{"a canary without its state", lost, canaryOutcome(true), fault.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, effects, err := Next(tt.r, tt.ev, tt.r.UpdatedAt+1)
			if fault.CodeOf(err) != tt.want {
				t.Errorf("Next(%s, %s) = %v, want code %s", tt.r.State, tt.ev.Kind, err, tt.want)
			}
			if diff := cmp.Diff(tt.r, got); diff != "" || effects != nil {
				t.Errorf("a refused event changed the release or had effects %v (-want +got):\n%s", effects, diff)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	r, _ := walk(t, pending(), wayCanary...)
	if want := r.UpdatedAt + deadlineMs; r.Deadline != want {
		t.Fatalf("deadline = %d, want %d", r.Deadline, want)
	}
	held, effects, err := Next(r, Event{Kind: Deadline}, r.Deadline)
	if err != nil || held.State != resource.ReleasePaused || held.PausedFrom != resource.ReleaseCanary {
		t.Fatalf("Next(canary, deadline) = %s from %q, %v; want paused from canary", held.State, held.PausedFrom, err)
	}
	if diff := cmp.Diff([]EffectKind{Notify}, kinds(effects)); diff != "" {
		t.Errorf("effects differ (-want +got):\n%s", diff)
	}
	if held.Reason == "" {
		t.Error("the pause has no reason, want one that says what to do")
	}
	resumed, _, err := Next(held, Event{Kind: Resume}, held.Deadline+5)
	if want := held.Deadline + 5 + deadlineMs; err != nil || resumed.Deadline != want {
		t.Errorf("after resume the deadline = %d, %v; want %d", resumed.Deadline, err, want)
	}
	early, _, err := Next(r, Event{Kind: Pause}, r.Deadline-10)
	if err != nil {
		t.Fatal(err)
	}
	if early, _, err = Next(early, Event{Kind: Resume}, r.Deadline-5); err != nil || early.Deadline != r.Deadline {
		t.Errorf("a resume in time moved the deadline to %d, %v; want %d", early.Deadline, err, r.Deadline)
	}
}

func TestHistory(t *testing.T) {
	r, _ := walk(t, pending(), wayCanary...)
	lines, entered := len(r.History), r.EnteredAt
	if lines != len(wayCanary) {
		t.Errorf("%d lines of history after %d transitions, want one each", lines, len(wayCanary))
	}
	r, _ = walk(t, r, canaryOutcome(false))
	if len(r.History) != lines || r.Revision != int64(2+len(wayCanary)) || r.EnteredAt != entered || r.UpdatedAt == entered {
		t.Errorf("after an outcome: %d lines, revision %d, entered %d, updated %d; want %d lines, revision %d, entered %d, updated later",
			len(r.History), r.Revision, r.EnteredAt, r.UpdatedAt, lines, 2+len(wayCanary), entered)
	}
	r, _ = walk(t, r, canaryOutcome(true), canaryOutcome(true))
	want := resource.Transition{At: r.UpdatedAt, Event: "outcome", From: "canary", To: "rolling_back", Actor: resource.System, Reason: r.Reason}
	if diff := cmp.Diff(want, r.History[len(r.History)-1]); diff != "" {
		t.Errorf("the last line differs (-want +got):\n%s", diff)
	}
	if r.DecidedAt != r.UpdatedAt || r.Reason == "" {
		t.Errorf("decided at %d with reason %q, want %d and a reason", r.DecidedAt, r.Reason, r.UpdatedAt)
	}
}

func TestGatesAddUp(t *testing.T) {
	r, _ := walk(t, pending(), wayChecking...)
	r, _ = walk(t, r, Event{Kind: Checked, Gates: []resource.Gate{{Name: "validation", Verdict: resource.Warn, At: 1}, {Name: "simulation", Verdict: resource.Pass}}})
	r, _ = walk(t, r, Event{Kind: Deployed, Gates: []resource.Gate{{Name: "validation", Verdict: resource.Pass, At: 2}, {Name: "pins", Verdict: resource.Pass}}})
	want := []resource.Gate{{Name: "validation", Verdict: resource.Pass, At: 2}, {Name: "simulation", Verdict: resource.Pass}, {Name: "pins", Verdict: resource.Pass}}
	if diff := cmp.Diff(want, r.Gates); diff != "" {
		t.Errorf("gates differ (-want +got):\n%s", diff)
	}
	rejected, _ := walk(t, r, Event{Kind: Smoked, Gates: blocking})
	if want := "Gate simulation: a scenario fails"; rejected.Reason != want {
		t.Errorf("reason = %q, want %q", rejected.Reason, want)
	}
}
