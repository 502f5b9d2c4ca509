package control

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// approvalOfWaiver is the kind of the request that a waiver waits for.
const approvalOfWaiver = "waiver"

// The states of a waiver.
const (
	waiverRequested = "requested"
	waiverApproved  = "approved"
	waiverDenied    = "denied"
	waiverRevoked   = "revoked"
)

// The life of a waiver.
const (
	waiverTTL    = 24 * time.Hour
	waiverMaxTTL = 30 * 24 * time.Hour
)

// RequestWaiver asks that releases of one digest may pass one gate of an
// environment for a while. It holds once somebody else has approved it, who is
// neither behind the version nor the one who asks. Signature, order, quarantine
// and what the pipeline keeps from it can never be waived. Developer or operator.
func (c *Control) RequestWaiver(ctx context.Context, p Principal, r WaiverRequest) (w resource.Waiver, err error) {
	if err := need(p, resource.RoleDeveloper, resource.RoleOperator); err != nil {
		return w, err
	}
	if strings.TrimSpace(r.Reason) == "" {
		return w, fault.New(fault.Invalid, "say why: the reason of a waiver is part of the record")
	}
	ttl := time.Duration(r.TTLSeconds) * time.Second
	if ttl == 0 {
		ttl = waiverTTL
	}
	if r.TTLSeconds < 0 || r.TTLSeconds > int64(waiverMaxTTL/time.Second) {
		return w, fault.New(fault.Invalid, "a waiver lasts %d seconds; write 1 to %d (30 days), or 0 for a day", r.TTLSeconds, int64(waiverMaxTTL/time.Second))
	}
	err = c.update(ctx, func(t *tx) error {
		v, err := resolve(t, r.Version)
		if err != nil {
			return err
		}
		rs, _, err := t.stageFor(v, ReleaseRequest{Environment: r.Environment})
		if err != nil {
			return err
		}
		if err := waivable(rs, r.Gate); err != nil {
			return err
		}
		now := t.c.now()
		w = resource.Waiver{ID: t.c.cfg.NewID("wvr"), Agent: v.Agent, Digest: v.Digest, Environment: r.Environment, Gate: r.Gate, Reason: r.Reason,
			State: waiverRequested, CreatedAt: now, CreatedBy: p.Actor, ExpiresAt: now + resource.Millis(ttl.Milliseconds()), Revision: 1}
		return t.askWaiver(&w, v)
	})
	return w, err
}

// waivable says why a gate of a stage cannot be waived, nil when it can.
func waivable(rs resource.ReleaseStage, gate string) error {
	if slices.Contains(pipeline.NeverWaived(), gate) {
		return fault.New(fault.Blocked, "the gate %s can never be waived; mend what it finds", gate)
	}
	known := slices.Contains(pipeline.BuiltInGates(), gate)
	for _, rule := range slices.Concat(rs.Stage.Before, rs.Stage.After) {
		if rule.Name != gate {
			continue
		}
		if known = true; rule.Waivable != nil && !*rule.Waivable {
			return fault.New(fault.Blocked, "the pipeline %s says that the gate %s cannot be waived in %s", rs.Pipeline, gate, rs.Stage.Name)
		}
	}
	if !known {
		return fault.New(fault.Invalid, "%s has no gate %q that a waiver could be for; `aureus pipeline show %s` lists them", rs.Stage.Name, gate, rs.Pipeline)
	}
	return nil
}

// askWaiver stores a waiver and opens the request that it waits for.
func (t *tx) askWaiver(w *resource.Waiver, v resource.Version) error {
	digest, err := waiverDigest(*w)
	if err != nil {
		return err
	}
	a, err := t.openApproval(resource.Approval{Kind: approvalOfWaiver, Subject: w.ID, Digest: digest, Agent: w.Agent, Environment: w.Environment,
		Title: fmt.Sprintf("Waive the gate %s for %s in %s until %s", w.Gate, v.Name, w.Environment, stamp(w.ExpiresAt)),
		Tier:  blueprint.TierHigh, Quorum: 1, Parties: partiesOf(v, w.CreatedBy), Reason: w.Reason, CreatedBy: w.CreatedBy}, approvalTTL)
	if err != nil {
		return err
	}
	w.Approval = a.ID
	if err := t.InsertWaiver(*w); err != nil {
		return err
	}
	return t.recordWaiver(*w, "waiver.requested", w.CreatedBy, w.Reason)
}

// waiverDigest is what the approval of a waiver is about.
func waiverDigest(w resource.Waiver) (string, error) {
	return blueprint.Digest(map[string]any{"waiver": w.ID, "version": w.Digest, "environment": w.Environment, "gate": w.Gate,
		"reason": w.Reason, "expiresAt": w.ExpiresAt})
}

func (t *tx) recordWaiver(w resource.Waiver, action string, by resource.Actor, reason string) error {
	return t.record(resource.Event{Actor: by, Action: action, SubjectKind: "waiver", SubjectID: w.ID, Digest: w.Digest, Agent: w.Agent,
		Environment: w.Environment, Reason: reason, Attrs: map[string]string{"gate": w.Gate, "approval": w.Approval, "until": stamp(w.ExpiresAt)}})
}

// settleWaiver takes over what became of the request of a waiver. A yes is used
// and signed in the same transaction.
func (t *tx) settleWaiver(a resource.Approval, by resource.Actor, reason string) (resource.Approval, error) {
	w, err := t.Waiver(a.Subject)
	if err != nil || w.State != waiverRequested {
		return a, err
	}
	w.State, w.Revision = waiverDenied, w.Revision+1
	if a.State == resource.ApprovalApproved {
		w.State = waiverApproved // it is what was shown: see stillAsked
		if err := t.signWaiver(w, a, by); err != nil {
			return a, err
		}
		a.State, a.Revision = resource.ApprovalUsed, a.Revision+1
		if err := t.PutApproval(a); err != nil {
			return a, err
		}
	}
	if err := t.PutWaiver(w); err != nil {
		return a, err
	}
	return a, t.recordWaiver(w, "waiver."+w.State, by, reason)
}

func (t *tx) signWaiver(w resource.Waiver, a resource.Approval, by resource.Actor) error {
	v, err := t.VersionByDigest(w.Agent, w.Digest)
	if err != nil {
		return err
	}
	_, err = t.attest(claim{kind: resource.EvidenceWaiver, agent: w.Agent, name: v.Name, digest: w.Digest, environment: w.Environment,
		verdict: resource.Pass, actor: by, predicate: map[string]any{"waiver": w.ID, "gate": w.Gate, "environment": w.Environment,
			"reason": w.Reason, "expiresAt": w.ExpiresAt, "requestedBy": w.CreatedBy, "approval": approvalPredicate(a)}})
	return err
}

// RevokeWaiver ends a waiver: no gate passes by it from then on. fault.Conflict
// when it was denied or revoked before. Operator, or who asked for it.
func (c *Control) RevokeWaiver(ctx context.Context, p Principal, id, reason string) (w resource.Waiver, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return w, err
	}
	if strings.TrimSpace(reason) == "" {
		return w, fault.New(fault.Invalid, "say why: the reason of revoking a waiver is part of the record")
	}
	err = c.update(ctx, func(t *tx) error {
		if w, err = t.Waiver(id); err != nil {
			return err
		}
		if !sameActor(w.CreatedBy)(p.Actor) {
			if err := need(p, resource.RoleOperator); err != nil {
				return err
			}
		}
		if w.State != waiverRequested && w.State != waiverApproved {
			return fault.New(fault.Conflict, "waiver %s is %s; there is nothing to revoke", w.ID, w.State)
		}
		if err := t.withdrawApproval(w.Approval, p.Actor, "the waiver was revoked"); err != nil {
			return err
		}
		w.State, w.Revision = waiverRevoked, w.Revision+1
		if err := t.PutWaiver(w); err != nil {
			return err
		}
		return t.recordWaiver(w, "waiver.revoked", p.Actor, reason)
	})
	return w, err
}

// Waivers lists waivers, newest first. Viewer.
func (c *Control) Waivers(ctx context.Context, p Principal, f WaiverFilter, page Page) (ws []resource.Waiver, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { ws, err = r.Waivers(f, page); return err })
	return ws, err
}

// waive lets a gate that does not pass warn instead, when an approved and signed
// waiver of the release's digest and environment covers it now.
func (c *Control) waive(r Reader, rel resource.Release, g resource.Gate) (resource.Gate, error) {
	if g.Verdict == resource.Pass || g.Verdict == resource.Warn || g.Remediation == tampered || waivable(rel.Stage, g.Name) != nil {
		return g, nil
	}
	list, err := r.Waivers(WaiverFilter{Digest: rel.Digest, State: waiverApproved}, Page{Limit: 1000})
	if err != nil {
		return g, err
	}
	for _, w := range list {
		if w.Gate != g.Name || w.Environment != rel.Environment || w.ExpiresAt <= c.latest() {
			continue
		}
		e, ok, err := c.signedWaiver(r, w)
		if err != nil {
			return g, err
		}
		if !ok {
			continue
		}
		g.Verdict, g.Code, g.Remediation, g.Evidence = resource.Warn, "", "", e.Digest
		g.Message = fmt.Sprintf("waived until %s by %s (%s): %s", stamp(w.ExpiresAt), e.CreatedBy.Name, w.Reason, g.Message)
		return g, nil
	}
	return g, nil
}

// signedWaiver is the evidence that people approved a waiver as it is recorded.
func (c *Control) signedWaiver(r Reader, w resource.Waiver) (resource.Evidence, bool, error) {
	wanted := EvidenceFilter{Subject: w.Digest, Kind: resource.EvidenceWaiver, Environment: w.Environment}
	list, err := r.Evidence(wanted, Page{Limit: 1000})
	if err != nil {
		return resource.Evidence{}, false, err
	}
	for _, e := range list {
		var p struct {
			Waiver, Gate, Environment string
			ExpiresAt                 resource.Millis
		}
		if c.checkFound(e, wanted) != nil {
			continue
		}
		st, err := attest.Verify(e.Bundle, c.cfg.Key.PublicPEM())
		if err != nil || json.Unmarshal(st.Predicate, &p) != nil {
			continue
		}
		if p.Waiver == w.ID && p.Gate == w.Gate && p.Environment == w.Environment && p.ExpiresAt == w.ExpiresAt {
			return e, true, nil
		}
	}
	return resource.Evidence{}, false, nil
}

// smokeWaived reports whether people had waived the smoke tests when they failed:
// by a signed waiver that held at that time, whatever became of it since.
func (c *Control) smokeWaived(r Reader, smoke resource.Evidence) (bool, error) {
	list, err := r.Waivers(WaiverFilter{Digest: smoke.Subject}, Page{Limit: 1000})
	if err != nil {
		return false, err
	}
	for _, w := range list {
		if w.Gate != resource.EvidenceSmoke || w.Environment != smoke.Environment || w.ExpiresAt <= smoke.CreatedAt {
			continue
		}
		e, ok, err := c.signedWaiver(r, w)
		if err != nil {
			return false, err
		}
		if ok && e.CreatedAt <= smoke.CreatedAt {
			return true, c.checkFound(smoke, EvidenceFilter{Subject: smoke.Subject, Kind: resource.EvidenceSmoke, Release: smoke.Release})
		}
	}
	return false, nil
}
