package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// Decide answers a request. Needs its role, which is approver unless the request
// says otherwise; never one of its excluded principals. The token is the one
// that ViewApproval gave this principal; it works once.
func (c *Control) Decide(ctx context.Context, p Principal, id string, r DecideRequest) (a resource.Approval, err error) {
	if err := need(p, resource.RoleViewer); err != nil { // the request names the role; nobody without one learns whether it exists
		return a, err
	}
	if strings.TrimSpace(r.Reason) == "" {
		return a, fault.New(fault.Invalid, "say why: the reason of an answer is part of the record")
	}
	err = c.update(ctx, func(t *tx) error {
		if a, err = t.Approval(id); err != nil {
			return err
		}
		if err := c.mayAnswer(p, a); err != nil {
			return err
		}
		if err := t.useToken(p, a, r.Token); err != nil {
			return err
		}
		a, err = t.answer(p, a, r)
		return err
	})
	return a, err
}

// useToken consumes the single-use token and checks what it is bound to.
func (t *tx) useToken(p Principal, a resource.Approval, secret string) error {
	tok, err := t.UseApprovalToken(hashSecret(secret), t.c.latest())
	switch {
	case fault.Is(err, fault.NotFound):
		return fault.New(fault.Forbidden, "the approval token is not known; view the request and answer with the token it gives")
	case fault.Is(err, fault.Conflict):
		return fault.New(fault.Conflict, "the approval token was used before; view the request again for a new one")
	case err != nil:
		return err
	case tok.Approval != a.ID || tok.Principal != p.Actor.Name:
		return fault.New(fault.Forbidden, "the approval token belongs to another request or another person")
	case tok.ExpiresAt <= t.c.latest():
		return fault.New(fault.Conflict, "the approval token has expired; view the request again")
	}
	now := a.Digest
	if a.Kind == approvalOfRelease {
		rel, err := t.Release(a.Subject)
		if err != nil {
			return err
		}
		if now, err = releaseDigest(t, rel); err != nil {
			return err
		}
	}
	if now != tok.Digest || a.Digest != tok.Digest {
		return fault.New(fault.Conflict, "what is to be approved changed since it was shown; start the release again")
	}
	return nil
}

func (t *tx) answer(p Principal, a resource.Approval, r DecideRequest) (resource.Approval, error) {
	if r.Scope != nil { // sorted, so that two people can give the same
		s := *r.Scope
		s.Free = slices.Compact(slices.Sorted(slices.Values(s.Free)))
		r.Scope = &s
	}
	if err := checkScope(a, r); err != nil {
		return a, err
	}
	if err := t.checkFree(a, r.Scope); err != nil {
		return a, err
	}
	scope, err := scopeAttrs(r.Scope)
	if err != nil {
		return a, err
	}
	a.Decisions = append(slices.Clone(a.Decisions), resource.ApprovalDecision{Actor: p.Actor, Approve: r.Approve, Reason: r.Reason, Scope: r.Scope, At: t.c.now()})
	yes := 0
	for _, d := range a.Decisions {
		if d.Approve {
			yes++
		}
	}
	action := "approval.given"
	switch {
	case !r.Approve:
		a.State, action = resource.ApprovalDenied, "approval.denied"
	case yes >= a.Quorum:
		a.State = resource.ApprovalApproved
	}
	if err := t.recordApproval(a, action, p.Actor, r.Reason, scope); err != nil {
		return a, err
	}
	if a.Kind == approvalOfRelease {
		return t.answerRelease(p, a, r)
	}
	a.Revision++
	if err := t.PutApproval(a); err != nil || a.State == resource.ApprovalPending {
		return a, err
	}
	return a, t.enqueueResume(a)
}

// answerRelease moves the release that an answered request is about. The yes is
// used up in the same transaction.
func (t *tx) answerRelease(p Principal, a resource.Approval, r DecideRequest) (resource.Approval, error) {
	rel, err := t.Release(a.Subject)
	if err != nil {
		return a, err
	}
	name := fmt.Sprintf("%s@v%d", rel.Agent, rel.Version)
	switch a.State {
	case resource.ApprovalDenied:
		_, err = t.move(rel, release.Event{Kind: release.Denied, Actor: p.Actor, Reason: r.Reason})
	case resource.ApprovalApproved:
		a.State = resource.ApprovalUsed
		if _, err = t.attest(claim{kind: resource.EvidenceApproval, agent: a.Agent, name: name, digest: rel.Digest, environment: a.Environment,
			release: rel.ID, verdict: resource.Pass, actor: p.Actor, predicate: approvalPredicate(a)}); err == nil {
			_, err = t.move(rel, release.Event{Kind: release.Approved, Actor: p.Actor, Reason: r.Reason})
		}
	}
	if err != nil {
		return a, err
	}
	a.Revision++
	return a, t.PutApproval(a)
}

// approvalPredicate is what the approval attestation says.
func approvalPredicate(a resource.Approval) map[string]any {
	return map[string]any{"request": a.ID, "approved": a.Digest, "subject": a.Subject, "environment": a.Environment,
		"tier": a.Tier, "quorum": a.Quorum, "decisions": a.Decisions, "excluded": a.Excluded}
}
