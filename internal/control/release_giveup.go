package control

import (
	"errors"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// stepPatience is how long a step of a release is tried again after errors that
// may pass, counted from when it began. Then it ends: no release is stuck.
const stepPatience = 15 * time.Minute

// gateWork is the gate of a step whose work could not be done at all.
const gateWork = "work"

// lasting reports whether an error stays however often the work is tried again.
func lasting(err error) bool {
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.NotFound, fault.Verification, fault.Blocked, fault.Forbidden:
		return true
	}
	return false
}

// patient reports whether the release's step may still be tried again.
func (c *Control) patient(rel resource.Release) bool {
	return c.now()-rel.EnteredAt < resource.Millis(stepPatience.Milliseconds())
}

// giveUp is how a step ends whose work cannot be done, nil when it is to be tried
// again. What a rollback restored is given the whole time also for an error that
// lasts, for example a model that is not configured: it serves meanwhile, and
// people can mend it.
func (c *Control) giveUp(rel resource.Release, cause error) func(*tx, resource.Release) (release.Event, error) {
	if c.patient(rel) && (!lasting(cause) || rel.State == resource.ReleaseRollingBack) {
		return nil
	}
	why := sentenceOf(cause)
	return func(t *tx, rel resource.Release) (release.Event, error) {
		if rel.State == resource.ReleaseRollingBack {
			return t.unverified(rel, "what was restored could not be checked: "+why)
		}
		g := resource.Gate{Name: gateWork, Verdict: resource.Block, Code: resource.ToolError, At: t.c.now(), Message: why,
			Remediation: "mend what the message names and start the release again"}
		ev := release.Event{Actor: resource.System, Gates: []resource.Gate{g}, Reason: gatesReason([]resource.Gate{g}, "")}
		switch rel.State {
		case resource.ReleaseChecking:
			ev.Kind = release.Checked
		case resource.ReleaseDeploying:
			ev.Kind = release.Deployed
		default:
			ev.Kind = release.Smoked
		}
		return ev, nil
	}
}

// sentenceOf is the sentence of an error that people may read: its cause can hold
// what a server sent.
func sentenceOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Code != fault.Internal {
		return f.Message
	}
	return "it failed in a way that only the server's log describes"
}

// again is an error of a job that is to be tried again: one that says that the
// input is wrong would end the job.
func again(err error) error {
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "the work could not be done yet; it is tried again")
}

// unverified takes the mark of a verified snapshot from what was restored.
func (t *tx) unverified(rel resource.Release, why string) (release.Event, error) {
	ev := release.Event{Kind: release.Unverified, Actor: resource.System, Reason: why}
	if rel.Drill {
		return ev, nil // it takes nothing from what serves
	}
	d, err := t.deployment(&rel)
	if err != nil {
		return ev, err
	}
	snap, err := t.Snapshot(d.Snapshot)
	if fault.Is(err, fault.NotFound) {
		return ev, nil
	}
	if err != nil {
		return ev, err
	}
	snap.Verified = false
	return ev, t.PutSnapshot(snap)
}
