package release

import (
	"slices"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// The actors and gates of the tests.
var (
	human = resource.Actor{Name: "operator", Kind: "human"}
	agent = resource.Actor{Name: "deployer", Kind: "agent"}

	passing  = []resource.Gate{{Name: "validation", Verdict: resource.Pass}, {Name: "simulation", Verdict: resource.Warn}}
	blocking = []resource.Gate{{Name: "validation", Verdict: resource.Pass}, {Name: "simulation", Verdict: resource.Block, Message: "a scenario fails"}}
	waiting  = []resource.Gate{{Name: "validation", Verdict: resource.Pending}}
)

// shortPlan decides after few outcomes: two canary failures roll back, two
// successes promote, each step takes two runs.
var shortPlan = canary.Plan(blueprint.Canary{
	Steps: []blueprint.CanaryStep{{Weight: 10, Runs: 2}, {Weight: 50, Runs: 2}},
	Alpha: 0.2, Beta: 0.9, Deadline: blueprint.Duration(time.Hour),
})

const deadlineMs = 3_600_000

// pending is a release that was asked for.
func pending() resource.Release {
	return resource.Release{ID: "rel", Agent: "a", Version: 2, Environment: "production",
		State: resource.ReleasePending, Revision: 1, Plan: shortPlan, Tier: blueprint.TierHigh}
}

// walk applies events that have to be accepted, ten milliseconds apart.
func walk(t interface{ Fatalf(string, ...any) }, r resource.Release, events ...Event) (resource.Release, []Effect) {
	var effects []Effect
	for _, ev := range events {
		var err error
		if r, effects, err = Next(r, ev, r.UpdatedAt+10); err != nil {
			t.Fatalf("Next(%s, %s) = %v, want no error", r.State, ev.Kind, err)
		}
	}
	return r, effects
}

// The ways to each state.
var (
	wayChecking  = []Event{{Kind: Begin}}
	wayAwaiting  = then(wayChecking, Event{Kind: Checked, Gates: passing, Quorum: 1})
	wayDeploying = then(wayAwaiting, Event{Kind: Approved})
	waySmoke     = then(wayDeploying, Event{Kind: Deployed, Gates: passing})
	wayCanary    = then(waySmoke, Event{Kind: Smoked, Gates: passing, Serving: true})
	wayPromoted  = then(waySmoke, Event{Kind: Smoked, Gates: passing})
)

// then is a way with more events at its end.
func then(way []Event, more ...Event) []Event { return slices.Concat(way, more) }

func canaryOutcome(failed bool) Event {
	return Event{Kind: Outcome, IsCanary: true, Failed: failed, Weight: 10, Run: "run"}
}

func kinds(effects []Effect) []EffectKind {
	var out []EffectKind
	for _, e := range effects {
		out = append(out, e.Kind)
	}
	return out
}

// numStates is how many states a release can be in.
const numStates = 16
