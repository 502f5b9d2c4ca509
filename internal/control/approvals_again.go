package control

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// metaAgain holds the ids of the requests that an earlier build left pending. What
// answers are bound to has changed since, so none can be given to them.
const metaAgain = "approvals/again"

const whyAgain = "asked anew after an upgrade: an answer is bound to more than when this was asked"

// askAgain asks people anew what an earlier build asked them.
func (t *tx) askAgain() error {
	text, err := t.Meta(metaAgain)
	if fault.Is(err, fault.NotFound) || err == nil && text == "" {
		return nil
	}
	if err != nil {
		return err
	}
	var ids []string
	if err := json.Unmarshal([]byte(text), &ids); err != nil {
		return fault.Wrap(err, fault.Internal, "the list of requests to ask anew cannot be read: restore the database from a backup")
	}
	for _, id := range ids {
		a, err := t.Approval(id)
		if err == nil && a.State == resource.ApprovalPending {
			err = t.replaceRequest(a)
		}
		if err != nil {
			return err
		}
	}
	return t.PutMeta(metaAgain, "")
}

// replaceRequest ends a request and opens another one for the same subject.
func (t *tx) replaceRequest(a resource.Approval) error {
	if err := t.withdrawApproval(a.ID, resource.System, whyAgain); err != nil {
		return err
	}
	switch a.Kind {
	case approvalOfRelease:
		rel, err := t.Release(a.Subject)
		if err != nil || rel.State.Final() || rel.Approval != a.ID {
			return err
		}
		if err := t.askRelease(&rel, a.Quorum); err != nil {
			return err
		}
		rel.Revision++
		return t.PutRelease(rel)
	case approvalOfWaiver:
		w, err := t.Waiver(a.Subject)
		if err != nil || w.State != waiverRequested {
			return err
		}
		v, err := t.VersionByDigest(w.Agent, w.Digest)
		if err != nil {
			return err
		}
		if err := t.openWaiver(&w, v); err != nil {
			return err
		}
		w.Revision++
		return t.PutWaiver(w)
	}
	return nil
}
