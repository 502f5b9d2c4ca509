package control

import (
	"context"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// Withdraw takes back p's yes, or the yes that was given in p's name, as long as
// it has not been used; with r.Request the request itself, which who asked for it
// and operators may. Viewer.
func (c *Control) Withdraw(ctx context.Context, p Principal, id string, r resource.WithdrawRequest) (a resource.Approval, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return a, err
	}
	if strings.TrimSpace(r.Reason) == "" {
		return a, fault.New(fault.Invalid, "say why: the reason is part of the record")
	}
	err = c.update(ctx, func(t *tx) error {
		if a, err = t.Approval(id); err != nil {
			return err
		}
		if err := unused(a); err != nil {
			return err
		}
		if r.Request {
			a, err = t.withdrawRequest(p, a, r.Reason)
		} else {
			a, err = t.withdrawYes(p, a, r.Reason)
		}
		return err
	})
	return a, err
}

// unused is fault.Conflict when a request has ended or allowed something already.
func unused(a resource.Approval) error {
	switch {
	case a.State == resource.ApprovalUsed && a.Kind == approvalOfRelease:
		return fault.New(fault.Conflict, "approval %s is used: the version has traffic; roll it back: aureus rollback %s --env %s", a.ID, a.Agent, a.Environment)
	case a.State == resource.ApprovalUsed && a.Kind != approvalOfCall:
		return fault.New(fault.Conflict, "approval %s is used: the waiver holds; end it: aureus waiver revoke %s --reason TEXT", a.ID, a.Subject)
	case a.State == resource.ApprovalUsed || slices.ContainsFunc(a.Runs, func(r resource.AskedRun) bool { return r.Used }):
		return fault.New(fault.Conflict, "approval %s is used: the call was made", a.ID)
	case a.State != resource.ApprovalPending && a.State != resource.ApprovalApproved:
		return fault.New(fault.Conflict, "approval %s is %s; nothing is left to withdraw", a.ID, a.State)
	}
	return nil
}

// withdrawYes takes back a person's yes. What waits goes on waiting without it;
// what was allowed by it and not done yet ends.
func (t *tx) withdrawYes(p Principal, a resource.Approval, reason string) (resource.Approval, error) {
	me := samePerson(p.Actor.Name)
	i := slices.IndexFunc(a.Decisions, func(d resource.ApprovalDecision) bool { return counts(d) && (me(d.Actor.Name) || me(d.For)) })
	if i < 0 || p.Actor.Kind != "human" { // only people answer
		return a, fault.New(fault.Conflict, "%s has given no yes to approval %s that stands", p.Actor.Name, a.ID)
	}
	reminded := remindEvery(a) != 0
	a.Decisions = slices.Clone(a.Decisions)
	a.Decisions[i].WithdrawnAt, a.Decisions[i].WithdrawnReason = max(t.c.now(), 1), reason
	attrs := map[string]string{"yes": inNameOf(a.Decisions[i])}
	if a.State == resource.ApprovalApproved {
		return t.endAllowed(a, p.Actor, reason, attrs)
	}
	a.ExpiresAt, a.Revision = lasts(a), a.Revision+1
	if err := t.PutApproval(a); err != nil {
		return a, err
	}
	if err := t.recordApproval(a, "approval.yes_withdrawn", p.Actor, reason, attrs); err != nil {
		return a, err
	}
	if t.c.ended(a) { // its rule counts again, and is over
		if err := t.expire(a); err != nil {
			return a, err
		}
		return t.Approval(a.ID)
	}
	if err := t.armExpiry(a); err != nil || reminded {
		return a, err
	}
	return a, t.armReminder(a)
}

// endAllowed ends what a yes allowed and what has not been done yet.
func (t *tx) endAllowed(a resource.Approval, by resource.Actor, reason string, attrs map[string]string) (resource.Approval, error) {
	a.State, a.Revision = resource.ApprovalWithdrawn, a.Revision+1
	if err := t.PutApproval(a); err != nil {
		return a, err
	}
	if err := t.recordApproval(a, "approval.withdrawn", by, reason, attrs); err != nil {
		return a, err
	}
	if a.Kind == approvalOfWaiver {
		return t.settleWaiver(a, by, reason)
	}
	if a.Kind != approvalOfRelease {
		return a, nil // a run that takes it up is told that it is withdrawn
	}
	rel, err := t.Release(a.Subject)
	if err != nil || rel.State.Final() {
		return a, err
	}
	_, err = t.move(rel, release.Event{Kind: release.Cancel, Actor: by, Reason: by.Name + " withdrew the approval: " + reason})
	return a, err
}

// withdrawRequest ends a request for who asked for it, and what waits for it.
func (t *tx) withdrawRequest(p Principal, a resource.Approval, reason string) (resource.Approval, error) {
	asked := sameActor(a.CreatedBy)(p.Actor)
	if a.Kind == approvalOfCall {
		asked = true
		for _, r := range a.Runs {
			run, err := t.Run(r.Run)
			if err != nil {
				return a, err
			}
			asked = asked && sameActor(run.Principal)(p.Actor)
		}
	}
	if !asked && !p.Has(resource.RoleOperator) {
		return a, fault.New(fault.Forbidden, "approval %s was not asked for by %s; who asked for it or an operator can withdraw it", a.ID, p.Actor.Name)
	}
	if a.Kind == approvalOfCall && a.State == resource.ApprovalPending {
		if err := t.closeApproval(a.ID, p.Actor, reason); err != nil {
			return a, err
		}
		return t.Approval(a.ID)
	}
	return t.endAllowed(a, p.Actor, reason, nil)
}
