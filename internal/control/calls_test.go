package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestCallApproval: a refund that waits for a human is made once, or not at all.
func TestCallApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	tests := []struct {
		name    string
		answer  func(run resource.Run)
		refunds int
		success bool
		told    string // in what the agent was told about the refund
	}{
		{"approved", func(run resource.Run) { w.approve(approver, run.Approval) }, 1, true, "refunded"},
		{"denied", func(run resource.Run) {
			_, err := w.answer(approver, run.Approval, false)
			w.must(err)
		}, 0, false, "a human denied the call: read"},
		{"nobody answers", func(resource.Run) { w.advance(time.Hour + time.Second) }, 0, false, "a human denied the call"},
	}
	for i, tt := range tests {
		order := plainOrder(i)
		run := w.invoke("staging", "", order)
		if run.Outcome != resource.OutcomeWaiting || run.Approval == "" || w.refunds(order) != 0 {
			t.Fatalf("Invoke() = %s for approval %q with %d refunds, want it waiting with none", run.Outcome, run.Approval, w.refunds(order))
		}
		w.checkCallRequest(run)
		tt.answer(run)
		run = w.ended(run.ID)
		if got := run.Outcome == resource.OutcomeSuccess; got != tt.success || w.refunds(order) != tt.refunds {
			t.Errorf("%s: the run ended %s (%s) with %d refunds, want success: %t with %d", tt.name, run.Outcome, run.Message, w.refunds(order), tt.success, tt.refunds)
		}
		step := lastCall(run, "issue_refund")
		if !strings.Contains(step.Result, tt.told) {
			t.Errorf("%s: the agent was told %q, want %q in it", tt.name, step.Result, tt.told)
		}
	}
}

// checkCallRequest looks at who sees what, and who may answer.
func (w *world) checkCallRequest(run resource.Run) {
	w.Helper()
	for _, tt := range []struct {
		who         control.Principal
		args, token bool
	}{{viewer, false, false}, {auditor, false, false}, {operator, true, false}, {approver, true, true},
		{person(app.Actor.Name, resource.RoleApprover), true, false}} {
		v, err := w.ViewApproval(w.Context(), tt.who, run.Approval)
		w.must(err)
		if (v.Approval.Args != nil) != tt.args || (v.Run != nil) != tt.args || (v.Token != "") != tt.token {
			w.Errorf("ViewApproval() by %s = arguments %v, run %t, token %t, want payloads: %t, token: %t",
				tt.who.Actor.Name, v.Approval.Args, v.Run != nil, v.Token != "", tt.args, tt.token)
		}
	}
}

// ended waits for the end of a run.
func (w *world) ended(id string) (run resource.Run) {
	w.Helper()
	w.eventually("the end of run "+id, func() bool {
		var err error
		run, err = w.Control.Run(w.Context(), author, id)
		w.must(err)
		return run.EndedAt != 0
	})
	return run
}

func lastCall(run resource.Run, tool string) resource.ToolStep {
	for _, s := range slices.Backward(run.Steps) {
		if s.Tool != nil && s.Tool.Tool == tool {
			return *s.Tool
		}
	}
	return resource.ToolStep{}
}

// TestCallApprovalOfOtherArguments: a yes is for the arguments that were shown.
// Other ones need another yes.
func TestCallApprovalOfOtherArguments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	order := plainOrder(0)
	run := w.invoke("staging", "", order)
	view, err := w.ViewApproval(t.Context(), approver, run.Approval)
	w.must(err)
	if n := w.sql(`UPDATE run_checkpoints SET doc = CAST(replace(CAST(doc AS TEXT), '\"amount\":', '\"amount\":1') AS BLOB) WHERE run = $1`, run.ID); n != 1 {
		t.Fatalf("%d checkpoints changed, want 1", n)
	}
	_, err = w.Decide(t.Context(), approver, run.Approval, control.DecideRequest{Token: view.Token, Approve: true, Reason: "read"})
	w.must(err)
	var again resource.Run
	w.eventually("another request", func() bool {
		again, err = w.Control.Run(t.Context(), author, run.ID)
		w.must(err)
		return again.EndedAt != 0 || again.Outcome == resource.OutcomeWaiting && again.Approval != run.Approval
	})
	if again.Outcome != resource.OutcomeWaiting || w.refunds("") != 0 {
		t.Errorf("run = %s with %d refunds, want it waiting for another yes with none", again.Outcome, w.refunds(""))
	}
	_, err = w.Decide(t.Context(), approver, again.Approval, control.DecideRequest{Token: view.Token, Approve: true, Reason: "read"})
	w.wants(err, fault.Conflict, "Decide() of the second request with the first one's token")
}
