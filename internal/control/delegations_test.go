package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// delegate lends what from may to another for a day.
func (w *world) delegate(from control.Principal, to string, groups ...string) resource.Delegation {
	w.Helper()
	d, err := w.Delegate(w.Context(), from, resource.DelegationRequest{To: to, Until: w.millis(24 * time.Hour), Groups: groups, Reason: "away"})
	w.must(err)
	return d
}

func (w *world) millis(ahead time.Duration) resource.Millis {
	return resource.Millis(w.clock.Now().Add(ahead).UnixMilli())
}

// TestDelegation: a delegate answers in the name of the delegator, with what the
// delegator may, until it ends, and both names are in the record.
func TestDelegation(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 2, Groups: []string{"leads"}})
	lead := a.member("lea", approvers, "leads")
	deputy := a.member("dan", []resource.Role{resource.RoleViewer})
	second := a.member("sam", approvers, "leads")
	d := a.delegate(lead, "DAN", "leads")

	a.unchanged("answers that nobody lent", func() {
		for name, p := range map[string]control.Principal{"of somebody else": colleague, "of the delegate for another": deputy} {
			_, err := a.Decide(t.Context(), p, a.rel.Approval, control.DecideRequest{Token: "aureus_x", Approve: true, Reason: "r", For: "sam"})
			a.wants(err, fault.Forbidden, "Decide() "+name)
		}
	})
	if names := a.view(deputy).Names; len(names) != 1 || names[0] != "lea" {
		t.Fatalf("the delegate can answer in the names of %v, want lea", names)
	}
	got, err := a.yes(deputy, "")
	a.must(err)
	if dec := got.Decisions[0]; dec.Actor.Name != "dan" || dec.For != "lea" || dec.Delegation != d.ID {
		t.Errorf("decision = %+v, want dan for lea by %s", dec, d.ID)
	}
	a.unchanged("the delegator answers too", func() {
		_, err := a.decide(lead, "aureus_x")
		a.wants(err, fault.Conflict, "Decide() by the delegator")
	})
	if got, err := a.yes(second, ""); err != nil || got.State != resource.ApprovalApproved {
		t.Fatalf("the second yes = %s, %v, want it approved", got.State, err)
	}
	a.must(a.seq.Flush(t.Context()))
	events, err := a.EventsOf(t.Context(), auditor, "approval", a.rel.Approval, control.Page{Limit: 100})
	a.must(err)
	named := false
	for _, e := range events {
		named = named || e.Event.Action == "approval.given" && e.Event.Actor.Name == "dan" && e.Event.Attrs["for"] == "lea"
	}
	if !named {
		t.Errorf("no event names dan and lea: %+v", events)
	}
}

// TestDelegationLimits: what a delegation does not lend.
func TestDelegationLimits(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 1})
	lead := a.member("lea", approvers, "leads")
	requester := a.member(colleague.Actor.Name, approvers)
	deputy, chained := a.member("dan", []resource.Role{resource.RoleViewer}), a.member("cas", []resource.Role{resource.RoleViewer})
	can := func(p control.Principal) bool { return len(a.view(p).Names) > 0 }

	a.delegate(requester, "cas")
	if can(chained) {
		t.Error("a delegate can answer for the requester")
	}
	a.delegate(lead, colleague.Actor.Name)
	if names := a.view(requester).Names; len(names) != 0 {
		t.Errorf("the requester can answer in the names of %v", names)
	}
	only := a.delegate(lead, "dan", "leads")
	if can(deputy) {
		t.Error("a delegation for a group answers a rule that names none")
	}
	_, err := a.EndDelegation(t.Context(), deputy, only.ID, "not needed")
	a.must(err)
	_, err = a.EndDelegation(t.Context(), deputy, only.ID, "again")
	a.wants(err, fault.Conflict, "EndDelegation() twice")
	a.delegate(lead, "dan")
	if !can(deputy) {
		t.Error("a delegation of everything does not answer")
	}
	_, err = a.Delegate(t.Context(), deputy, resource.DelegationRequest{To: "cas", Until: a.millis(time.Hour), Reason: "r"})
	a.wants(err, fault.Forbidden, "Delegate() of what was delegated")
	a.advance(25 * time.Hour)
	if can(deputy) {
		t.Error("a delegation that has ended still answers")
	}
}

// TestDelegationOfRevoked: who has no token any more lends nothing.
func TestDelegationOfRevoked(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 1})
	lead := a.member("lea", approvers)
	deputy := a.member("dan", []resource.Role{resource.RoleViewer})
	a.member("root", []resource.Role{resource.RoleAdmin})
	a.delegate(lead, "dan")
	if v := a.view(deputy); len(v.Names) != 1 {
		t.Fatalf("the delegate can answer in the names of %v, want one", v.Names)
	}
	a.must(a.RevokeToken(t.Context(), admin, lead.Token))
	if v := a.view(deputy); len(v.Names) != 0 || v.Token != "" {
		t.Errorf("after the delegator's token is revoked the delegate can answer in the names of %v", v.Names)
	}
}

func TestDelegationRefusals(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	lead, robot := w.member("lea", approvers, "leads"), w.member("rob", approvers)
	robot.Actor.Kind = "service"
	w.member("dan", []resource.Role{resource.RoleViewer})
	hour := w.millis(time.Hour)
	for _, tt := range []struct {
		name string
		who  control.Principal
		req  resource.DelegationRequest
		want fault.Code
		says string
	}{
		{"to oneself", lead, resource.DelegationRequest{To: "LEA", Until: hour, Reason: "r"}, fault.Invalid, "somebody else"},
		{"to nobody", lead, resource.DelegationRequest{To: "noone", Until: hour, Reason: "r"}, fault.Invalid, "no person"},
		{"without a reason", lead, resource.DelegationRequest{To: "dan", Until: hour, Reason: " "}, fault.Invalid, "say why"},
		{"that has ended", lead, resource.DelegationRequest{To: "dan", Until: 1, Reason: "r"}, fault.Invalid, "future"},
		{"for ever", lead, resource.DelegationRequest{To: "dan", Until: hour * 9, Reason: "r"}, fault.Invalid, "a year"},
		{"of a group that is not had", lead, resource.DelegationRequest{To: "dan", Until: hour, Reason: "r", Groups: []string{"x"}}, fault.Forbidden, "not in x"},
		{"of a role that is not had", lead, resource.DelegationRequest{To: "dan", Until: hour, Reason: "r", Role: "operator"}, fault.Forbidden, "operator"},
		{"by a program", robot, resource.DelegationRequest{To: "dan", Until: hour, Reason: "r"}, fault.Invalid, "only a person"},
	} {
		_, err := w.Delegate(t.Context(), tt.who, tt.req)
		w.wants(err, tt.want, "Delegate() "+tt.name)
		if err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("Delegate() %s = %v, want it to say %q", tt.name, err, tt.says)
		}
	}
	if got, err := w.Delegations(t.Context(), viewer, control.DelegationFilter{}, control.Page{}); err != nil || len(got) != 0 {
		t.Errorf("Delegations() = %v, %v, want none", got, err)
	}
}

// TestDelegationOfAToken: a delegation lends what the token has that made it, and
// not what other tokens of the same person have; there is an end to how many one
// makes, and those of others go on working; services are nobody's namesakes.
func TestDelegationOfAToken(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	wide, narrow := w.member("lea", approvers, "leads"), w.member("Lea", approvers)
	dan := w.member("dan", []resource.Role{resource.RoleViewer})
	request := resource.Approval{ID: "apr_test", Kind: "waiver", Subject: "wvr_test", State: resource.ApprovalPending, Revision: 1,
		Rules:     []blueprint.ApprovalRule{{Count: 1, Groups: []string{"leads"}, Expires: blueprint.Duration(time.Hour)}},
		Parties:   resource.Parties{Author: "ada", Pusher: "ada", Requester: "bo"},
		CreatedAt: w.millis(0), ExpiresAt: w.millis(time.Hour), CreatedBy: colleague.Actor,
		Decisions: []resource.ApprovalDecision{{Actor: resource.Actor{Name: "sam", Kind: "human"}, Approve: true, Reason: "read", At: 1}}}
	w.must(w.db.Update(t.Context(), func(tx control.Tx) error { return tx.InsertApproval(request) }))
	names := func() []string {
		v, err := w.ShowApproval(t.Context(), dan, request.ID)
		w.must(err)
		return v.Names
	}
	d := w.delegate(narrow, "dan")
	if got := names(); len(got) != 0 {
		t.Errorf("a token without the group lends it: dan can answer for %v", got)
	}
	twin := control.Principal{Actor: resource.Actor{Name: "lea", Kind: "service"}, Roles: []resource.Role{resource.RoleViewer}}
	_, err := w.EndDelegation(t.Context(), twin, d.ID, "r")
	w.wants(err, fault.Forbidden, "EndDelegation() by a service that is named like the delegator")
	w.delegate(wide, "dan")
	for range 48 {
		w.delegate(narrow, "dan")
	}
	if got := names(); len(got) != 1 || !strings.EqualFold(got[0], "lea") {
		t.Errorf("dan can answer for %v, want lea", got)
	}
	_, err = w.Delegate(t.Context(), narrow, resource.DelegationRequest{To: "dan", Until: w.millis(time.Hour), Reason: "r"})
	w.wants(err, fault.Conflict, "Delegate() one more than may be")
	sam := control.Principal{Actor: resource.Actor{Name: "sam", Kind: "service"}, Roles: approvers}
	_, err = w.Withdraw(t.Context(), sam, request.ID, resource.WithdrawRequest{Reason: "r"})
	w.wants(err, fault.Conflict, "Withdraw() by a service that is named like who said yes")
	w.must(w.db.Update(t.Context(), func(tx control.Tx) error {
		return tx.InsertWaiver(resource.Waiver{ID: "wvr_test", Agent: desk, State: "requested", CreatedBy: colleague.Actor, Revision: 1})
	}))
	bo := control.Principal{Actor: resource.Actor{Name: "bo", Kind: "service"}, Roles: []resource.Role{resource.RoleViewer}}
	_, err = w.RevokeWaiver(t.Context(), bo, "wvr_test", "r")
	w.wants(err, fault.Forbidden, "RevokeWaiver() by a service that is named like who asked for it")
}
