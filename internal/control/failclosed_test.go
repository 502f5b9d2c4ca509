package control_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestClockIsSet: a clock that jumps makes no request, yes, allowance or budget
// last longer or begin anew.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierHigh)
	a.Spec.Budgets.Day.ToolCalls = 7
	w.promote(w.push(a), "staging")
	order := plainOrder(0)
	s := w.session(w.Control, "one", "Refund my order "+order+" in parts of 1 euro.", order)
	refund := map[string]any{"order_id": order, "amount": 1.0}
	asked := w.call(s, "issue_refund", refund)
	view, err := w.ViewApproval(t.Context(), approver, asked.Approval)
	w.must(err)
	_, err = w.Decide(t.Context(), approver, asked.Approval, control.DecideRequest{Token: view.Token, Approve: true, Reason: "in parts",
		Scope: &resource.Scope{ForMs: 20 * 60_000}})
	w.must(err)
	first, err := s.Call(t.Context(), agentrun.Asked{Name: "issue_refund", Args: `{"order_id":"` + order + `","amount":1}`}, control.Waiting{For: time.Minute})
	w.must(err)
	if first.Decision.State != resource.DecisionApproved {
		t.Fatalf("the approved call = %s", first.Decision.State)
	}
	late := w.call(s, "issue_refund", map[string]any{"order_id": order, "amount": 0.5})
	lateView, err := w.ViewApproval(t.Context(), approver, late.Approval)
	w.must(err)

	for _, tt := range []struct {
		name string
		wall time.Duration // what the clock on the wall is set by
		past time.Duration // how long it really is
		want resource.DecisionState
	}{
		{"nothing happened", 0, 0, resource.DecisionApproved},
		{"set back a day", -24 * time.Hour, 0, resource.DecisionApproved},
		{"set back a day, after its end", -24 * time.Hour, 30 * time.Minute, resource.DecisionPending},
		{"set right again", 0, 30 * time.Minute, resource.DecisionPending},
		{"set back to before it was given", -72 * time.Hour, 30 * time.Minute, resource.DecisionPending},
	} {
		w.clock.wall.Store(int64(tt.wall))
		w.clock.ahead.Store(int64(tt.past))
		if got := w.call(s, "issue_refund", refund).Decision; got.State != tt.want {
			t.Errorf("allowance, %s: %s (%s), want %s", tt.name, got.State, got.Reason, tt.want)
		}
	}

	// The request that waits is over after its hour, whatever the wall says.
	w.clock.wall.Store(int64(-48 * time.Hour))
	w.clock.ahead.Store(int64(61 * time.Minute))
	_, err = w.Decide(t.Context(), approver, late.Approval, control.DecideRequest{Token: lateView.Token, Approve: true, Reason: "late"})
	w.wants(err, fault.Conflict, "Decide() after the end with a clock that was set back")

	// Of the day 1 lookup and 3 refunds are used. A clock that is set gives no new day.
	for range 3 {
		if d := w.call(s, "lookup_order", map[string]any{"order_id": order}).Decision; d.State != resource.DecisionApproved {
			t.Fatalf("a lookup within the budget of the day = %s: %s", d.State, d.Reason)
		}
	}
	denied := func(what string, c *control.Control) {
		t.Helper()
		s, err := c.OpenSession(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Session: what, Input: refundOf(order)})
		w.must(err)
		if d := w.call(s, "lookup_order", map[string]any{"order_id": order}).Decision; d.State != resource.DecisionRejected || d.Check != "budget" {
			t.Errorf("%s, a call over the budget of the day = %s", what, d.State)
		}
		_, err = s.End(t.Context())
		w.must(err)
	}
	for _, wall := range []time.Duration{-48 * time.Hour, 0, 24 * time.Hour, 400 * 24 * time.Hour} {
		w.clock.wall.Store(int64(wall))
		denied("set by "+wall.String(), w.Control)
	}
	w.clock.wall.Store(int64(-48 * time.Hour))
	denied("started with a clock that was set back", w.another())
	w.clock.wall.Store(0)
	_, err = s.End(t.Context())
	w.must(err)

	// A token that has ended stays so.
	_, secret, err := w.CreateToken(t.Context(), admin, control.NewToken{Name: "brief", Roles: approvers, TTL: time.Hour})
	w.must(err)
	_, err = w.Authenticate(t.Context(), secret)
	w.must(err)
	w.clock.ahead.Add(int64(61 * time.Minute))
	w.clock.wall.Store(int64(-48 * time.Hour))
	_, err = w.Authenticate(t.Context(), secret)
	w.wants(err, fault.Unauthorized, "Authenticate() after the end with a clock that was set back")
}

// TestUnreadableCheckpoint: a run whose place is not known ends, or goes on as
// one that has read everything; its call is not made.
func TestUnreadableCheckpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	for i, tt := range []struct {
		name, doc string // SQL of what becomes of the checkpoint
	}{
		{"no JSON", `'{"run":'`},
		{"another JSON", `'[]'`},
		{"nothing", `'{}'`},
		{"a guard state of another kind", `json_set(CAST(doc AS TEXT), '$.guard', 'x')`},
		{"no call", `json_set(CAST(doc AS TEXT), '$.pending', json('[]'))`},
		{"no guard state", `json_remove(CAST(doc AS TEXT), '$.guard')`},
		{"damaged counters", `json_set(CAST(doc AS TEXT), '$.guard.toolCalls', -5)`},
	} {
		order := plainOrder(i)
		run := w.invoke("staging", "", order)
		w.sql("UPDATE run_checkpoints SET doc = CAST("+tt.doc+" AS BLOB) WHERE run = $1", run.ID)
		w.approve(approver, run.Approval)
		var got resource.Run
		w.eventually("an end of "+tt.name, func() bool {
			var err error
			got, err = w.Control.Run(t.Context(), author, run.ID)
			w.must(err)
			return got.EndedAt != 0 || got.Outcome == resource.OutcomeWaiting && got.Approval != run.Approval
		})
		if n := w.refunds(order); n != 0 || got.Outcome == resource.OutcomeSuccess {
			t.Errorf("%s: the run is %s (%s) with %d refunds, want none", tt.name, got.Outcome, got.Message, n)
		}
	}
}

// failing is a store whose changes fail from a moment on.
type failing struct {
	control.Store
	fail func(ctx context.Context) error // nil: they do not
}

func (f *failing) Update(ctx context.Context, fn func(control.Tx) error) error {
	if f.fail != nil {
		return f.fail(ctx)
	}
	return f.Store.Update(ctx, fn)
}

// TestNothingIsRecorded: without a place for the decision nothing is called,
// whether the disk is full, the database gone or stuck, or cannot be read.
func TestNothingIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	a.Spec.Budgets.Day.ToolCalls = 1000
	w.promote(w.push(a), "staging")
	for i, fail := range []func(ctx context.Context) error{
		func(context.Context) error { return fault.New(fault.StorageFull, "the disk is full") },
		func(context.Context) error { return fault.New(fault.Unavailable, "the database is gone") },
		func(context.Context) error { return fault.New(fault.Corrupt, "the database is damaged") },
	} {
		store := &failing{Store: w.db}
		c := w.over(store)
		order := plainOrder(i)
		s := w.session(c, "s"+strconv.Itoa(i), "Refund my order "+order+".", order)
		store.fail = fail
		_, err := s.Call(t.Context(), agentrun.Asked{Name: "issue_refund", Args: `{"order_id":"` + order + `","amount":1}`}, control.Waiting{})
		if err == nil || fault.CodeOf(err) != fault.CodeOf(fail(t.Context())) || w.refunds(order) != 0 {
			t.Errorf("Call() = %v with %d refunds, want the error and none", err, w.refunds(order))
		}
		if _, err := c.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Input: refundOf(order)}); err == nil || w.refunds(order) != 0 {
			t.Errorf("Invoke() = %v with %d refunds, want the error and none", err, w.refunds(order))
		}
		store.fail = nil
		_, err = s.End(t.Context())
		w.must(err)
	}
	// A database that does not answer at all: the call waits and is not made.
	store := &failing{Store: w.db}
	order := plainOrder(5)
	s := w.session(w.over(store), "stuck", "Refund my order "+order+".", order)
	gate, reached := make(chan struct{}), make(chan struct{})
	store.fail = func(context.Context) error {
		close(reached)
		<-gate
		return fault.New(fault.Unavailable, "the database did not answer")
	}
	done := make(chan error)
	go func() {
		_, err := s.Call(context.Background(), agentrun.Asked{Name: "issue_refund", Args: `{"order_id":"` + order + `","amount":1}`}, control.Waiting{})
		done <- err
	}()
	<-reached
	if n := w.refunds(order); n != 0 {
		t.Errorf("%d refunds while the decision is not stored, want none", n)
	}
	close(gate)
	if err := <-done; !fault.Is(err, fault.Unavailable) || w.refunds(order) != 0 {
		t.Errorf("Call() = %v with %d refunds, want the error and none", err, w.refunds(order))
	}
	store.fail = nil
	_, err := s.End(t.Context())
	w.must(err)
}

// TestCountsCannotBeRead: a budget that cannot be counted is used up.
func TestCountsCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := lean(t, blueprint.TierMedium)
	a.Spec.Budgets.Day.ToolCalls = 1000
	w.promote(w.push(a), "staging")
	order := plainOrder(0)
	s := w.session(w.Control, "one", "Refund my order "+order+".", order)
	w.sql("ALTER TABLE usage RENAME TO usage_away")
	a1 := w.call(s, "issue_refund", map[string]any{"order_id": order, "amount": 1.0})
	if a1.Decision.State != resource.DecisionRejected || !strings.HasPrefix(a1.Decision.Policies[0], "builtin/budget-day") || w.refunds(order) != 0 {
		t.Errorf("a call that cannot be counted = %s by %v with %d refunds, want it rejected", a1.Decision.State, a1.Decision.Policies, w.refunds(order))
	}
	w.sql("ALTER TABLE usage_away RENAME TO usage")
	_, err := s.End(t.Context())
	w.must(err)
}
