package control_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// session opens a session whose user wants the orders refunded, and looks the
// first one up.
func (w *world) session(c *control.Control, name, said string, order string) *control.Session {
	w.Helper()
	s, err := c.OpenSession(w.Context(), app, desk, control.InvokeRequest{Environment: "staging", Session: name, Input: map[string]any{"message": said}})
	w.must(err)
	w.call(s, "lookup_order", map[string]any{"order_id": order})
	return s
}

// call makes one call of a session and does not wait for people.
func (w *world) call(s *control.Session, tool string, args map[string]any) agentrun.Answer {
	w.Helper()
	text, err := json.Marshal(args)
	w.must(err)
	a, err := s.Call(w.Context(), agentrun.Asked{Name: tool, Args: string(text)}, control.Waiting{})
	w.must(err)
	return a
}

func (w *world) approval(id string) resource.Approval {
	w.Helper()
	a, err := w.Approval(w.Context(), approver, id)
	w.must(err)
	return a
}

// TestRequestSaysWhatToJudge: an approver is shown the arguments, where each comes
// from, what was feared, what the user said, and where the run stood.
func TestRequestSaysWhatToJudge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierHigh))
	w.promote(v, "staging")
	order := plainOrder(0)
	run := w.invoke("staging", "", order)
	a := w.approval(run.Approval)
	if a.Call == nil || len(a.Runs) != 1 {
		t.Fatalf("request = %+v, want the call and one run", a)
	}
	k := a.Call
	if k.Version != v.Digest || k.PolicyDigest != v.Manifest.Policies.Digest || k.Goal == "" || k.Before.Phase != "resolve" {
		t.Errorf("request is bound to %s, %s, goal %q, phase %q", k.Version, k.PolicyDigest, k.Goal, k.Before.Phase)
	}
	target := slices.IndexFunc(k.Arguments, func(f resource.ArgumentFlow) bool { return f.Name == "order_id" })
	if target < 0 || k.Arguments[target].Role != "target" || k.Arguments[target].Class != "user" || k.Origins["order_id"] != "user" {
		t.Errorf("arguments = %+v from %v, want order_id as a target that the user named", k.Arguments, k.Origins)
	}
	if len(k.Fears) != 1 || k.Fears[0].Policy != "builtin/tier-high" || k.Fears[0].Reason == "" {
		t.Errorf("fears = %+v, want tier-high with its reason", k.Fears)
	}
	if said, _ := json.Marshal(a.Runs[0].Said); !strings.Contains(string(said), order) || a.Runs[0].Principal != app.Actor.Name {
		t.Errorf("run = %+v, want what the user of %s said", a.Runs[0], app.Actor.Name)
	}
	hidden, err := w.Approval(t.Context(), viewer, run.Approval)
	w.must(err)
	if hidden.Args != nil || hidden.Runs[0].Said != nil {
		t.Errorf("a viewer is shown %v and %v", hidden.Args, hidden.Runs[0].Said)
	}
	w.member("eve", approvers)
	dan := w.member("dan", []resource.Role{resource.RoleViewer})
	w.delegate(control.Principal{Actor: resource.Actor{Name: "eve", Kind: "human"}, Roles: approvers}, "dan")
	shown, err := w.ViewApproval(t.Context(), dan, run.Approval)
	w.must(err)
	if len(shown.Names) != 1 || shown.Token == "" || shown.Approval.Args == nil || shown.Approval.Runs[0].Said == nil || shown.Run == nil {
		t.Errorf("a delegate answers for %v and is shown %v, said %v, run %v; want all that the yes is for", shown.Names, shown.Approval.Args, shown.Approval.Runs[0].Said, shown.Run)
	}
	if plain, err := w.ViewApproval(t.Context(), viewer, run.Approval); err != nil || plain.Approval.Args != nil || plain.Token != "" || plain.Run != nil {
		t.Errorf("a viewer is shown %v with a token %t, %v", plain.Approval.Args, plain.Token != "", err)
	}
	// What was decided is bound to run, version and policies, in the ledger too.
	d := lastCall(run, "issue_refund").Decision
	if d.Run != run.ID || d.Version != v.Digest || d.PolicyDigest != k.PolicyDigest || d.Target != "user" {
		t.Errorf("decision = %+v, want it bound to its run and version", d)
	}
	w.must(w.seq.Flush(t.Context()))
	events, err := w.EventsOf(t.Context(), auditor, "run", run.ID, control.Page{Limit: 100})
	w.must(err)
	i := slices.IndexFunc(events, func(e resource.LedgerEntry) bool { return e.Event.Attrs["tool"] == "issue_refund" })
	if i < 0 {
		t.Fatalf("no event of the decision in %+v", events)
	}
	attrs := events[i].Event.Attrs
	if attrs["policyDigest"] != k.PolicyDigest || attrs["target"] != "user" || !strings.HasPrefix(attrs["provenance"], "sha256:") || attrs["phaseAfter"] == "" {
		t.Errorf("event = %v, want policies, provenance and state", attrs)
	}
	if text, _ := json.Marshal(events); strings.Contains(string(text), order) {
		t.Errorf("the ledger holds an argument")
	}
}

// TestRequestsAreMerged: runs that ask the same wait for one request, until
// somebody has seen it. A yes lets each make its call once.
func TestRequestsAreMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	order := plainOrder(0)
	first, second := w.invoke("staging", "", order), w.invoke("staging", "", order)
	other := w.invoke("staging", "", plainOrder(1))
	if first.Approval != second.Approval || other.Approval == first.Approval {
		t.Fatalf("requests = %s, %s and %s for another order, want the first two to be one", first.Approval, second.Approval, other.Approval)
	}
	view, err := w.ViewApproval(t.Context(), approver, first.Approval)
	w.must(err)
	if len(view.Approval.Runs) != 2 {
		t.Fatalf("the request shows %d runs, want 2", len(view.Approval.Runs))
	}
	w.must(w.db.Update(t.Context(), func(tx control.Tx) error {
		a, err := tx.Approval(other.Approval)
		if err != nil {
			return err
		}
		a.Call.Origins["order_id"], a.Revision = "tool:lookup_order", a.Revision+1
		return tx.PutApproval(a)
	}))
	if joined := w.invoke("staging", "", plainOrder(1)); joined.Approval == other.Approval {
		t.Errorf("a run joined a request whose arguments come from elsewhere")
	}
	late := w.invoke("staging", "", order)
	if late.Approval == first.Approval {
		t.Fatalf("a run joined a request that was seen")
	}
	_, err = w.Decide(t.Context(), approver, first.Approval, control.DecideRequest{Token: view.Token, Approve: true, Reason: "both", Scope: &resource.Scope{}})
	w.wants(err, fault.Invalid, "Decide() with a scope for two runs")
	w.approve(approver, first.Approval)
	for _, run := range []resource.Run{first, second} {
		run = w.ended(run.ID)
		if d := lastCall(run, "issue_refund").Decision; d.State != resource.DecisionApproved || d.Approval != first.Approval {
			t.Errorf("run %s: the refund was %s by %s, want approved", run.ID, d.State, d.Approval)
		}
	}
	if a := w.approval(first.Approval); a.State != resource.ApprovalUsed {
		t.Errorf("the request is %s, want used", a.State)
	}
	if run, err := w.Control.Run(t.Context(), author, late.ID); err != nil || run.Outcome != resource.OutcomeWaiting {
		t.Errorf("the late run is %s (%v), want it waiting for its own answer", run.Outcome, err)
	}
}

// TestAskedTooOften: beyond the limits calls are denied with the reason, and
// people are told of that once.
func TestAskedTooOften(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierHigh)
	a.Spec.Approvals = blueprint.Asking{MaxOpen: 2, PerHour: 3, Timeout: blueprint.Duration(10 * time.Minute)}
	w.promote(w.push(a), "staging")
	waiting := []resource.Run{w.invoke("staging", "", plainOrder(0)), w.invoke("staging", "", plainOrder(1))}
	if ttl := w.approval(waiting[0].Approval); ttl.ExpiresAt-ttl.CreatedAt != 600_000 {
		t.Errorf("the request lasts %d ms, want 10 minutes", ttl.ExpiresAt-ttl.CreatedAt)
	}
	for i := range 2 {
		run := w.invoke("staging", "", plainOrder(2+i))
		d := lastCall(run, "issue_refund").Decision
		if d.State != resource.DecisionRejected || d.Check != "approval" || !strings.Contains(d.Reason, "wait for people already") || run.Approval != "" {
			t.Errorf("over the limit: %s by %s: %s", d.State, d.Check, d.Reason)
		}
	}
	w.eventually("the notice", func() bool { return w.notices.count("approval.limited") > 0 })
	_, err := w.answer(approver, waiting[0].Approval, false)
	w.must(err)
	w.ended(waiting[0].ID)
	third := w.invoke("staging", "", plainOrder(4))
	if third.Outcome != resource.OutcomeWaiting {
		t.Errorf("after an answer: %s, want waiting", third.Outcome)
	}
	_, err = w.answer(approver, third.Approval, false)
	w.must(err)
	w.ended(third.ID)
	if d := lastCall(w.invoke("staging", "", plainOrder(5)), "issue_refund").Decision; !strings.Contains(d.Reason, "within an hour") {
		t.Errorf("the fourth request in an hour: %s: %s, want it denied", d.State, d.Reason)
	}
	w.advance(time.Hour + time.Second)
	if run := w.invoke("staging", "", plainOrder(6)); run.Outcome != resource.OutcomeWaiting {
		t.Errorf("an hour later: %s (%s), want waiting", run.Outcome, run.Message)
	}
	if n := w.notices.count("approval.limited"); n != 1 {
		t.Errorf("people were told %d times, want once", n)
	}
}

// TestAllowedForARun: a yes with a scope lets the run make more calls within it,
// and no other run.
func TestAllowedForARun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	order := plainOrder(0)
	said := "Please refund my order " + order + " in parts of 1 and 2 euros."
	s := w.session(w.Control, "one", said, order)
	refund := func(s *control.Session, order string, amount float64) agentrun.Answer {
		return w.call(s, "issue_refund", map[string]any{"order_id": order, "amount": amount})
	}
	asked := refund(s, order, 1)
	view, err := w.ViewApproval(t.Context(), approver, asked.Approval)
	w.must(err)
	_, err = w.Decide(t.Context(), approver, asked.Approval, control.DecideRequest{Token: view.Token, Approve: true, Reason: "misspelt",
		Scope: &resource.Scope{Free: []string{"amuont"}}})
	w.wants(err, fault.Invalid, "Decide() with a scope that frees what the tool does not have")
	if !strings.Contains(err.Error(), `"amuont"`) || !strings.Contains(err.Error(), "it has amount, order_id") {
		t.Errorf("Decide() = %v, want it to name the argument and those that there are", err)
	}
	_, err = w.Decide(t.Context(), approver, asked.Approval, control.DecideRequest{Token: view.Token, Approve: true, Reason: "in parts",
		Scope: &resource.Scope{Max: map[string]float64{"amount": 2}, Uses: 2, ForMs: 60_000}})
	w.must(err)
	again, err := s.Call(t.Context(), agentrun.Asked{Name: "issue_refund", Args: `{"order_id":"` + order + `","amount":1}`}, control.Waiting{For: time.Minute})
	w.must(err)
	if again.Pending || again.Decision.State != resource.DecisionApproved || again.Decision.Allowance {
		t.Fatalf("the call that was approved = %+v, want it made by its own yes", again.Decision)
	}
	for _, tt := range []struct {
		name   string
		order  string
		amount float64
		want   resource.DecisionState
	}{
		{"within the scope", order, 2, resource.DecisionApproved},
		{"over the bound", order, 2.5, resource.DecisionPending},
		{"another order", plainOrder(1), 1, resource.DecisionPending},
		{"the last use", order, 1.5, resource.DecisionApproved},
		{"used up", order, 1.25, resource.DecisionPending},
	} {
		a := refund(s, tt.order, tt.amount)
		if a.Decision.State != tt.want || (tt.want == resource.DecisionApproved) != (a.Decision.Allowance && a.Decision.Approval == asked.Approval) {
			t.Errorf("%s: %s by %q (allowance: %t), want %s", tt.name, a.Decision.State, a.Decision.Approval, a.Decision.Allowance, tt.want)
		}
	}
	if n := w.refunds(order); n != 3 {
		t.Errorf("%d refunds, want 3", n)
	}
	run, err := s.End(t.Context())
	w.must(err)
	if stored, err := w.Control.Run(t.Context(), viewer, run.ID); err != nil || len(stored.Allowances) != 1 || stored.Allowances[0].Uses != 0 {
		t.Errorf("run = %+v (%v), want its allowance with nothing left", stored.Allowances, err)
	}
	other := w.session(w.Control, "two", said, order)
	if a := refund(other, order, 1.75); a.Decision.State != resource.DecisionPending {
		t.Errorf("the same call in another run = %s, want it to ask", a.Decision.State)
	}
	_, err = other.End(t.Context())
	w.must(err)
}

// TestWaitingRunsEndWithTheirVersion: a rollback ends the runs that wait for
// people with the version, and withdraws what they asked.
func TestWaitingRunsEndWithTheirVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	w.promote(w.push(variant(t, lean(t, blueprint.TierHigh), "Be brief.")), "staging")
	run := w.invoke("staging", "", plainOrder(0))
	if run.Version != 2 || run.Outcome != resource.OutcomeWaiting {
		t.Fatalf("run of v%d is %s, want v2 waiting", run.Version, run.Outcome)
	}
	_, err := w.Rollback(t.Context(), operator, desk, "staging", "test")
	w.must(err)
	run = w.ended(run.ID)
	if run.Outcome != resource.OutcomeError || !strings.Contains(run.Message, "taken off traffic") || w.refunds("") != 0 {
		t.Errorf("the run ended %s (%s) with %d refunds", run.Outcome, run.Message, w.refunds(""))
	}
	if a := w.approval(run.Approval); a.State != resource.ApprovalWithdrawn {
		t.Errorf("the request is %s, want withdrawn", a.State)
	}
}

// TestScopeNeedsEverybody: where two people have to say yes, only a scope that
// both gave allows more than the call.
func TestScopeNeedsEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierCritical)), "staging")
	order := plainOrder(0)
	s := w.session(w.Control, "one", "Please refund my order "+order+" in parts of 1 euro.", order)
	scope, other := &resource.Scope{Max: map[string]float64{"amount": 2}}, &resource.Scope{Max: map[string]float64{"amount": 3}}
	decide := func(p control.Principal, id string, given *resource.Scope) error {
		view, err := w.ViewApproval(t.Context(), p, id)
		w.must(err)
		_, err = w.Decide(t.Context(), p, id, control.DecideRequest{Token: view.Token, Approve: true, Reason: "read", Scope: given})
		return err
	}
	for _, tt := range []struct {
		name   string
		amount float64
		second *resource.Scope
		more   resource.DecisionState
	}{
		{"the second gave none", 1, nil, resource.DecisionPending},
		{"both gave the same", 1.25, scope, resource.DecisionApproved},
	} {
		args := map[string]any{"order_id": order, "amount": tt.amount}
		asked := w.call(s, "issue_refund", args)
		w.must(decide(approver, asked.Approval, scope))
		if a := w.call(s, "issue_refund", args); !a.Pending || a.Approval != asked.Approval {
			t.Fatalf("%s: with one yes the call is %s, want it to wait", tt.name, a.Decision.State)
		}
		w.wants(decide(approver2, asked.Approval, other), fault.Conflict, "Decide() with another scope")
		w.must(decide(approver2, asked.Approval, tt.second))
		text, err := json.Marshal(args)
		w.must(err)
		made, err := s.Call(t.Context(), agentrun.Asked{Name: "issue_refund", Args: string(text)}, control.Waiting{For: time.Minute})
		w.must(err)
		if made.Decision.State != resource.DecisionApproved {
			t.Fatalf("%s: after two yeses the call is %s", tt.name, made.Decision.State)
		}
		if a := w.call(s, "issue_refund", map[string]any{"order_id": order, "amount": tt.amount + 0.5}); a.Decision.State != tt.more {
			t.Errorf("%s: another amount is %s, want %s", tt.name, a.Decision.State, tt.more)
		}
	}
	_, err := s.End(t.Context())
	w.must(err)
}
