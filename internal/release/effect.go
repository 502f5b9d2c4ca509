package release

import "github.com/aureus-agents/aureus/resource"

// EffectKind names an effect. Instant effects are applied by control in the
// transaction of the transition; the others become jobs.
type EffectKind string

// The effects.
const (
	DoCheck        EffectKind = "check"           // job: validate, simulate, evaluate, then Checked
	AskApproval    EffectKind = "ask_approval"    // instant: an approval request
	ArmThaw        EffectKind = "arm_thaw"        // job at Release.FrozenUntil, then Thawed
	DoDeploy       EffectKind = "deploy"          // job: reach servers, compare pins, then Deployed
	DoSmoke        EffectKind = "smoke"           // job: smoke tests, then Smoked
	DoGate         EffectKind = "gate"            // job: read the gates again that stand before traffic, then Gated
	StartShadow    EffectKind = "start_shadow"    // instant: live runs are copied to the version
	StopShadow     EffectKind = "stop_shadow"     // instant
	StartPreview   EffectKind = "start_preview"   // instant: the version can be asked for by name
	SetWeight      EffectKind = "set_weight"      // instant: candidate's share of traffic
	SetStable      EffectKind = "set_stable"      // instant: the version serves all traffic; snapshot
	SignPromotion  EffectKind = "sign_promotion"  // instant: promotion evidence; the snapshot counts as verified
	RestoreGood    EffectKind = "restore_good"    // instant: all traffic on the last verified snapshot, deployment paused
	OpenIncident   EffectKind = "open_incident"   // instant
	QuarantineBad  EffectKind = "quarantine"      // instant
	VerifyGood     EffectKind = "verify_good"     // job: signature, digest, validation, smoke of the good version; then Verified or Unverified
	ResumeTraffic  EffectKind = "resume_traffic"  // instant: deployment no longer paused, and watched
	StopTraffic    EffectKind = "stop_traffic"    // instant: nothing is served
	CloseApproval  EffectKind = "close_approval"  // instant: an open approval request is withdrawn
	RecordShadow   EffectKind = "record_shadow"   // job: shadow evidence
	RecordVerdict  EffectKind = "record_verdict"  // job: canary evidence
	RecordRollback EffectKind = "record_rollback" // job: rollback evidence
	WatchGood      EffectKind = "watch_good"      // job: when the watch of what was restored ends, the incident says how it went
	Notify         EffectKind = "notify"          // job: webhook
	ArmDeadline    EffectKind = "arm_deadline"    // job at Release.Deadline, then Deadline; of a soak, Soaked; none when there is no deadline
	ArmProgress    EffectKind = "arm_progress"    // job after the stage's progress deadline, then Stalled
)

// Job reports whether k becomes a job. The others are instant.
func (k EffectKind) Job() bool {
	switch k {
	case DoCheck, ArmThaw, DoDeploy, DoSmoke, DoGate, VerifyGood, RecordShadow, RecordVerdict, RecordRollback, WatchGood,
		Notify, ArmDeadline, ArmProgress:
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
