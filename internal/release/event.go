package release

import "github.com/aureus-agents/aureus/resource"

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

// Events lists every event in the order of the documentation.
func Events() []EventKind {
	return []EventKind{Begin, Checked, Approved, Denied, Expired, Deployed, Smoked, Outcome, Deadline,
		Pause, Resume, Cancel, Promote, Rollback, Verified, Unverified}
}

// Event is something that happened to a release.
type Event struct {
	Kind   EventKind
	Actor  resource.Actor
	Reason string
	// Gates are those of Checked, Deployed and Smoked. None is no evidence, and no
	// evidence blocks.
	Gates  []resource.Gate
	Quorum int  // of Checked: approvers needed; 0 is none
	Canary bool // of Smoked: the environment has a canary and something serves to compare with
	// Attempt is Release.Attempt as it was when the job was enqueued whose result
	// Checked, Deployed, Smoked, Verified or Unverified is; the result of an older
	// attempt is refused. 0 is any attempt.
	Attempt int
	// Of Outcome: what the run was.
	Run      string
	IsCanary bool
	Failed   bool
	Weight   int // percent in force when the run was assigned
}
