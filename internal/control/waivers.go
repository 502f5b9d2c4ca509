package control

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
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
// and what the pipeline keeps from it can never be waived. fault.Conflict while
// the same waiver waits for an answer, fault.Blocked for a drill's version. Developer
// or operator.
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
		if v.Drill {
			return onlyDrilled(v)
		}
		rs, _, err := t.stageFor(v, ReleaseRequest{Environment: r.Environment})
		if err != nil {
			return err
		}
		if err := waivable(rs, r.Gate); err != nil {
			return err
		}
		if err := t.notAskedYet(v, r); err != nil {
			return err
		}
		now := t.c.now()
		w = resource.Waiver{ID: t.c.cfg.NewID("wvr"), Agent: v.Agent, Digest: v.Digest, Environment: r.Environment, Gate: r.Gate, Reason: r.Reason,
			State: waiverRequested, CreatedAt: now, CreatedBy: p.Actor, ExpiresAt: now + resource.Millis(ttl.Milliseconds()), Revision: 1}
		return t.askWaiver(&w, v)
	})
	return w, err
}

// notAskedYet is fault.Conflict while the same waiver waits for an answer.
func (t *tx) notAskedYet(v resource.Version, r WaiverRequest) error {
	list, err := t.Waivers(WaiverFilter{Agent: v.Agent, Digest: v.Digest, State: waiverRequested}, Page{Limit: 1000})
	for _, w := range list {
		if w.Gate == r.Gate && w.Environment == r.Environment {
			return fault.New(fault.Conflict, "waiver %s asks for this already, and approval %s waits for an answer; revoke it with `aureus waiver revoke %s` to ask anew",
				w.ID, w.Approval, w.ID)
		}
	}
	return err
}

// askWaiver stores a waiver and opens the request that it waits for.
func (t *tx) askWaiver(w *resource.Waiver, v resource.Version) error {
	if err := t.openWaiver(w, v); err != nil {
		return err
	}
	if err := t.InsertWaiver(*w); err != nil {
		return err
	}
	return t.recordWaiver(*w, "waiver.requested", w.CreatedBy, w.Reason)
}

// openWaiver opens the request that a waiver waits for.
func (t *tx) openWaiver(w *resource.Waiver, v resource.Version) error {
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
	return nil
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
		if w.Evidence, err = t.signWaiver(w, a, by); err != nil {
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

// signWaiver signs that people approved a waiver; id is the evidence's.
func (t *tx) signWaiver(w resource.Waiver, a resource.Approval, by resource.Actor) (id string, err error) {
	v, err := t.VersionByDigest(w.Agent, w.Digest)
	if err != nil {
		return "", err
	}
	e, err := t.attest(claim{kind: resource.EvidenceWaiver, agent: w.Agent, name: v.Name, digest: w.Digest, environment: w.Environment,
		verdict: resource.Pass, actor: by, predicate: map[string]any{"waiver": w.ID, "gate": w.Gate, "environment": w.Environment,
			"reason": w.Reason, "expiresAt": w.ExpiresAt, "requestedBy": w.CreatedBy, "approval": approvalPredicate(a)}})
	return e.ID, err
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
