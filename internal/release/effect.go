package release

import "github.com/aureus-agents/aureus/resource"

// EffectKind names an effect. Instant effects are applied by control in the
// transaction of the transition; the others become jobs.
type EffectKind string

// The effects.
const (
	DoCheck        EffectKind = "check"           // job: validate, simulate, evaluate, then Checked
	AskApproval    EffectKind = "ask_approval"    // instant: an approval request
	DoDeploy       EffectKind = "deploy"          // job: reach servers, compare pins, then Deployed
	DoSmoke        EffectKind = "smoke"           // job: smoke tests, then Smoked
	SetWeight      EffectKind = "set_weight"      // instant: candidate's share of traffic
	SetStable      EffectKind = "set_stable"      // instant: the version serves all traffic; snapshot, verified
	RestoreGood    EffectKind = "restore_good"    // instant: all traffic on the last verified snapshot, deployment paused
	OpenIncident   EffectKind = "open_incident"   // instant
	QuarantineBad  EffectKind = "quarantine"      // instant
	VerifyGood     EffectKind = "verify_good"     // job: signature, digest, validation, smoke of the good version; then Verified or Unverified
	ResumeTraffic  EffectKind = "resume_traffic"  // instant: deployment no longer paused
	StopTraffic    EffectKind = "stop_traffic"    // instant: nothing is served
	CloseApproval  EffectKind = "close_approval"  // instant: an open approval request is withdrawn
	RecordVerdict  EffectKind = "record_verdict"  // job: canary evidence
	RecordRollback EffectKind = "record_rollback" // job: rollback evidence
	Notify         EffectKind = "notify"          // job: webhook
	ArmDeadline    EffectKind = "arm_deadline"    // job at Release.Deadline
)

// Job reports whether k becomes a job. The others are instant.
func (k EffectKind) Job() bool {
	switch k {
	case DoCheck, DoDeploy, DoSmoke, VerifyGood, RecordVerdict, RecordRollback, Notify, ArmDeadline:
		return true
	}
	return false
}

// Effect is something to do because of a transition. A job's idempotency key is
// made of the release, the kind and Release.Attempt after the transition.
type Effect struct {
	Kind   EffectKind
	Weight int // of SetWeight: percent of new sessions for the candidate
}

// effects turns the kinds of a row into effects on the moved release.
func effects(kinds []EffectKind, r resource.Release) []Effect {
	out := make([]Effect, 0, len(kinds))
	for _, k := range kinds {
		e := Effect{Kind: k}
		if k == SetWeight && r.State == resource.ReleaseCanary {
			e.Weight = r.Plan.Steps[r.Step].Weight
		}
		out = append(out, e)
	}
	return out
}

func anyJob(kinds []EffectKind) bool {
	for _, k := range kinds {
		if k.Job() {
			return true
		}
	}
	return false
}
