package control

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// ViewApproval shows a request; who may answer it gets a single-use token bound
// to the digest of what is shown. Nobody gets one when what is to be approved is
// not what was signed. Viewer.
func (c *Control) ViewApproval(ctx context.Context, p Principal, id string) (ApprovalView, error) {
	view, err := c.ShowApproval(ctx, p, id)
	if err != nil || len(view.Names) == 0 {
		return view, err
	}
	secret := newSecret()
	err = c.update(ctx, func(t *tx) error {
		if err := t.seen(id); err != nil {
			return err
		}
		if view, err = c.shown(t, p, id); err != nil || len(view.Names) == 0 {
			return err
		}
		view.Token = secret
		return t.InsertApprovalToken(resource.ApprovalToken{Hash: hashSecret(secret), Approval: id, Principal: p.Actor.Name,
			Digest: view.Approval.Digest, ExpiresAt: view.Approval.ExpiresAt})
	})
	return view, err
}

// ShowApproval is what ViewApproval shows, without a token. Viewer.
func (c *Control) ShowApproval(ctx context.Context, p Principal, id string) (view ApprovalView, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return view, err
	}
	err = c.view(ctx, func(r Reader) (err error) { view, err = c.shown(r, p, id); return err })
	return view, err
}

// shown is what p sees of a request.
func (c *Control) shown(r Reader, p Principal, id string) (v ApprovalView, err error) {
	if v.Approval, err = r.Approval(id); err != nil {
		return v, err
	}
	if v.Rules, err = c.ruleStatus(r, v.Approval); err != nil {
		return v, err
	}
	switch v.Approval.Kind {
	case approvalOfCall:
		run, err := r.Run(v.Approval.Subject)
		if err != nil {
			return v, err
		}
		v.Run = &run
	case approvalOfRelease:
		if err := c.showRelease(r, &v); err != nil {
			return v, err
		}
	}
	if v.Problem == "" {
		if v.Names, err = c.names(r, p, v.Approval); err != nil {
			return v, err
		}
	}
	if !seesPayloads(p) && len(v.Names) == 0 { // nobody answers for what is hidden: a delegate sees it too
		hideCall(&v.Approval)
		v.Run = nil
	}
	return v, nil
}

// names are those that p can answer a request in, its own first.
func (c *Control) names(r Reader, p Principal, a resource.Approval) ([]string, error) {
	lent, err := c.namesOf(r, p)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range append([]identity{own(p)}, lent...) {
		i, _, err := c.mayAnswer(r, p, a, name.name)
		switch {
		case err == nil && !slices.ContainsFunc(out, samePerson(i.name)):
			out = append(out, i.name)
		case err != nil && !refusal(err):
			return nil, err
		}
	}
	return out, nil
}

// refusal reports whether an error says that somebody may not answer.
func refusal(err error) bool {
	return fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid)
}

// showRelease adds what the release that is to be approved goes out on.
func (c *Control) showRelease(r Reader, v *ApprovalView) error {
	rel, err := r.Release(v.Approval.Subject)
	if err != nil {
		return err
	}
	v.Release = &rel
	if v.Evidence, err = evidenceOf(r, rel); err != nil {
		return err
	}
	if v.Approval.State == resource.ApprovalPending {
		switch err := c.checkAsked(r, v.Approval, rel); {
		case lasting(err) || fault.Is(err, fault.Conflict):
			v.Problem = sentenceOf(err)
		case err != nil:
			return err
		}
	}
	for i := range v.Evidence {
		if e := &v.Evidence[i]; e.Kind == resource.EvidenceEvaluation && v.Evaluation == nil {
			v.Evaluation = evaluationDifference(*e)
		}
		v.Evidence[i].Bundle, v.Evidence[i].Report = nil, nil
	}
	if v.Waivers, err = c.waiversOf(r, rel); err != nil {
		return err
	}
	v.Previous, err = previousOf(r, rel)
	return err
}

// waiversOf are the waivers by which gates of a release let it pass.
func (c *Control) waiversOf(r Reader, rel resource.Release) ([]resource.Waiver, error) {
	list, err := r.Waivers(WaiverFilter{Digest: rel.Digest, State: waiverApproved}, Page{Limit: 1000})
	return slices.DeleteFunc(list, func(w resource.Waiver) bool {
		return w.Environment != rel.Environment || w.ExpiresAt <= c.latest() || !slices.ContainsFunc(rel.Gates, func(g resource.Gate) bool {
			return g.Name == w.Gate && g.Verdict == resource.Warn
		})
	}), err
}

// checkAsked verifies that what a request is about is still exactly what was
// signed and what people were asked about: the version's content and signature,
// all evidence, and the digest over what is shown, with the rules that its stage has
// and the people who are behind the version as it was signed.
func (c *Control) checkAsked(r Reader, a resource.Approval, rel resource.Release) error {
	digest, err := releaseDigest(r, rel)
	if err != nil {
		return err
	}
	if err := asAsked(digest, a); err != nil {
		return err
	}
	ver, err := r.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return err
	}
	if err := c.verifyVersion(r, ver); err != nil {
		return err
	}
	if err := c.verifyPusher(r, ver); err != nil {
		return err
	}
	want := a
	want.Rules, want.Parties = termsOfRequest(rel, ver)
	if err := asAsked(digest, want); err != nil {
		return err
	}
	list, err := evidenceOf(r, rel)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := c.checkFound(e, EvidenceFilter{Subject: rel.Digest, Release: rel.ID}); err != nil {
			return err
		}
	}
	return nil
}

// verifyPusher checks that those whom a version names as its pusher, author and
// committer are the ones that its provenance signs.
func (c *Control) verifyPusher(r Reader, v resource.Version) error {
	signedBy := EvidenceFilter{Subject: v.Digest, Kind: resource.EvidenceVersion}
	list, err := r.Evidence(signedBy, Page{Limit: 1})
	if err != nil || len(list) == 0 {
		return err // without any the version did not verify
	}
	var p attest.ProvenancePredicate
	if err := c.said(list[0], signedBy, &p); err != nil {
		return err
	}
	named := map[string]string{"pushedBy": v.CreatedBy.Name, "pusherKind": v.CreatedBy.Kind, "author": v.Build.Author, "committer": v.Build.Committer}
	if _, ok := p.BuildDefinition.InternalParameters["pusherKind"]; !ok {
		delete(named, "pusherKind") // a build that did not sign it: the stored one is taken
	}
	for name, is := range named {
		if signed, _ := p.BuildDefinition.InternalParameters[name].(string); signed != is {
			return fault.New(fault.Verification, "%s: its %s is not the one that was signed", v.Name, name)
		}
	}
	return nil
}

// evaluationDifference reads an evaluation's report, which its evidence signs.
func evaluationDifference(e resource.Evidence) *resource.EvaluationDifference {
	var report struct {
		Baseline string
		PassRate float64
		Compare  *resource.EvaluationDifference
	}
	if json.Unmarshal(e.Report, &report) != nil {
		return nil // its evidence says that it does not hold
	}
	d := resource.EvaluationDifference{}
	if report.Compare != nil {
		d = *report.Compare
	}
	d.Evidence, d.Baseline, d.PassRate = e.Digest, report.Baseline, report.PassRate
	if d.Fixed == nil {
		d.Fixed = []string{}
	}
	if d.Broken == nil {
		d.Broken = []string{}
	}
	return &d
}

// previousOf is what serves where a release goes, nil when nothing does.
func previousOf(r Reader, rel resource.Release) (*resource.PreviousRelease, error) {
	if rel.Baseline == "" {
		return nil, nil
	}
	v, err := r.VersionByDigest(rel.Agent, rel.Baseline)
	if err != nil {
		return nil, err
	}
	p := &resource.PreviousRelease{Version: fmt.Sprintf("%s@v%d", v.Agent, v.Number), Digest: v.Digest}
	list, err := r.Snapshots(rel.Agent, rel.Environment)
	for _, s := range list {
		if s.Digest == rel.Baseline && s.RetiredAt == 0 {
			p.Release, p.Verified, p.Since = s.Release, s.Verified, s.CreatedAt
			break
		}
	}
	return p, err
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
