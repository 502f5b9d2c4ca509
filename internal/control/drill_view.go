package control

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// drillOf is a drill as its release, outcomes and evidence tell it.
func drillOf(r Reader, rel resource.Release) (d resource.Drill, err error) {
	list, err := r.Evidence(EvidenceFilter{Subject: rel.Baseline, Kind: resource.EvidenceDrill, Release: rel.ID}, Page{Limit: 1})
	if err != nil {
		return d, err
	}
	if len(list) > 0 { // what was signed is what is told
		if err := json.Unmarshal(list[0].Report, &d); err != nil {
			return d, fault.Wrap(err, fault.Corrupt, "the report of drill %s cannot be read", rel.ID)
		}
		d.Evidence = list[0].ID
		return d, nil
	}
	outcomes, err := r.CanaryOutcomes(rel.ID)
	return measure(rel, outcomes), err
}

// measure is what a drill's release and the outcomes of its runs say. Pure.
func measure(rel resource.Release, outcomes []resource.CanaryOutcome) resource.Drill {
	d := resource.Drill{ID: rel.ID, Agent: rel.Agent, Environment: rel.Environment, State: resource.DrillRunning,
		Version: rel.Version, Digest: rel.Digest, Good: rel.Baseline, By: rel.CreatedBy, Within: int64(drillWithin(rel)),
		Runs: int64(len(outcomes)), StartedAt: rel.CreatedAt, DecidedAt: rel.DecidedAt, GoodAt: rel.GoodAt, Incident: rel.Incident}
	if len(rel.History) > 0 {
		d.Reason = rel.History[0].Reason
	}
	for _, o := range outcomes {
		if !o.Canary || !o.Failed {
			continue
		}
		d.FailedRuns++
		if d.FirstFailedAt == 0 {
			d.FirstFailedAt = o.At
		}
	}
	if !rel.State.Final() {
		return d
	}
	d.State, d.EndedAt, d.Why = resource.DrillCancelled, rel.UpdatedAt, rel.Reason
	if rel.State != resource.ReleaseRolledBack {
		return d
	}
	d.State = resource.DrillMissed
	switch last := rel.History[len(rel.History)-1]; {
	case last.Event == string(release.Verified):
	case last.Actor == resource.System:
		return d // the reason says what could not be verified
	case detected(rel) && int64(rel.UpdatedAt-d.FirstFailedAt) <= d.Within:
		d.State = resource.DrillCancelled // it made way before anything was missed
		return d
	default:
		d.Why = missed(rel, d)
		return d
	}
	d.VerifiedAt = rel.UpdatedAt
	if d.FirstFailedAt > 0 {
		d.RecoveryMs = max(1, int64(d.VerifiedAt-d.FirstFailedAt))
	}
	if detected(rel) && d.RecoveryMs > 0 && d.RecoveryMs <= d.Within {
		d.State, d.Why = resource.DrillPassed, ""
		return d
	}
	d.Why = missed(rel, d)
	return d
}

// detected reports whether it was the canary that began the rollback.
func detected(rel resource.Release) bool { return beganRollback(rel).Event == string(release.Outcome) }

// rolledBackWhy is the reason of the move that began the rollback.
func rolledBackWhy(rel resource.Release) string { return beganRollback(rel).Reason }

func beganRollback(rel resource.Release) resource.Transition {
	for _, h := range rel.History {
		if h.To == resource.ReleaseRollingBack {
			return h
		}
	}
	return resource.Transition{}
}
