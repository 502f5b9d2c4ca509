package release

import (
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// EventKind names an event.
type EventKind string

// The events.
const (
	Begin      EventKind = "begin"      // pending -> checking
	Checked    EventKind = "checked"    // checking -> awaiting_approval, frozen, deploying or rejected, by Gates and Quorum
	Approved   EventKind = "approved"   // awaiting_approval -> deploying or frozen
	Denied     EventKind = "denied"     // awaiting_approval -> rejected
	Expired    EventKind = "expired"    // awaiting_approval -> rejected
	Thawed     EventKind = "thawed"     // frozen -> deploying, or checking when the checks are too old
	Deployed   EventKind = "deployed"   // deploying -> smoke, or rejected when a gate blocks
	Smoked     EventKind = "smoked"     // smoke -> the rollout, frozen, or rejected when a gate blocks
	Compared   EventKind = "compared"   // shadow: a live run and its copy; the shadow's verdict decides
	Gated      EventKind = "gated"      // shadow or preview that has ended -> the rest of the rollout, frozen, checking, or rejected
	Outcome    EventKind = "outcome"    // canary -> canary, all traffic or rolling_back, by the canary's verdict
	Soaked     EventKind = "soaked"     // soaking -> promoted, rolling_back, or paused when nothing was measured, by Gates
	Unhealthy  EventKind = "unhealthy"  // soaking -> rolling_back: a figure that is watched is over its bound
	Deadline   EventKind = "deadline"   // shadow, canary -> paused: hold and ask; preview: it has ended
	Stalled    EventKind = "stalled"    // no progress within the stage's progress deadline -> paused
	Pause      EventKind = "pause"      // any unfinished -> paused
	Resume     EventKind = "resume"     // paused -> where it was
	Cancel     EventKind = "cancel"     // any that has not all traffic -> cancelled (in canary: traffic goes back at once)
	Supersede  EventKind = "supersede"  // any without traffic -> cancelled: a newer release takes its place
	Promote    EventKind = "promote"    // by a human with a reason: ends the shadow, preview, canary or soak
	Rollback   EventKind = "rollback"   // canary, soaking, paused from them, promoted -> rolling_back
	Verified   EventKind = "verified"   // rolling_back -> rolled_back
	Unverified EventKind = "unverified" // rolling_back -> rolled_back with traffic stopped: the good version failed its checks
)

// Events lists every event in the order of the documentation.
func Events() []EventKind {
	return []EventKind{Begin, Checked, Approved, Denied, Expired, Thawed, Deployed, Smoked, Compared, Gated, Outcome, Soaked, Unhealthy,
		Deadline, Stalled, Pause, Resume, Cancel, Supersede, Promote, Rollback, Verified, Unverified}
}

// Event is something that happened to a release.
type Event struct {
	Kind   EventKind
	Actor  resource.Actor
	Reason string
	// Gates are those of Checked, Deployed, Smoked, Gated and Soaked. None is no
	// evidence, and no evidence blocks.
	Gates  []resource.Gate
	Quorum int // of Checked: approvers needed; 0 is none
	// Again, of Checked: there is less than people said yes to, so they are asked again.
	Again bool
	// Serving, of Smoked and Gated: something serves that the version can go beside.
	Serving bool
	// FrozenUntil is when the freeze window ends that is open; 0 is none. Nothing gets
	// traffic, or more of it, meanwhile.
	FrozenUntil resource.Millis
	// Busy, of Resume: another release of the agent moves in the environment.
	Busy bool
	// Attempt is Release.Attempt as it was when the job was enqueued whose result
	// Checked, Thawed, Deployed, Smoked, Gated, Verified or Unverified is; the result
	// of an older attempt is refused. 0 is any attempt.
	Attempt int
	// Of Outcome: what the run was.
	Run      string
	IsCanary bool
	Failed   bool
	Weight   int         // percent in force when the run was assigned
	Seen     canary.Seen // the streams that it fails in, and what its session did before
	// Pair, of Compared: the live run and its copy.
	Pair resource.ShadowResult
}
