package control

import (
	"math"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

const (
	// trafficWindow is how far back the traffic of a canary is looked at, at most to
	// when the version that serves was given all of it.
	trafficWindow = 24 * 60 * 60 * 1000
	// leastWindow keeps the first minutes of a version from being taken for its rate.
	leastWindow = 5 * 60 * 1000
	// minTrafficRuns are needed to speak of a failure rate.
	minTrafficRuns = 20
)

// canaryPlan is the plan of a release's canary with the traffic that it can expect.
// A harm budget has its steps computed from it, in this transaction: that is bounded
// work, see [canary.Fit].
func (t *tx) canaryPlan(c blueprint.Canary, r *resource.Release) (resource.CanaryPlan, error) {
	p := canary.Plan(c)
	if r.Baseline == "" {
		return canary.Fit(nil, p), nil
	}
	tr, err := t.trafficOf(r)
	if err != nil {
		return p, err
	}
	if tr.Runs > 0 {
		p.Traffic = &tr
	}
	return canary.Fit(nil, p), nil
}

// trafficOf is the traffic of the version that a release replaces, over the last
// day or since it serves. Of few runs the failure rate is taken to be a little
// higher than it was seen (Laplace's rule): a version that never fails would be the
// easiest one to compare with.
func (t *tx) trafficOf(r *resource.Release) (resource.CanaryTraffic, error) {
	now := t.c.now()
	since, err := t.servesSince(r)
	if err != nil {
		return resource.CanaryTraffic{}, err
	}
	window := min(max(now-since, leastWindow), trafficWindow)
	list, err := t.Figures(FiguresQuery{Agent: r.Agent, Environment: r.Environment, Digest: r.Baseline, From: now - window, To: now})
	if err != nil {
		return resource.CanaryTraffic{}, err
	}
	tr := resource.CanaryTraffic{FailureRate: canary.AssumedFailureRate, WindowMs: int64(window)}
	for _, f := range list {
		tr.Runs += f.Runs
		tr.RunsPerSecond = round3(float64(f.Runs) * 1000 / float64(window))
		if f.Runs >= minTrafficRuns {
			tr.FailureRate = round3((f.ErrorRate*float64(f.Runs) + 1) / float64(f.Runs+2))
		}
	}
	runs, err := t.Runs(RunFilter{Agent: r.Agent, Environment: r.Environment, Digest: r.Baseline, Mode: resource.RunLive}, Page{Limit: canary.LimitRuns})
	if err != nil {
		return tr, err
	}
	tr.RunSeconds, tr.SessionRuns = lengths(runs)
	return tr, nil
}

// servesSince is when the version that a release replaces was given all traffic;
// 0 is not known.
func (t *tx) servesSince(r *resource.Release) (resource.Millis, error) {
	d, err := t.deployment(r)
	if err != nil || d.Snapshot == "" {
		return 0, err
	}
	s, err := t.Snapshot(d.Snapshot)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	return s.CreatedAt, err
}

// lengths are the mean seconds of the runs that ended, and the mean number of runs
// of a session. Sessions of the gateway are as long as their client likes.
func lengths(runs []resource.Run) (seconds, sessionRuns float64) {
	sessions, ended, ms := map[string]bool{}, 0, 0.0
	for _, run := range runs {
		sessions[run.Session] = true
		if run.EndedAt != 0 && !run.Gateway {
			ended, ms = ended+1, ms+float64(run.LatencyMs)
		}
	}
	if ended > 0 {
		seconds = round3(ms / 1000 / float64(ended))
	}
	if len(sessions) > 0 {
		sessionRuns = round3(float64(len(runs)) / float64(len(sessions)))
	}
	return seconds, sessionRuns
}

// unmet reports whether a release has a canary of which no steps keep the harm
// budget, and a person is to say yes first.
func unmet(r resource.Release) bool {
	fit := r.Plan.Fit
	return r.Baseline != "" && fit != nil && !fit.Met && r.Plan.HarmBudget.WhenUnmet != blueprint.UnmetStart
}

// round3 keeps three digits: a plan is read by people.
func round3(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*unit) / unit
}
