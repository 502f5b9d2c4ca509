package console

import (
	"context"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// claims is an agent with a release in every state that people wait in. It is on no
// list of agents, so that the other pages stay as they are.
const claims = "claims-intake"

// wholeStage is a stage that asks for everything.
func wholeStage(strategy blueprint.Strategy) resource.ReleaseStage {
	limit := 0.05
	return resource.ReleaseStage{Pipeline: "payments", After: "staging", Stage: blueprint.Stage{Name: "production", Soak: blueprint.Duration(90 * time.Minute),
		Rollout: blueprint.Rollout{Strategy: strategy, Shadow: &blueprint.Shadow{Runs: 200}},
		After:   []blueprint.GateRule{{Name: "errors", Metric: "errorRate", Above: &limit}},
		Freeze:  []blueprint.Freeze{{Name: "weekend", Schedule: blueprint.Schedule{Start: "2026-01-02T18:00", RRule: "FREQ=WEEKLY;BYDAY=FR"}, Duration: blueprint.Duration(62 * time.Hour)}},
	}.Resolved(true)}
}

// tellRollouts adds a release of claims in each state that the others are not in.
func (f *fixture) tellRollouts() {
	const checking, awaiting, frozen, deploying, smoke = resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseFrozen, resource.ReleaseDeploying, resource.ReleaseSmoke
	const shadow, preview, inCanary, soaking = resource.ReleaseShadow, resource.ReleasePreview, resource.ReleaseCanary, resource.ReleaseSoaking
	add := func(id string, n int, age time.Duration, strategy blueprint.Strategy, way ...resource.ReleaseState) *resource.Release {
		r := f.told(id, claims, n, "production", age, gatesOf("", before(age)), way...)
		r.Stage = wholeStage(strategy)
		if strategy == blueprint.StrategyCanary {
			r.Plan = canary.Plan(blueprint.Canary{})
			r.Plan.Traffic = &resource.CanaryTraffic{RunsPerSecond: 1.4, FailureRate: 0.02, Runs: 120_960, WindowMs: 86_400_000}
		}
		return r
	}
	r := add("rel-checking", 9, 4*time.Minute, blueprint.StrategyCanary, checking)
	r.Gates = nil

	r = add("rel-frozen", 8, 2*time.Hour, blueprint.StrategyCanary, checking, awaiting, frozen)
	r.FrozenUntil = before(-38 * time.Hour)

	r = add("rel-shadow", 7, 3*time.Hour, blueprint.StrategyCanary, checking, awaiting, deploying, smoke, shadow)
	r.Deadline, r.Gates[3].Message = before(-21*time.Hour), "waived until 2026-03-13T09:00:00Z by sasha (the old cases are wrong): 3 of 40 cases fail"
	st := canary.StartShadow(*r.Stage.Stage.Rollout.Shadow)
	for _, x := range shadowStory(r.ID) {
		st = canary.Compare(*r.Stage.Stage.Rollout.Shadow, st, x)
	}
	r.Shadow = &st

	r = add("rel-preview", 6, 5*time.Hour, blueprint.StrategyBlueGreen, checking, deploying, smoke, preview)
	r.Deadline = before(-95 * time.Minute)

	r = add("rel-soaking", 5, 9*time.Hour, blueprint.StrategyCanary, checking, awaiting, deploying, smoke, inCanary, soaking)
	r.Deadline = before(-40 * time.Minute)
	f.watch(r, 400, 0.02, 0.02)

	r = add("rel-hotfix", 4, 10*time.Minute, blueprint.StrategyCanary, checking, awaiting)
	r.Stage.Hotfix = &blueprint.Hotfix{Skip: []string{"order", release.SkipCanary, release.SkipShadow, release.SkipSoak, release.SkipFreeze}, Approvals: []blueprint.ApprovalRule{{Count: 2, Groups: []string{"on-call"}}}}
	r.Reason, r.Tier = "customers are charged twice", "critical"

	r = add("rel-stopped", 3, 30*time.Hour, blueprint.StrategyAllAtOnce, checking, deploying, smoke, soaking, resource.ReleaseRollingBack, resource.ReleaseRolledBack)
	r.Environment = "staging" // where traffic is stopped
	end := &r.History[len(r.History)-1]
	end.Event, end.Reason = string(release.Unverified), "The signature of claims-intake@v2 does not hold. Nothing is served any more."
	r.Reason, r.Incident = end.Reason, "inc-07"

	r = add("rel-drill", 2, 31*time.Hour, blueprint.StrategyAllAtOnce, checking, deploying, smoke, resource.ReleaseRollingBack, resource.ReleaseRolledBack)
	r.Drill = true
}

// shadowStory is what a shadow compared: one run that the candidate alone failed.
func shadowStory(id string) []resource.ShadowResult {
	out := make([]resource.ShadowResult, 64)
	for i := range out {
		out[i] = resource.ShadowResult{Release: id, Seq: int64(i + 1), Run: "run-full", Copy: "run-copy-" + count(i+1), At: before(time.Duration(64-i) * time.Minute)}
	}
	out[11].CopyFailed, out[11].Differs = true, []string{"outcome", "calls"}
	out[30].Differs = []string{"output"}
	out[31].LiveFailed, out[31].CopyFailed = true, true
	out[50].Copy, out[50].Error = "", "the copy read <b>what</b> the live run did not"
	return out
}

func (f *fixture) ShadowResults(_ context.Context, _ control.Principal, id string) ([]resource.ShadowResult, error) {
	return shadowStory(id), nil
}

func (f *fixture) EvaluationProgress(_ context.Context, _ control.Principal, id string) (resource.EvaluationProgress, error) {
	return resource.EvaluationProgress{Release: id, Running: id == "rel-checking", Done: 37, Total: 120, Kept: 12, Failed: 2, CostUSD: 0.0412, ElapsedMs: 41_000, LeftMs: 136_000}, nil
}

func (f *fixture) Waivers(_ context.Context, _ control.Principal, q control.WaiverFilter, _ control.Page) ([]resource.Waiver, error) {
	all := []resource.Waiver{
		{ID: "wai-2", Agent: claims, Digest: version(claims, 7), Environment: "production", Gate: "evaluation", Reason: "the old cases are wrong", State: "approved", CreatedAt: before(5 * time.Hour), CreatedBy: author, ExpiresAt: before(-19 * time.Hour)},
		{ID: "wai-1", Agent: claims, Digest: version(claims, 7), Environment: "production", Gate: "simulation", Reason: "the simulator is down", State: "approved", CreatedAt: before(50 * time.Hour), CreatedBy: author, ExpiresAt: before(26 * time.Hour)},
		{ID: "wai-3", Agent: claims, Digest: version(claims, 8), Environment: "production", Gate: "pen-test", Reason: "done by hand", State: "requested", Approval: "apr-11", CreatedAt: before(time.Hour), CreatedBy: operator, ExpiresAt: before(-2 * time.Hour)},
	}
	return filter(all, func(w resource.Waiver) bool { return fits(q.Agent, w.Agent) && fits(q.Digest, w.Digest) }), nil
}

func (f *fixture) Delegations(context.Context, control.Principal, control.DelegationFilter, control.Page) ([]resource.Delegation, error) {
	return []resource.Delegation{{ID: "del-1", From: "lea", To: "dan", Role: resource.RoleApprover, Groups: []string{"payments-leads"}, Reason: "parental leave", CreatedAt: before(90 * time.Hour), Until: before(-9 * 24 * time.Hour)}}, nil
}

func (f *fixture) Drift(_ context.Context, p control.Principal, agent string) (resource.AgentDrift, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drifts++
	d := resource.AgentDrift{Agent: agent}
	if agent == "refund-desk" {
		d.Tools = []resource.ToolDrift{{Environments: []string{"production", "staging"}, Version: "refund-desk@v2", Server: "orders", Tool: "lookup_order", Kind: "description", Message: "its description changed, which the model reads"},
			{Environments: []string{"production"}, Version: "refund-desk@v2", Server: "mail", Kind: "unreachable", Message: "the server mail does not answer"}}
	}
	return d, nil
}
