package control

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// Approval kinds.
const (
	approvalOfRelease = "release"
	approvalOfCall    = "tool_call"
)

// approvalTTL is how long a request can be answered.
const approvalTTL = time.Hour

// askRelease opens the approval request of a release.
func (t *tx) askRelease(r *resource.Release, quorum int) error {
	v, err := t.VersionByDigest(r.Agent, r.Digest)
	if err != nil {
		return err
	}
	digest, err := releaseDigest(t, *r)
	if err != nil {
		return err
	}
	rules, parties := termsOfRequest(*r, v)
	a := resource.Approval{Kind: approvalOfRelease, Subject: r.ID, Digest: digest, Agent: r.Agent, Environment: r.Environment,
		Title: fmt.Sprintf("Release %s into %s", v.Name, r.Environment), Tier: r.Tier, Quorum: quorum, Rules: rules,
		Parties: parties, Reason: r.Reason, CreatedBy: r.CreatedBy}
	if err := t.voidApproval(r.Approval, "people are asked again: there is less than they said yes to"); err != nil {
		return err
	}
	if r.Stage.Hotfix != nil {
		a.Title += ", as a hotfix"
	}
	if a, err = t.storeApproval(a, approvalTTL); err != nil {
		return err
	}
	r.Approval = a.ID
	n, err := t.askNotice("approval.requested", "", a, r)
	if err != nil {
		return err
	}
	return t.notify(n)
}

// termsOfRequest are the rules by which people answer for a release, and whom
// those can keep from it.
func termsOfRequest(r resource.Release, v resource.Version) ([]blueprint.ApprovalRule, resource.Parties) {
	p := partiesOf(v, r.CreatedBy)
	if r.Stage.Change != nil {
		p.RuleMakers, p.RuleProgram = r.Stage.Makers, r.Stage.Change.Program
	}
	return pipeline.Rules(r.Stage, r.Delta, r.Tier), p
}

// partiesOf are the people behind a version that somebody asks to release. A
// person who says nothing else wrote what they push; who wrote what a program pushes
// is not known unless its build says it, and then a rule that keeps the author
// separate cannot be satisfied.
func partiesOf(v resource.Version, requester resource.Actor) resource.Parties {
	p := resource.Parties{Author: v.Build.Author, Pusher: v.CreatedBy.Name, Requester: requester.Name, Committer: v.Build.Committer}
	if p.Author == "" && v.CreatedBy.Kind == "human" {
		p.Author = p.Pusher
	}
	return p
}

// openApproval stores a request and tells people.
func (t *tx) openApproval(a resource.Approval, ttl time.Duration) (resource.Approval, error) {
	a, err := t.storeApproval(a, ttl)
	if err != nil {
		return a, err
	}
	n, err := t.askNotice("approval.requested", "", a, nil)
	if err != nil {
		return a, err
	}
	return a, t.notify(n)
}

// storeApproval stores a request and arms its expiry and its reminders. Without
// Rules it lasts ttl and needs its Quorum of approvers, none of whom is Excluded or
// one of its Parties. Its Digest, which is of what is to be approved, becomes the
// one that answers are bound to; that of a call is the call's.
func (t *tx) storeApproval(a resource.Approval, ttl time.Duration) (resource.Approval, error) {
	a.ID = t.c.cfg.NewID("apr")
	a.State, a.Revision = resource.ApprovalPending, 1
	if a.Role == "" {
		a.Role = resource.RoleApprover
	}
	a.Decisions = []resource.ApprovalDecision{}
	a.CreatedAt = t.c.now()
	a.ExpiresAt = a.CreatedAt + resource.Millis(ttl.Milliseconds())
	if a.Kind != approvalOfCall {
		a.Excluded = excludedBy(a)
	}
	if len(a.Rules) > 0 {
		a.Quorum, a.ExpiresAt = 0, lasts(a)
		for _, r := range a.Rules {
			a.Quorum = max(a.Quorum, r.Count)
		}
	}
	if a.Kind != approvalOfCall {
		digest, err := askedDigest(a.Digest, a)
		if err != nil {
			return a, err
		}
		a.Digest = digest
	}
	if err := t.InsertApproval(a); err != nil {
		return a, err
	}
	if err := t.armExpiry(a); err != nil {
		return a, err
	}
	if err := t.armReminder(a); err != nil {
		return a, err
	}
	return a, t.recordApproval(a, "approval.requested", a.CreatedBy, a.Reason, nil)
}

// excludedBy are the people who can answer by none of a request's rules.
func excludedBy(a resource.Approval) []string {
	p := a.Parties
	out := append(slices.Clone(a.Excluded), slices.DeleteFunc([]string{p.Author, p.Pusher, p.Requester}, func(s string) bool { return s == "" })...)
	if len(a.Rules) > 0 {
		out, _ = separated(a, a.Rules[0])
		for _, r := range a.Rules[1:] {
			names, _ := separated(a, r)
			out = slices.DeleteFunc(out, func(s string) bool { return !slices.ContainsFunc(names, samePerson(s)) })
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// whoIsAsked says how many people an open request still needs, of whom, and when
// there are not as many.
func (t *tx) whoIsAsked(a resource.Approval) (string, error) {
	status, err := t.c.ruleStatus(t, a)
	if err != nil {
		return "", err
	}
	var out []string
	for _, s := range status {
		if s.Satisfied {
			continue
		}
		one := fmt.Sprintf("needs %d approval(s)", s.Rule.Count-len(s.Given))
		if len(s.Rule.Groups) > 0 {
			one += " of " + strings.Join(s.Rule.Groups, " or ")
		}
		if s.Problem != "" {
			one += " (" + s.Problem + ")"
		}
		out = append(out, one)
	}
	return strings.Join(out, " and "), nil
}

func (t *tx) recordApproval(a resource.Approval, action string, by resource.Actor, reason string, more map[string]string) error {
	attrs := map[string]string{"kind": a.Kind, "subject": a.Subject, "tier": string(a.Tier), "quorum": strconv.Itoa(a.Quorum), "state": string(a.State)}
	maps.Copy(attrs, more)
	return t.record(resource.Event{Actor: by, Action: action, SubjectKind: "approval", SubjectID: a.ID, Digest: a.Digest,
		Agent: a.Agent, Environment: a.Environment, Reason: reason, Attrs: attrs})
}

// withdrawApproval closes an open request, if it is still open.
func (t *tx) withdrawApproval(id string, by resource.Actor, why string) error {
	if id == "" {
		return nil
	}
	a, err := t.Approval(id)
	if err != nil || a.State != resource.ApprovalPending {
		return err
	}
	a.State, a.Revision = resource.ApprovalWithdrawn, a.Revision+1
	if err := t.PutApproval(a); err != nil {
		return err
	}
	return t.recordApproval(a, "approval.withdrawn", by, why, nil)
}

// Approvals lists approval requests. Viewer; arguments only for those who see payloads.
func (c *Control) Approvals(ctx context.Context, p Principal, f ApprovalFilter, page Page) (as []resource.Approval, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { as, err = r.Approvals(f, page); return err })
	for i := range as {
		if !seesPayloads(p) {
			hideCall(&as[i])
		}
	}
	return as, err
}

// hideCall takes what a call carries from a request.
func hideCall(a *resource.Approval) {
	a.Args = nil
	a.Runs = slices.Clone(a.Runs)
	for i := range a.Runs {
		a.Runs[i].Said = nil
	}
}
