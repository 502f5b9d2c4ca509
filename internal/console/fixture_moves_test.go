package console

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// told adds a release and returns it to be told further.
func (f *fixture) told(id, agent string, n int, env string, age time.Duration, gates []resource.Gate, way ...resource.ReleaseState) *resource.Release {
	start := before(age)
	h := history(start, 40*time.Second, way...)
	last := h[len(h)-1]
	f.releases = append(f.releases, resource.Release{
		ID: id, Agent: agent, Version: n, Digest: version(agent, n), Environment: env, State: last.To, Revision: int64(len(h)), Baseline: version(agent, n-1),
		Delta: resource.Delta{From: version(agent, n-1), To: version(agent, n), Changes: firstDelta[1:3], Tier: "medium"}, Tier: "medium",
		Gates: gates, CreatedAt: start, CreatedBy: author, UpdatedAt: last.At, EnteredAt: last.At, Reason: last.Reason, History: h,
	})
	return &f.releases[len(f.releases)-1]
}

// watch gives a release a canary whose outcomes fail at the given rates.
func (f *fixture) watch(r *resource.Release, n int, controlRate, canaryRate float64) {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	r.Plan = canary.Plan(blueprint.Canary{})
	s := canary.Freeze(r.Plan, canary.Start(r.Plan), runsBefore())
	for i := range n {
		o := resource.CanaryOutcome{Release: r.ID, Seq: int64(i + 1), Run: fmt.Sprintf("run-%d", i), Session: fmt.Sprintf("customer-%d", i), Weight: 10,
			LatencyMs: 900 + rng.Int64N(400), Cost: resource.MicroUSD(3000 + rng.IntN(2000)), Denials: rng.IntN(20) / 19, At: before(time.Hour)}
		if i > n/2 && r.State != resource.ReleaseRolledBack {
			o.Weight, o.Step = 50, 1
		}
		o.Canary = rng.IntN(100) < o.Weight
		rate := controlRate
		if o.Canary {
			rate = canaryRate
			o.LatencyMs += rng.Int64N(140)
		}
		o.Failed = rng.Float64() < rate
		o.Draw = o.Seq
		seen, _ := canary.See(s, nil, o, resource.CanaryDraw{Release: r.ID, Seq: o.Seq, Run: o.Run, Canary: o.Canary, Weight: o.Weight})
		s = canary.Observe(r.Plan, s, o.Canary, o.Failed, o.Weight, seen)
		f.outcomes[r.ID] = append(f.outcomes[r.ID], canary.Mark(o, s))
		if s.Verdict == canary.Rollback {
			break
		}
	}
	r.Canary = &s
}

// runsBefore are the runs that a canary's limits are taken from.
func runsBefore() (runs []resource.Run) {
	for i := range 100 {
		runs = append(runs, resource.Run{EndedAt: 1, LatencyMs: int64(900 + 4*i), Stats: resource.RunStats{Cost: resource.MicroUSD(3000 + 20*i)}})
	}
	return runs
}

func (f *fixture) tellReleases() {
	const pending, checking, awaiting, deploying, smoke = resource.ReleasePending, resource.ReleaseChecking, resource.ReleaseAwaiting, resource.ReleaseDeploying, resource.ReleaseSmoke
	const inCanary, promoted, paused, rejected = resource.ReleaseCanary, resource.ReleasePromoted, resource.ReleasePaused, resource.ReleaseRejected

	r := f.told("rel-32", "invoice-reader", 3, "production", 45*time.Minute, gatesOf("", before(44*time.Minute)), checking, awaiting)
	r.Approval, r.Tier, r.Delta.Tier, r.Delta.Changes, r.Plan = "apr-11", "critical", "critical", firstDelta, canary.Plan(blueprint.Canary{})
	r.Reason = "pay the supplier when the invoice matches its order"

	r = f.told("rel-31", "refund-desk", 4, "production", 2*time.Hour, gatesOf("", before(118*time.Minute)), checking, awaiting, deploying, smoke, inCanary)
	r.Tier = "high"
	r.Delta.Changes = append(slices.Clone(r.Delta.Changes), resource.Change{Kind: "instructions", Op: "changed", Path: "instructions", From: digestOf("old text"), To: digestOf("new text"), Tier: "medium"})
	f.watch(r, 260, 0.03, 0.03)

	r = f.told("rel-30", "refund-desk", 4, "staging", 150*time.Minute, gatesOf("", before(149*time.Minute)), checking, deploying, smoke, promoted)
	r.Tier = "low"

	r = f.told("rel-29", "support-triage", 5, "production", 25*time.Hour, gatesOf("", before(25*time.Hour)), checking, deploying, smoke, inCanary, paused)
	r.PausedFrom = inCanary
	f.watch(r, 70, 0.05, 0.07)
	r.Step = 1

	r = f.told("rel-27", "refund-desk", 3, "production", 23*time.Hour, gatesOf("", before(23*time.Hour)), checking, awaiting, deploying, smoke, inCanary, resource.ReleaseRollingBack, resource.ReleaseRolledBack)
	r.Incident, r.RolledBackTo, r.DecidedAt, r.GoodAt, r.Tier = "inc-07", version("refund-desk", 2), before(22*time.Hour), before(22*time.Hour)+41, "high"
	f.watch(r, 300, 0.02, 0.4)

	f.told("rel-24", "support-triage", 4, "staging", 4*24*time.Hour, gatesOf("simulation", before(96*time.Hour)), checking, rejected)
	r = f.told("rel-21", "refund-desk", 2, "production", 6*24*time.Hour, gatesOf("", before(144*time.Hour)), checking, awaiting, deploying, smoke, inCanary, promoted)
	f.watch(r, 500, 0.02, 0.02)

	for i := range f.agents {
		for _, r := range f.releases {
			if r.Agent == f.agents[i].Name && !r.State.Final() {
				f.agents[i].Releases = append(f.agents[i].Releases, r)
			}
		}
	}
}

func (f *fixture) Snapshots(_ context.Context, _ control.Principal, agent, env string) ([]resource.Snapshot, error) {
	if agent != "refund-desk" {
		return nil, nil
	}
	return []resource.Snapshot{
		{ID: "snap-5" + env, Agent: agent, Environment: env, Version: 2, Digest: version(agent, 2), Release: "rel-21", Verified: true, CreatedAt: before(6 * 24 * time.Hour)},
		{ID: "snap-2" + env, Agent: agent, Environment: env, Version: 1, Digest: version(agent, 1), Release: "rel-21", Verified: true, CreatedAt: before(9 * 24 * time.Hour), RetiredAt: before(7 * 24 * time.Hour)},
	}, nil
}

func (f *fixture) Diff(_ context.Context, _ control.Principal, from, to string) (resource.Delta, error) {
	d := resource.Delta{From: digestOf(from), To: digestOf(to), Changes: firstDelta, Tier: "high"}
	switch {
	case strings.HasSuffix(to, "v4"):
		d.Changes, d.Tier = firstDelta[2:], "medium"
	case strings.HasSuffix(to, "v3"):
		d.Changes, d.Tier = nil, "low"
	}
	return d, nil
}

// Figures tells one row for each version that serves.
func (f *fixture) Figures(_ context.Context, _ control.Principal, q control.FiguresQuery) ([]resource.Figures, error) {
	row := func(agent, env string, v int, runs, failed int64, p50 float64) resource.Figures {
		ok := runs - failed
		return resource.Figures{Agent: agent, Environment: env, Version: v, Digest: version(agent, v), From: q.From, To: q.To, Runs: runs, Success: ok, Failed: failed,
			SuccessRate: float64(ok) / float64(runs), ErrorRate: float64(failed) / float64(runs), RetryRate: 0.021, P50Ms: p50, P95Ms: p50 * 2.6, P99Ms: p50 * 4.9,
			Cost: resource.MicroUSD(runs * 4120), CostPerSuccess: resource.MicroUSD(runs * 4120 / ok), CRVFailures: failed / 3, Denials: failed / 2, Escalations: 4, EscalationRate: 4 / float64(runs), Tokens: runs * 2100}
	}
	all := []resource.Figures{row("refund-desk", "production", 2, 5812, 93, 840), row("refund-desk", "production", 4, 402, 9, 905), row("invoice-reader", "production", 2, 1240, 6, 2310)}
	all[0].Rollbacks, all[0].MTTRMs = 1, 4100
	all = append(all, row("support-triage", "production", 4, 640, 61, 410), row("refund-desk", "staging", 4, 60, 0, 790))
	return filter(all, func(x resource.Figures) bool { return fits(q.Agent, x.Agent) && fits(q.Environment, x.Environment) }), nil
}

// Series tells a day with a dip in it and some hours without runs.
func (f *fixture) Series(_ context.Context, _ control.Principal, q control.FiguresQuery, bucket time.Duration) ([]resource.FiguresPoint, error) {
	rng := rand.New(rand.NewPCG(3, uint64(len(q.Agent))))
	var out []resource.FiguresPoint
	n := int(int64(q.To-q.From)/bucket.Milliseconds()) + 1
	for i := range n {
		at := q.From + resource.Millis(int64(i)*bucket.Milliseconds())
		wave := 1 + 0.6*math.Sin(float64(i)/7)
		runs := int64(40*wave + 10*rng.Float64())
		failed := int64(float64(runs) * 0.02 * rng.Float64())
		if i > n/2 && i < n/2+4 && q.Agent == "refund-desk" {
			failed = runs / 8
		}
		if q.Agent == "invoice-reader" && i%12 < 3 {
			continue
		}
		p95 := 1800 + 400*wave + 300*rng.Float64()
		out = append(out, resource.FiguresPoint{At: at, Figures: resource.Figures{Runs: runs, Success: runs - failed, Failed: failed, SuccessRate: float64(runs-failed) / float64(runs), P95Ms: p95, P50Ms: p95 / 2, P99Ms: p95 * 1.5}})
	}
	if q.Environment == "staging" {
		return nil, nil
	}
	return out, nil
}
