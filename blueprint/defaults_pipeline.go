package blueprint

import (
	"slices"
	"time"
)

// The documented defaults of pipelines.
const (
	DefaultProgressDeadline = time.Hour
	DefaultEvidenceMaxAge   = 24 * time.Hour
	DefaultApprovalExpires  = time.Hour
	DefaultApprovalRole     = "approver"
	DefaultSessions         = "move"
	DefaultShadowRuns       = 50
	DefaultShadowPercent    = 100
	DefaultShadowMaxWorse   = 0.02
	DefaultShadowDeadline   = 24 * time.Hour
	DefaultTimeZone         = "UTC"
	DefaultDrillWithin      = 5 * time.Minute
	DefaultDrillRuns        = 500
)

// Resolved returns s with its defaults filled in. last says whether it is the
// last environment of its pipeline: what most people mean by production.
func (s Stage) Resolved(last bool) Stage {
	s.ProgressDeadline = or(s.ProgressDeadline, Duration(DefaultProgressDeadline))
	s.EvidenceMaxAge = or(s.EvidenceMaxAge, Duration(DefaultEvidenceMaxAge))
	s.Rollout = s.Rollout.resolved(last)
	s.Before = resolvedGates(s.Before, s.EvidenceMaxAge)
	s.After = resolvedGates(s.After, s.EvidenceMaxAge)
	rules := s.Approvals
	if len(rules) == 0 {
		rules = DefaultApprovals(last)
	}
	s.Approvals = make([]ApprovalRule, len(rules))
	for i, r := range rules {
		s.Approvals[i] = r.Resolved()
	}
	s.Freeze = slices.Clone(s.Freeze)
	for i := range s.Freeze {
		s.Freeze[i].Schedule = s.Freeze[i].Schedule.Resolved()
	}
	if s.Drill != nil {
		d := s.Drill.Resolved()
		s.Drill = &d
	}
	return s
}

// DefaultApprovals are the rules of an environment that has none: before the
// last one a wide change needs one person; in the last one every change of
// behaviour does, and an irreversible one two.
func DefaultApprovals(last bool) []ApprovalRule {
	if !last {
		return []ApprovalRule{{Tiers: []Tier{TierHigh, TierCritical}, Count: 1}}
	}
	return []ApprovalRule{{Tiers: []Tier{TierMedium, TierHigh}, Count: 1}, {Tiers: []Tier{TierCritical}, Count: 2}}
}

// resolvedGates fills in the defaults of gates whose evidence may be maxAge old.
func resolvedGates(gates []GateRule, maxAge Duration) []GateRule {
	out := slices.Clone(gates)
	for i, g := range out {
		g = g.Resolved()
		g.MaxAge = or(g.MaxAge, maxAge)
		out[i] = g
	}
	return out
}

// Resolved returns g with its defaults filled in but MaxAge, which is its stage's.
func (g GateRule) Resolved() GateRule {
	if g.Metric != "" {
		g.MinRuns = or(g.MinRuns, DefaultAlertMinRuns)
	}
	if g.Waivable == nil {
		yes := true
		g.Waivable = &yes
	}
	return g
}

// Resolved returns r with its defaults filled in.
func (r ApprovalRule) Resolved() ApprovalRule {
	r.Role = or(r.Role, DefaultApprovalRole)
	r.Expires = or(r.Expires, Duration(DefaultApprovalExpires))
	if len(r.Separate) == 0 {
		r.Separate = []string{"author", "pusher", "requester"}
	}
	return r
}

// Resolved returns h with its defaults filled in.
func (h Hotfix) Resolved() Hotfix {
	h.Approvals = slices.Clone(h.Approvals)
	for i, r := range h.Approvals {
		h.Approvals[i] = r.Resolved()
	}
	return h
}

func (r Rollout) resolved(last bool) Rollout {
	r.Sessions = or(r.Sessions, DefaultSessions)
	switch {
	case r.Strategy != "":
	case last:
		r.Strategy = StrategyCanary
	default:
		r.Strategy = StrategyAllAtOnce
	}
	if r.Shadow != nil {
		s := r.Shadow.Resolved()
		r.Shadow = &s
	}
	return r
}

// Resolved returns s with its defaults filled in.
func (s Shadow) Resolved() Shadow {
	s.Runs = or(s.Runs, DefaultShadowRuns)
	s.Percent = or(s.Percent, DefaultShadowPercent)
	s.MaxWorse = or(s.MaxWorse, DefaultShadowMaxWorse)
	s.Deadline = or(s.Deadline, Duration(DefaultShadowDeadline))
	return s
}

// Resolved returns s with its defaults filled in.
func (s Schedule) Resolved() Schedule {
	s.TimeZone = or(s.TimeZone, DefaultTimeZone)
	return s
}

// Resolved returns d with its defaults filled in.
func (d Drill) Resolved() Drill {
	d.Schedule = d.Schedule.Resolved()
	d.Within = or(d.Within, Duration(DefaultDrillWithin))
	d.Runs = or(d.Runs, DefaultDrillRuns)
	return d
}

// Resolved returns s with its defaults filled in but those of its stages, which
// depend on their place.
func (s PipelineSpec) Resolved() PipelineSpec {
	s.Concurrency = or(s.Concurrency, ConcurrencyRefuse)
	return s
}
