package control

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// Approval kinds.
const (
	approvalOfRelease = "release"
	approvalOfCall    = "tool_call"
)

// approvalTTL is how long a request can be answered.
const approvalTTL = time.Hour

// releaseDigest is what an approval of a release is bound to: the version, where
// it goes, what changes, how it goes out and the evidence it goes out on.
func releaseDigest(r Reader, rel resource.Release) (string, error) {
	list, err := r.Evidence(EvidenceFilter{Subject: rel.Digest, Release: rel.ID}, Page{Limit: 1000})
	if err != nil {
		return "", err
	}
	var digests []string
	for _, e := range list {
		if e.Kind != resource.EvidenceApproval {
			digests = append(digests, e.Digest)
		}
	}
	slices.Sort(digests)
	return blueprint.Digest(map[string]any{"release": rel.ID, "version": rel.Digest, "environment": rel.Environment,
		"baseline": rel.Baseline, "delta": rel.Delta, "plan": rel.Plan, "evidence": digests})
}

// askRelease opens the approval request of a release.
func (t *tx) askRelease(r *resource.Release, quorum int) error {
	digest, err := releaseDigest(t, *r)
	if err != nil {
		return err
	}
	v, err := t.VersionByDigest(r.Agent, r.Digest)
	if err != nil {
		return err
	}
	excluded := []string{v.CreatedBy.Name, r.CreatedBy.Name}
	slices.Sort(excluded)
	a := resource.Approval{Kind: approvalOfRelease, Subject: r.ID, Digest: digest, Agent: r.Agent, Environment: r.Environment,
		Title: fmt.Sprintf("Release %s into %s", v.Name, r.Environment), Tier: r.Tier, Quorum: quorum,
		Excluded: slices.Compact(excluded), Reason: r.Reason, CreatedBy: r.CreatedBy}
	if a, err = t.openApproval(a, approvalTTL); err != nil {
		return err
	}
	r.Approval = a.ID
	return nil
}

// openApproval stores a request, arms its expiry and tells people.
func (t *tx) openApproval(a resource.Approval, ttl time.Duration) (resource.Approval, error) {
	a.ID = t.c.cfg.NewID("apr")
	a.Role, a.State, a.Revision = resource.RoleApprover, resource.ApprovalPending, 1
	a.Decisions = []resource.ApprovalDecision{}
	a.CreatedAt = t.c.now()
	a.ExpiresAt = a.CreatedAt + resource.Millis(ttl.Milliseconds())
	if err := t.InsertApproval(a); err != nil {
		return a, err
	}
	payload, err := json.Marshal(a.ID)
	if err != nil {
		return a, err
	}
	if err := t.Enqueue(Job{Kind: jobExpireApproval, Key: "approval/" + a.ID + "/expire", Payload: payload, RunAt: a.ExpiresAt}); err != nil {
		return a, err
	}
	if err := t.recordApproval(a, "approval.requested", a.CreatedBy, a.Reason, nil); err != nil {
		return a, err
	}
	return a, t.notify(Notice{Kind: "approval.requested", Agent: a.Agent, Environment: a.Environment, Subject: a.ID, Digest: a.Digest,
		Text: fmt.Sprintf("%s needs %d approval(s), until %s", a.Title, a.Quorum, time.UnixMilli(int64(a.ExpiresAt)).UTC().Format(time.RFC3339))})
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

// mayAnswer says why p cannot answer a, nil when it can.
func (c *Control) mayAnswer(p Principal, a resource.Approval) error {
	if err := need(p, a.Role); err != nil {
		return err
	}
	switch {
	case slices.ContainsFunc(a.Excluded, samePerson(p)):
		return fault.New(fault.Forbidden, "%s made or asked for this change and cannot approve it; somebody else has to", p.Actor.Name)
	case p.Actor.Kind != "human":
		return fault.New(fault.Forbidden, "an approval is a person's answer; %s is a token of kind %s", p.Actor.Name, p.Actor.Kind)
	case a.State == resource.ApprovalPending && c.ended(a):
		return fault.New(fault.Conflict, "approval %s expired at %s; start the release, or make the call, again", a.ID, time.UnixMilli(int64(a.ExpiresAt)).UTC().Format(time.RFC3339))
	case a.State != resource.ApprovalPending:
		return fault.New(fault.Conflict, "approval %s is %s; it can be answered only while it is pending", a.ID, a.State)
	case slices.ContainsFunc(a.Decisions, func(d resource.ApprovalDecision) bool { return samePerson(p)(d.Actor.Name) }):
		return fault.New(fault.Conflict, "%s has answered approval %s already", p.Actor.Name, a.ID)
	}
	return nil
}

// samePerson reports whether a name is p's: one person is not two by writing the
// name in another case.
func samePerson(p Principal) func(string) bool {
	return func(name string) bool { return strings.EqualFold(name, p.Actor.Name) }
}

// ViewApproval shows a request; an approver who may answer it gets a single-use
// token bound to the digest of what is shown. Viewer.
func (c *Control) ViewApproval(ctx context.Context, p Principal, id string) (ApprovalView, error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return ApprovalView{}, err
	}
	var view ApprovalView
	read := func(r Reader) (err error) {
		view, err = viewApproval(r, id)
		return err
	}
	if err := c.view(ctx, read); err != nil {
		return view, err
	}
	if !seesPayloads(p) {
		hideCall(&view.Approval)
		view.Run = nil
	}
	if c.mayAnswer(p, view.Approval) != nil {
		return view, nil
	}
	secret := newSecret()
	err := c.update(ctx, func(t *tx) error {
		if err := t.seen(id); err != nil {
			return err
		}
		if err := read(t); err != nil {
			return err
		}
		return t.InsertApprovalToken(resource.ApprovalToken{Hash: hashSecret(secret), Approval: id, Principal: p.Actor.Name,
			Digest: view.Approval.Digest, ExpiresAt: view.Approval.ExpiresAt})
	})
	view.Token = secret
	return view, err
}

// seen keeps further runs from joining a request that an approver was shown.
func (t *tx) seen(id string) error {
	a, err := t.Approval(id)
	if err != nil || a.Seen || a.Kind != approvalOfCall || a.State != resource.ApprovalPending {
		return err
	}
	a.Seen, a.Revision = true, a.Revision+1
	return t.PutApproval(a)
}

func viewApproval(r Reader, id string) (v ApprovalView, err error) {
	if v.Approval, err = r.Approval(id); err != nil {
		return v, err
	}
	if v.Approval.Kind == approvalOfCall {
		run, err := r.Run(v.Approval.Subject)
		v.Run = &run
		return v, err
	}
	rel, err := r.Release(v.Approval.Subject)
	if err != nil {
		return v, err
	}
	v.Release = &rel
	v.Evidence, err = r.Evidence(EvidenceFilter{Subject: rel.Digest, Release: rel.ID}, Page{Limit: 1000})
	for i := range v.Evidence {
		v.Evidence[i].Bundle, v.Evidence[i].Report = nil, nil
	}
	return v, err
}

// expireApproval ends a request that nobody answered in time.
func (c *Control) expireApproval(_ context.Context, j Job) (func(*tx) error, error) {
	var id string
	if err := json.Unmarshal(j.Payload, &id); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload is not an approval id")
	}
	return func(t *tx) error {
		a, err := t.Approval(id)
		if err != nil || a.State != resource.ApprovalPending {
			return err
		}
		if !t.c.ended(a) {
			return errEarly // the clock was set back
		}
		a.State, a.Revision = resource.ApprovalExpired, a.Revision+1
		if err := t.PutApproval(a); err != nil {
			return err
		}
		if err := t.recordApproval(a, "approval.expired", resource.System, "nobody answered in time", nil); err != nil {
			return err
		}
		if a.Kind == approvalOfCall {
			return t.enqueueResume(a)
		}
		rel, err := t.Release(a.Subject)
		if err != nil || rel.State.Final() {
			return err
		}
		_, err = t.move(rel, release.Event{Kind: release.Expired, Actor: resource.System, Reason: "approval " + a.ID + " expired"})
		return err
	}, nil
}
