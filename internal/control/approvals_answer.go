package control

import (
	"context"
	"fmt"
	"maps"
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
		i, rules, err := c.mayAnswer(t, p, a, r.For)
		if err != nil {
			return err
		}
		if err := t.useToken(p, a, r.Token); err != nil {
			return err
		}
		if err := t.stillAsked(a); err != nil {
			return err
		}
		a, err = t.answer(i, a, decision{DecideRequest: r, rules: rules})
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
	if a.Digest != tok.Digest {
		return fault.New(fault.Conflict, "what is to be approved changed since it was shown; start the release again")
	}
	return nil
}

// stillAsked checks that what a request is about is what people were asked about.
func (t *tx) stillAsked(a resource.Approval) error {
	switch a.Kind {
	case approvalOfRelease:
		rel, err := t.Release(a.Subject)
		if err != nil {
			return err
		}
		return t.c.checkAsked(t, a, rel)
	case approvalOfWaiver:
		w, err := t.Waiver(a.Subject)
		if err != nil {
			return err
		}
		digest, err := waiverDigest(w)
		if err != nil {
			return err
		}
		return asAsked(digest, a)
	}
	return nil
}

// decision is an answer with what it counts in.
type decision struct {
	DecideRequest
	rules []int
	via   string // the channel it came by, "" is the console, the CLI or the API
}

func (t *tx) answer(i identity, a resource.Approval, r decision) (resource.Approval, error) {
	if r.Scope != nil { // sorted, so that two people can give the same
		s := *r.Scope
		s.Free = slices.Compact(slices.Sorted(slices.Values(s.Free)))
		r.Scope = &s
	}
	if err := checkScope(a, r.DecideRequest); err != nil {
		return a, err
	}
	if err := t.checkFree(a, r.Scope); err != nil {
		return a, err
	}
	scope, err := scopeAttrs(r.Scope)
	if err != nil {
		return a, err
	}
	d := resource.ApprovalDecision{Actor: i.actor, Approve: r.Approve, Reason: r.Reason, Scope: r.Scope, At: t.c.now(), Rules: r.rules, Via: r.via}
	if i.delegation != "" {
		d.For, d.Delegation = i.name, i.delegation
	}
	a.Decisions = append(slices.Clone(a.Decisions), d)
	action := "approval.given"
	switch {
	case !r.Approve:
		a.State, action = resource.ApprovalDenied, "approval.denied"
	case satisfied(a):
		a.State = resource.ApprovalApproved
	}
	a.ExpiresAt = lasts(a)
	attrs := map[string]string{}
	maps.Copy(attrs, scope)
	for k, v := range map[string]string{"for": d.For, "delegation": d.Delegation, "via": d.Via} {
		if v != "" {
			attrs[k] = v
		}
	}
	if err := t.recordApproval(a, action, i.actor, r.Reason, attrs); err != nil {
		return a, err
	}
	a.Revision++
	if err := t.PutApproval(a); err != nil || a.State == resource.ApprovalPending {
		return a, err
	}
	switch a.Kind {
	case approvalOfCall:
		return a, t.enqueueResume(a)
	case approvalOfWaiver:
		return t.settleWaiver(a, i.actor, r.Reason)
	case approvalOfRelease:
		return a, t.answerRelease(i.actor, a, r.Reason)
	}
	return a, nil
}

// answerRelease moves the release that an answered request is about.
func (t *tx) answerRelease(by resource.Actor, a resource.Approval, reason string) error {
	rel, err := t.Release(a.Subject)
	if err != nil {
		return err
	}
	ev := release.Event{Kind: release.Denied, Actor: by, Reason: reason}
	if a.State == resource.ApprovalApproved {
		ev.Kind = release.Approved
		predicate, err := releasePredicate(a, rel)
		if err != nil {
			return err
		}
		if _, err := t.attest(claim{kind: resource.EvidenceApproval, agent: a.Agent, name: fmt.Sprintf("%s@v%d", rel.Agent, rel.Version),
			digest: rel.Digest, environment: a.Environment, release: rel.ID, verdict: resource.Pass, actor: by, predicate: predicate}); err != nil {
			return err
		}
	}
	_, err = t.move(rel, ev)
	return err
}

// spendApproval marks the yes to a release used once the version gets traffic,
// and gone when the release ends before that.
func (t *tx) spendApproval(rel resource.Release) error {
	to := resource.ApprovalWithdrawn
	switch rel.State {
	case resource.ReleaseCanary, resource.ReleaseSoaking, resource.ReleasePromoted:
		to = resource.ApprovalUsed
	case resource.ReleaseRejected, resource.ReleaseCancelled:
	default:
		return nil
	}
	if rel.Approval == "" {
		return nil
	}
	a, err := t.Approval(rel.Approval)
	if err != nil || a.State != resource.ApprovalApproved {
		return err
	}
	a.State, a.Revision = to, a.Revision+1
	if err := t.PutApproval(a); err != nil {
		return err
	}
	return t.recordApproval(a, "approval."+string(to), resource.System, rel.Reason, nil)
}

// approvalPredicate is what the approval attestation says.
func approvalPredicate(a resource.Approval) map[string]any {
	return map[string]any{"request": a.ID, "approved": a.Digest, "subject": a.Subject, "environment": a.Environment,
		"tier": a.Tier, "quorum": a.Quorum, "rules": rulesOf(a), "parties": a.Parties, "decisions": a.Decisions, "excluded": a.Excluded}
}
