package dora_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/internal/dora"
	"github.com/aureus-agents/aureus/resource"
)

const hour = 3_600_000

// went is a release with a history of states, each an hour after the one before.
func went(agent, env string, at resource.Millis, states ...resource.ReleaseState) dora.Release {
	r := dora.Release{Release: resource.Release{Agent: agent, Environment: env}}
	for _, s := range states {
		r.History = append(r.History, resource.Transition{At: at, To: s})
		at += hour
	}
	return r
}

func began(r dora.Release, at resource.Millis, committed, first bool) dora.Release {
	r.BeganAt, r.Committed, r.First = at, committed, first
	return r
}

func TestCompute(t *testing.T) {
	const day = 24 * hour
	canary, promoted, rolling := resource.ReleaseCanary, resource.ReleasePromoted, resource.ReleaseRollingBack
	drill := went("a", "production", day, promoted, rolling)
	drill.Drill = true
	releases := []dora.Release{
		began(went("a", "production", day, canary, promoted), day-hour, true, true),        // 2 h from its commit
		began(went("a", "production", 2*day, canary, promoted), 2*day-3*hour, false, true), // 4 h from its push
		began(went("a", "production", 3*day, promoted, rolling), 0, false, false),          // an old version again, rolled back
		went("a", "production", 4*day, canary, rolling),
		went("a", "production", 5*day, resource.ReleaseChecking, resource.ReleaseRejected),
		went("a", "production", 20*day, promoted), // after the window
		went("a", "staging", day, promoted),
		began(went("b", "production", day, canary, promoted), day+hour-60_000, false, true), // 1 min
		drill,
	}
	opened := func(agent string, at, first, decided, restored resource.Millis) dora.Incident {
		return dora.Incident{Incident: resource.Incident{Agent: agent, Environment: "production", OpenedAt: at, FirstFailedAt: first}, DecidedAt: decided, RestoredAt: restored}
	}
	seeded := opened("a", 3*day, 3*day, 3*day, 3*day+9*hour)
	seeded.Drill = true
	incidents := []dora.Incident{
		opened("a", 3*day+hour, 3*day+hour-5000, 3*day+hour, 3*day+hour+100),
		opened("a", 4*day+hour, 0, 4*day+hour, 4*day+hour+300), // no run failed
		opened("a", 4*day+2*hour, 4*day, 4*day+2*hour, 0),      // nothing good serves
		opened("a", 20*day, 1, 20*day, 21*day),                 // after the window
		seeded,
	}
	got := dora.Compute(0, 10*day, releases, incidents)
	a := resource.DORA{Agent: "a", Environment: "production", To: 10 * day, Days: 10, Deployments: 4, Promoted: 3, PerDay: .4,
		LeadTime: resource.Spread{Count: 2, MeanMs: 3 * hour, MedianMs: 3 * hour, P90Ms: 4 * hour}, FromCommit: 1, Failed: 2, ChangeFailureRate: .5,
		RestoreDecided: resource.Spread{Count: 2, MeanMs: 200, MedianMs: 200, P90Ms: 300}, RestoreFirst: resource.Spread{Count: 1, MeanMs: 5100, MedianMs: 5100, P90Ms: 5100}, Unrestored: 1}
	b := resource.DORA{Agent: "b", Environment: "production", To: 10 * day, Days: 10, Deployments: 1, Promoted: 1, PerDay: .1,
		LeadTime: resource.Spread{Count: 1, MeanMs: 60_000, MedianMs: 60_000, P90Ms: 60_000}}
	all := a
	all.Agent, all.Deployments, all.Promoted, all.PerDay, all.ChangeFailureRate = "", 5, 4, .5, .4
	all.LeadTime = resource.Spread{Count: 3, MeanMs: (6*hour + 60_000) / 3, MedianMs: 2 * hour, P90Ms: 4 * hour}
	staging := resource.DORA{Agent: "a", Environment: "staging", To: 10 * day, Days: 10, Deployments: 1, Promoted: 1, PerDay: .1}
	stagingAll := staging
	stagingAll.Agent = ""
	if diff := cmp.Diff([]resource.DORA{all, a, b, stagingAll, staging}, got); diff != "" {
		t.Errorf("Compute() differs (-want +got):\n%s", diff)
	}
}

// TestComputeHolds checks what holds of any history: rates are rates, and all agents
// together are the sum of each.
func TestComputeHolds(t *testing.T) {
	states := []resource.ReleaseState{resource.ReleaseCanary, resource.ReleasePromoted, resource.ReleaseRollingBack, resource.ReleaseRejected}
	rapid.Check(t, func(t *rapid.T) {
		var releases []dora.Release
		for range rapid.IntRange(0, 20).Draw(t, "releases") {
			r := went(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "agent"), "production", resource.Millis(rapid.IntRange(0, 100*hour).Draw(t, "at")),
				rapid.SliceOfN(rapid.SampledFrom(states), 0, 4).Draw(t, "states")...)
			releases = append(releases, began(r, resource.Millis(rapid.IntRange(0, 100*hour).Draw(t, "began")), rapid.Bool().Draw(t, "committed"), rapid.Bool().Draw(t, "first")))
		}
		rows := dora.Compute(10*hour, 90*hour, releases, nil)
		var all, sum resource.DORA
		for _, r := range rows {
			if r.ChangeFailureRate < 0 || r.ChangeFailureRate > 1 || r.FromCommit > r.LeadTime.Count || r.LeadTime.Count > r.Promoted || r.LeadTime.MedianMs > r.LeadTime.P90Ms {
				t.Fatalf("Compute() = %+v", r)
			}
			if r.Agent == "" {
				all = r
				continue
			}
			sum.Deployments, sum.Promoted, sum.Failed, sum.LeadTime.Count = sum.Deployments+r.Deployments, sum.Promoted+r.Promoted, sum.Failed+r.Failed, sum.LeadTime.Count+r.LeadTime.Count
		}
		if all.Deployments != sum.Deployments || all.Promoted != sum.Promoted || all.Failed != sum.Failed || all.LeadTime.Count != sum.LeadTime.Count {
			t.Fatalf("all together = %+v, the sum = %+v", all, sum)
		}
	})
}
