package control_test

import (
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func (w *world) withdraw(p control.Principal, id string, request bool) (resource.Approval, error) {
	return w.Withdraw(w.Context(), p, id, resource.WithdrawRequest{Reason: "second thoughts", Request: request})
}

// TestWithdrawYes: a yes is taken back while the request waits, and counts no
// more; its giver can answer again.
func TestWithdrawYes(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 2})
	eve, finn := a.member("eve", approvers), a.member("finn", approvers)
	_, err := a.yes(eve, "")
	a.must(err)
	a.unchanged("what is not one's own", func() {
		_, err := a.withdraw(finn, a.rel.Approval, false)
		a.wants(err, fault.Conflict, "Withdraw() of another's yes")
		_, err = a.withdraw(finn, a.rel.Approval, true)
		a.wants(err, fault.Forbidden, "Withdraw() of another's request")
		_, err = a.Withdraw(t.Context(), eve, a.rel.Approval, resource.WithdrawRequest{})
		a.wants(err, fault.Invalid, "Withdraw() without a reason")
	})
	got, err := a.withdraw(eve, a.rel.Approval, false)
	if err != nil || got.State != resource.ApprovalPending || got.Decisions[0].WithdrawnAt == 0 {
		t.Fatalf("Withdraw() = %+v, %v, want a request that waits", got, err)
	}
	if got, err := a.yes(finn, ""); err != nil || got.State != resource.ApprovalPending {
		t.Fatalf("the other's yes = %s, %v, want it pending: the first was taken back", got.State, err)
	}
	if got, err := a.yes(eve, ""); err != nil || got.State != resource.ApprovalApproved {
		t.Fatalf("the yes after all = %s, %v, want it approved", got.State, err)
	}
}

// TestWithdrawApproved: a yes that has let nothing out yet is taken back, and the
// release is cancelled; one that has is used.
func TestWithdrawApproved(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	a.move(a.rel, "pause") // so that the yes moves nothing
	got := a.approve(approver, a.rel.Approval)
	if got.State != resource.ApprovalApproved {
		t.Fatalf("the answered request is %s, want approved", got.State)
	}
	got, err := a.withdraw(approver, a.rel.Approval, false)
	if err != nil || got.State != resource.ApprovalWithdrawn {
		t.Fatalf("Withdraw() = %s, %v, want it withdrawn", got.State, err)
	}
	rel := a.expect(a.until(a.rel.ID, resource.ReleaseCancelled), resource.ReleaseCancelled)
	if !strings.Contains(rel.Reason, "eve withdrew") {
		t.Errorf("the release ended with %q, want who withdrew", rel.Reason)
	}
	a.again()
	a.approve(approver, a.rel.Approval)
	a.expect(a.until(a.rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	a.unchanged("a yes that is used", func() {
		_, err := a.withdraw(approver, a.rel.Approval, false)
		a.wants(err, fault.Conflict, "Withdraw() of a yes that is used")
	})
}

// TestWithdrawRequest: who asked for it takes it back.
func TestWithdrawRequest(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	token := a.view(approver).Token
	got, err := a.withdraw(colleague, a.rel.Approval, true)
	if err != nil || got.State != resource.ApprovalWithdrawn {
		t.Fatalf("Withdraw() = %s, %v, want it withdrawn", got.State, err)
	}
	a.expect(a.until(a.rel.ID, resource.ReleaseCancelled), resource.ReleaseCancelled)
	a.unchanged("an answer to what was withdrawn", func() {
		_, err := a.decide(approver, token)
		a.wants(err, fault.Conflict, "Decide()")
	})
}

// TestWithdrawCall: a call that was approved and not made yet is not made.
func TestWithdrawCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	order := plainOrder(0)
	s := w.session(w.Control, "one", "Please refund my order "+order+".", order)
	args := map[string]any{"order_id": order, "amount": 1.0}
	asked := w.call(s, "issue_refund", args)
	w.approve(approver, asked.Approval)
	if got, err := w.withdraw(approver, asked.Approval, false); err != nil || got.State != resource.ApprovalWithdrawn {
		t.Fatalf("Withdraw() = %s, %v, want it withdrawn", got.State, err)
	}
	if a := w.call(s, "issue_refund", args); a.Decision.State == resource.DecisionApproved || w.refunds("") != 0 {
		t.Errorf("the call was %s with %d refunds, want none", a.Decision.State, w.refunds(""))
	}
	_, err := s.End(t.Context())
	w.must(err)

	run := w.invoke("staging", "", plainOrder(1))
	if got, err := w.withdraw(app, run.Approval, true); err != nil || got.State != resource.ApprovalWithdrawn {
		t.Fatalf("Withdraw() of a request by who invoked = %s, %v, want it withdrawn", got.State, err)
	}
	if run = w.ended(run.ID); run.Outcome != resource.OutcomeError || w.refunds("") != 0 {
		t.Errorf("the run ended %s with %d refunds", run.Outcome, w.refunds(""))
	}
}
