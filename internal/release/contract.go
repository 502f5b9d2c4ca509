// Package release is the release machine: one table says which event moves which
// state; Next is pure.
//
// Start from [Next].
package release

import (
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// EventKind names an event.
type EventKind string

// The events.
const (
	Begin      EventKind = "begin"      // pending -> checking
	Checked    EventKind = "checked"    // checking -> awaiting_approval, deploying or rejected, by Gates and Quorum
	Approved   EventKind = "approved"   // awaiting_approval -> deploying
	Denied     EventKind = "denied"     // awaiting_approval -> rejected
	Expired    EventKind = "expired"    // awaiting_approval -> rejected
	Deployed   EventKind = "deployed"   // deploying -> smoke, or rejected when a gate blocks
	Smoked     EventKind = "smoked"     // smoke -> canary, promoted, or rejected when a gate blocks
	Outcome    EventKind = "outcome"    // canary -> canary, promoted or rolling_back, by the canary's verdict
	Deadline   EventKind = "deadline"   // canary -> paused: hold and ask
	Pause      EventKind = "pause"      // any unfinished -> paused
	Resume     EventKind = "resume"     // paused -> where it was
	Cancel     EventKind = "cancel"     // any unfinished -> cancelled (in canary: traffic goes back at once)
	Promote    EventKind = "promote"    // canary or paused from canary -> promoted, by a human with a reason
	Rollback   EventKind = "rollback"   // canary, paused from canary, promoted -> rolling_back
	Verified   EventKind = "verified"   // rolling_back -> rolled_back
	Unverified EventKind = "unverified" // rolling_back -> rolled_back with traffic stopped: the good version failed its checks
)

// Event is something that happened to a release.
type Event struct {
	Kind   EventKind
	Actor  resource.Actor
	Reason string
	Gates  []resource.Gate // of Checked, Deployed, Smoked
	Quorum int             // of Checked: approvers needed; 0 is none
	Canary bool            // of Smoked: the environment has a canary and something serves to compare with
	// Of Outcome: what the run was.
	Run      string
	IsCanary bool
	Failed   bool
	Weight   int
}

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

// Effect is something to do because of a transition.
type Effect struct {
	Kind   EffectKind
	Weight int // of SetWeight
}

// Next moves r by ev at now. An event that fits no row is refused with
// fault.Conflict and changes nothing. The result has Revision+1 and one line of
// history more.
func Next(r resource.Release, ev Event, now resource.Millis) (resource.Release, []Effect, error) {
	return r, nil, fault.New(fault.Internal, "release: Next is being written")
}
