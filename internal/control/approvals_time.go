package control

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// armExpiry has a request looked at when it can no longer be answered. The key
// holds both times, so that it can be armed again when one of them moves.
func (t *tx) armExpiry(a resource.Approval) error {
	return t.approvalJob(jobExpireApproval, a.ID, a.ExpiresAt)
}

func (t *tx) approvalJob(kind, id string, at resource.Millis) error {
	payload, err := json.Marshal(id)
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: kind, Key: fmt.Sprintf("approval/%s/%s/%d/%d", id, kind, at, t.c.now()), Payload: payload, RunAt: at})
}

// approvalOfJob is the id in a job's payload.
func approvalOfJob(j Job) (id string, err error) {
	if err := json.Unmarshal(j.Payload, &id); err != nil {
		return "", fault.Wrap(err, fault.Invalid, "the job's payload is not an approval id")
	}
	return id, nil
}

// expireApproval ends a request whose time is over.
func (c *Control) expireApproval(_ context.Context, j Job) (func(*tx) error, error) {
	id, err := approvalOfJob(j)
	if err != nil {
		return nil, err
	}
	return func(t *tx) error {
		a, err := t.Approval(id)
		if err != nil || a.State != resource.ApprovalPending {
			return err
		}
		if !t.c.ended(a) {
			return t.armExpiry(a) // a rule that is satisfied ended, or a clock was set back
		}
		return t.expire(a)
	}, nil
}

// expire ends a pending request and what waits for it.
func (t *tx) expire(a resource.Approval) error {
	a.State, a.Revision = resource.ApprovalExpired, a.Revision+1
	if err := t.PutApproval(a); err != nil {
		return err
	}
	why := "nobody answered in time"
	if yeses(a) > 0 {
		why = "not everybody who is needed answered in time"
	}
	if err := t.recordApproval(a, "approval.expired", resource.System, why, nil); err != nil {
		return err
	}
	switch a.Kind {
	case approvalOfCall:
		return t.enqueueResume(a)
	case approvalOfWaiver:
		_, err := t.settleWaiver(a, resource.System, why)
		return err
	case approvalOfRelease:
		rel, err := t.Release(a.Subject)
		if err != nil || rel.State.Final() {
			return err
		}
		_, err = t.move(rel, release.Event{Kind: release.Expired, Actor: resource.System, Reason: "approval " + a.ID + " expired"})
		return err
	}
	return nil
}

// remindEvery is how often people are told of a request again: the shortest time
// of the rules that wait; 0 is never.
func remindEvery(a resource.Approval) (every time.Duration) {
	for n, r := range rulesOf(a) {
		d := time.Duration(r.Remind)
		if d > 0 && len(given(a, n)) < r.Count && (every == 0 || d < every) {
			every = d
		}
	}
	return every
}

// armReminder has people told again of a request that asks for it.
func (t *tx) armReminder(a resource.Approval) error {
	every := remindEvery(a)
	if every == 0 {
		return nil
	}
	return t.approvalJob(jobRemindApproval, a.ID, t.c.now()+resource.Millis(every.Milliseconds()))
}

// remindApproval tells people again of a request that waits.
func (c *Control) remindApproval(_ context.Context, j Job) (func(*tx) error, error) {
	id, err := approvalOfJob(j)
	if err != nil {
		return nil, err
	}
	return func(t *tx) error {
		a, err := t.Approval(id)
		if err != nil || a.State != resource.ApprovalPending || t.c.ended(a) || remindEvery(a) == 0 {
			return err
		}
		var rel *resource.Release
		if a.Kind == approvalOfRelease {
			r, err := t.Release(a.Subject)
			if err != nil {
				return err
			}
			rel = &r
		}
		n, err := t.askNotice("approval.reminder", " still", a, rel)
		if err != nil {
			return err
		}
		if err := t.recordApproval(a, "approval.reminder", resource.System, n.Text, nil); err != nil {
			return err
		}
		if err := t.notify(n); err != nil {
			return err
		}
		return t.armReminder(a)
	}, nil
}
