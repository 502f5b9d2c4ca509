// Package dora computes the four keys of software delivery from stored releases
// and incidents: deployment frequency, lead time for changes, change failure rate
// and time to restore. It reads no clock and no store. Start from [Compute];
// docs/incidents.md says how each term is read for agents.
package dora

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

const dayMs = 24 * 60 * 60 * 1000

// Release is a release with what else has to be known of it.
type Release struct {
	resource.Release
	// BeganAt is when the version was committed, or pushed when that is not known;
	// Committed says which.
	BeganAt   resource.Millis
	Committed bool
	// First says that no release before it promoted this version in the environment.
	First bool
}

// Incident is an incident with the times of its rollback.
type Incident struct {
	resource.Incident
	DecidedAt resource.Millis
	// RestoredAt is when all traffic was on a good version; 0 is not yet.
	RestoredAt resource.Millis
}

// Compute makes a row for each agent and environment that has anything in the
// window [from, to), and one for each environment over all agents, whose Agent is
// "". Rows are sorted by environment and agent.
func Compute(from, to resource.Millis, releases []Release, incidents []Incident) []resource.DORA {
	rows := map[key]*row{}
	for _, r := range releases {
		for _, k := range []key{{r.Environment, ""}, {r.Environment, r.Agent}} {
			at(rows, k).release(r, from, to)
		}
	}
	for _, in := range incidents {
		for _, k := range []key{{in.Environment, ""}, {in.Environment, in.Agent}} {
			at(rows, k).incident(in, from, to)
		}
	}
	out := []resource.DORA{}
	for _, k := range slices.SortedFunc(maps.Keys(rows), key.compare) {
		if r := rows[k]; !r.empty() {
			out = append(out, r.figures(k, from, to))
		}
	}
	return out
}

type key struct{ environment, agent string }

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.environment, o.environment), cmp.Compare(k.agent, o.agent))
}

// row collects what one row is made from.
type row struct {
	deployments, promoted, failed, committed, unrestored int
	lead, decided, first                                 []int64
}

func at(rows map[key]*row, k key) *row {
	if rows[k] == nil {
		rows[k] = &row{}
	}
	return rows[k]
}

func (r *row) empty() bool {
	return r.deployments == 0 && r.promoted == 0 && len(r.decided) == 0 && r.unrestored == 0
}

func (r *row) release(rel Release, from, to resource.Millis) {
	if rel.Drill {
		return
	}
	within := func(t resource.Millis) bool { return t > 0 && t >= from && t < to }
	if deployed := reached(rel.Release, live...); within(deployed) {
		r.deployments++
		if reached(rel.Release, resource.ReleaseRollingBack) > 0 {
			r.failed++
		}
	}
	promoted := reached(rel.Release, resource.ReleasePromoted)
	if !within(promoted) {
		return
	}
	r.promoted++
	if !rel.First || rel.BeganAt == 0 || rel.BeganAt > promoted {
		return
	}
	r.lead = append(r.lead, int64(promoted-rel.BeganAt))
	if rel.Committed {
		r.committed++
	}
}

// live are the states in which a version serves users.
var live = []resource.ReleaseState{resource.ReleaseCanary, resource.ReleaseSoaking, resource.ReleasePromoted}

// reached is when a release first came into one of the states; 0 is never.
func reached(r resource.Release, states ...resource.ReleaseState) resource.Millis {
	for _, h := range r.History {
		if slices.Contains(states, h.To) {
			return h.At
		}
	}
	return 0
}

func (r *row) incident(in Incident, from, to resource.Millis) {
	if in.Drill || in.OpenedAt < from || in.OpenedAt >= to {
		return
	}
	if in.RestoredAt == 0 {
		r.unrestored++
		return
	}
	r.decided = append(r.decided, int64(in.RestoredAt-cmp.Or(in.DecidedAt, in.OpenedAt)))
	if in.FirstFailedAt > 0 && in.FirstFailedAt <= in.RestoredAt {
		r.first = append(r.first, int64(in.RestoredAt-in.FirstFailedAt))
	}
}

func (r *row) figures(k key, from, to resource.Millis) resource.DORA {
	d := resource.DORA{Agent: k.agent, Environment: k.environment, From: from, To: to, Days: float64(to-from) / dayMs,
		Deployments: r.deployments, Promoted: r.promoted, LeadTime: spread(r.lead), FromCommit: r.committed,
		Failed: r.failed, RestoreDecided: spread(r.decided), RestoreFirst: spread(r.first), Unrestored: r.unrestored}
	if d.Days > 0 {
		d.PerDay = float64(d.Deployments) / d.Days
	}
	if d.Deployments > 0 {
		d.ChangeFailureRate = float64(d.Failed) / float64(d.Deployments)
	}
	return d
}

// spread is the mean, the median and the 90th percentile (nearest rank).
func spread(ms []int64) resource.Spread {
	n := len(ms)
	if n == 0 {
		return resource.Spread{}
	}
	slices.Sort(ms)
	var sum int64
	for _, v := range ms {
		sum += v
	}
	return resource.Spread{Count: n, MeanMs: sum / int64(n), MedianMs: (ms[(n-1)/2] + ms[n/2]) / 2, P90Ms: ms[(9*n+9)/10-1]}
}
