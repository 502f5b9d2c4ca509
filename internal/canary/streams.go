package canary

import (
	"fmt"
	"math"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// What the limits of latency and cost are taken from.
const (
	// MinLimitRuns of the serving version are needed; with fewer the stream is off.
	MinLimitRuns = 50
	// LimitRuns is how many of the newest are looked at.
	LimitRuns = 1000

	latencyQuantile = 0.95
	costQuantile    = 0.90
	// A run is slow or dear when it is over the quantile by a tenth, and slow only
	// when it is over by 50 ms too: less is not worth an incident.
	limitMargin   = 0.10
	limitMarginMs = 50
)

// streams are the streams of a plan with their shares as they were written, those
// that need a limit off.
func streams(p resource.CanaryPlan) []resource.StreamState {
	list := p.Streams
	if len(list) == 0 {
		list = []blueprint.CanaryStream{{Name: blueprint.StreamFailures, Share: 1}}
	}
	out := make([]resource.StreamState, 0, len(list))
	for _, s := range list {
		st := resource.StreamState{Name: s.Name, Share: s.Share, E: 1, Logs: make([]float64, len(harmRatios))}
		if limited(s.Name) {
			st = off(st, "no runs of the version that serves were looked at")
		}
		out = append(out, st)
	}
	return out
}

func limited(name string) bool {
	return name == blueprint.StreamLatency || name == blueprint.StreamCost
}

func off(s resource.StreamState, why string) resource.StreamState {
	s.Off, s.Logs, s.Limit, s.LimitRuns = why, nil, 0, 0
	return s
}

func on(s resource.StreamState, limit int64, runs int) resource.StreamState {
	s.Off, s.Logs, s.Limit, s.LimitRuns = "", make([]float64, len(harmRatios)), limit, runs
	return s
}

// divide gives each stream that is on its part of alpha. Failures are always on.
func divide(list []resource.StreamState) []resource.StreamState {
	sum := 0.0
	for _, s := range list {
		if s.Off == "" {
			sum += s.Share
		}
	}
	for i := range list {
		switch {
		case list[i].Off != "":
			list[i].Share = 0
		case sum > 0:
			list[i].Share /= sum
		}
	}
	return list
}

// Freeze gives s, to which nothing has happened yet, the limits of latency and cost
// from runs of the version that serves, which ended before the canary began. Too
// few runs leave a stream off. Runs behind the gateway take as long as their
// client does, so they say nothing about latency or cost.
func Freeze(p resource.CanaryPlan, s resource.CanaryState, runs []resource.Run) resource.CanaryState {
	var latencies, costs []int64
	for _, r := range runs {
		if !r.Gateway && r.EndedAt != 0 {
			latencies, costs = append(latencies, r.LatencyMs), append(costs, int64(r.Stats.Cost))
		}
	}
	n := len(latencies)
	list := streams(p)
	for i, st := range list {
		switch {
		case !limited(st.Name):
		case n < MinLimitRuns:
			list[i] = off(st, fmt.Sprintf("%d runs of the version that serves, %d needed", n, MinLimitRuns))
		case st.Name == blueprint.StreamLatency:
			list[i] = on(st, limit(latencies, latencyQuantile, limitMarginMs), n)
		default:
			list[i] = on(st, limit(costs, costQuantile, 0), n)
		}
	}
	s.Streams = divide(list)
	judge(withRates(p), &s)
	return s
}

// limit is the smallest value that at least q of values do not exceed, and its
// margin. Only what is above it exceeds it, so equal values never do.
func limit(values []int64, q float64, atLeast int64) int64 {
	slices.Sort(values)
	at := int(math.Ceil(q*float64(len(values)))) - 1
	v := values[min(max(at, 0), len(values)-1)]
	return v + max(int64(math.Ceil(limitMargin*float64(v))), atLeast)
}

// Fails lists the streams that an outcome fails in, in the order of s.
func Fails(s resource.CanaryState, o resource.CanaryOutcome) []string {
	var out []string
	for _, st := range s.Streams {
		if st.Off == "" && failsIn(st, o) {
			out = append(out, st.Name)
		}
	}
	return out
}

func failsIn(st resource.StreamState, o resource.CanaryOutcome) bool {
	switch st.Name {
	case blueprint.StreamFailures:
		return o.Failed
	case blueprint.StreamBlocks:
		return o.Blocks > 0 || o.Outcome == resource.OutcomeBlocked
	case blueprint.StreamDenials:
		return o.Denials > 0 || o.Outcome == resource.OutcomeDenied
	case blueprint.StreamEscalations:
		return o.Escalations > 0 || o.Outcome == resource.OutcomeEscalated
	case blueprint.StreamLatency:
		return !o.Gateway && o.LatencyMs > st.Limit
	case blueprint.StreamCost:
		return !o.Gateway && int64(o.Cost) > st.Limit
	}
	return false
}
