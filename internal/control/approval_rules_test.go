package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

var admin = person("root", resource.RoleAdmin)

// member is a person of groups, whose token the control plane has.
func (w *world) member(name string, roles []resource.Role, groups ...string) control.Principal {
	w.Helper()
	_, secret, err := w.CreateToken(w.Context(), admin, control.NewToken{Name: name, Roles: roles, Groups: groups})
	w.must(err)
	p, err := w.Authenticate(w.Context(), secret)
	w.must(err)
	return p
}

var approvers = []resource.Role{resource.RoleApprover}

// askBy starts a release whose request has rules.
func askBy(t *testing.T, rules ...blueprint.ApprovalRule) *asked {
	a := ask(t, blueprint.TierHigh)
	a.rule(rules...)
	return a
}

// rule gives the request its rules, as a stage does.
func (a *asked) rule(rules ...blueprint.ApprovalRule) {
	a.Helper()
	a.must(a.db.Update(a.Context(), func(tx control.Tx) error {
		r, err := tx.Approval(a.rel.Approval)
		if err != nil {
			return err
		}
		rel, err := tx.Release(a.rel.ID)
		if err != nil {
			return err
		}
		rel.Stage.Stage.Approvals, rel.Revision = rules, rel.Revision+1
		if err := tx.PutRelease(rel); err != nil {
			return err
		}
		r.Rules, r.Revision = rules, r.Revision+1
		if r.Digest, err = control.RequestDigest(tx, r); err != nil {
			return err
		}
		return tx.PutApproval(r)
	}))
}

// armReminder arms the reminder of a rule that came after the request was opened.
func (a *asked) armReminder() {
	a.Helper()
	a.must(a.db.Update(a.Context(), func(tx control.Tx) error {
		r, err := tx.Approval(a.rel.Approval)
		if err != nil {
			return err
		}
		r.ExpiresAt, r.Revision = r.CreatedAt+24*3600_000, r.Revision+1
		if err := tx.PutApproval(r); err != nil {
			return err
		}
		return tx.Enqueue(control.Job{Kind: "approval.remind", Key: "test", Payload: []byte(`"` + r.ID + `"`), RunAt: r.CreatedAt + 3600_000})
	}))
}

func (a *asked) yes(p control.Principal, inName string) (resource.Approval, error) {
	a.Helper()
	return a.Decide(a.Context(), p, a.rel.Approval, control.DecideRequest{Token: a.view(p).Token, Approve: true, Reason: "read", For: inName})
}

// TestApprovalRules: every rule has to be satisfied, and one person's yes counts
// once in each rule that they fit.
func TestApprovalRules(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 2}, blueprint.ApprovalRule{Count: 1, Groups: []string{"payments", "leads"}},
		blueprint.ApprovalRule{Count: 1, Role: "operator"})
	lead := a.member("lea", approvers, "leads")
	both := a.member("bob", []resource.Role{resource.RoleApprover, resource.RoleOperator})
	boss := a.member("max", []resource.Role{resource.RoleAdmin})

	view := a.view(lead)
	var able [][]string
	for _, s := range view.Rules {
		able = append(able, s.Able)
	}
	if diff := cmp.Diff([][]string{{"bob", "lea", "max"}, {"lea"}, {"bob", "max"}}, able); diff != "" {
		t.Errorf("who can answer (-want +got):\n%s", diff)
	}
	if got, err := a.yes(lead, ""); err != nil || got.State != resource.ApprovalPending || !slices.Equal(got.Decisions[0].Rules, []int{0, 1}) {
		t.Fatalf("the lead's yes = %s in %v, %v, want it pending, in the first two rules", got.State, got.Decisions, err)
	}
	if got := a.view(boss).Rules; !got[1].Satisfied || got[0].Satisfied || got[2].Satisfied || len(got[0].Given) != 1 {
		t.Errorf("rules after one yes = %+v", got)
	}
	a.unchanged("a yes of somebody who fits no rule", func() {
		_, err := a.decide(colleague, "aureus_x")
		a.wants(err, fault.Forbidden, "Decide()")
	})
	if got, err := a.yes(both, ""); err != nil || got.State != resource.ApprovalApproved {
		t.Fatalf("the last yes = %s, %v, want it approved", got.State, err)
	}
	rel := a.expect(a.until(a.rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	if got := a.approval(rel.Approval); got.State != resource.ApprovalUsed {
		t.Errorf("the request of a promoted release is %s, want used", got.State)
	}
}

// TestApprovalRuleRefusals: a group is had by a token, never by a role, and four
// eyes are two people.
func TestApprovalRuleRefusals(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 2, Groups: []string{"leads"}})
	lead := a.member("lea", approvers, "leads")
	again := a.member("LEA", approvers, "leads")
	robot := lead
	robot.Actor.Kind = "agent"
	pusher := a.member("ADA", approvers, "leads")
	if _, err := a.yes(lead, ""); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		who  control.Principal
		want fault.Code
	}{
		{"an admin without the group", a.member("max", []resource.Role{resource.RoleAdmin}), fault.Forbidden},
		{"the group without the role", a.member("dev", []resource.Role{resource.RoleDeveloper}, "leads"), fault.Forbidden},
		{"the same token again", lead, fault.Conflict},
		{"another token of the same person", again, fault.Conflict},
		{"an agent", robot, fault.Forbidden},
		{"the pusher in another case", pusher, fault.Forbidden},
	} {
		a.unchanged(tt.name, func() {
			if v := a.view(tt.who); v.Token != "" {
				t.Errorf("%s is given a token", tt.name)
			}
			_, err := a.decide(tt.who, "aureus_x")
			a.wants(err, tt.want, "Decide() by "+tt.name)
		})
	}
	view := a.view(viewer)
	if p := view.Rules[0].Problem; !strings.Contains(p, "nobody can answer this") {
		t.Errorf("problem = %q, want that nobody is left", p)
	}
}

// TestApprovalNobody: a group that no token has is said.
func TestApprovalNobody(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 1, Groups: []string{"laeds"}}, blueprint.ApprovalRule{Count: 1, Separate: []string{"committer"}})
	rules := a.view(viewer).Rules
	if !strings.Contains(rules[0].Problem, `no token has the group "laeds"`) {
		t.Errorf("problem = %q, want the group that is missing", rules[0].Problem)
	}
	if !strings.Contains(rules[1].Problem, "committer") {
		t.Errorf("problem = %q, want that the committer is not known", rules[1].Problem)
	}
	_, err := a.decide(approver, "aureus_x")
	a.wants(err, fault.Forbidden, "Decide() where the committer is not known")
}

// TestApprovalSeparation: a rule separates whom it names and nobody else.
func TestApprovalSeparation(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 1, Separate: []string{"pusher"}}, blueprint.ApprovalRule{Count: 1, Separate: []string{"requester"}})
	pusher, requester := a.member(author.Actor.Name, approvers), a.member(colleague.Actor.Name, approvers)
	if got, err := a.yes(requester, ""); err != nil || !slices.Equal(got.Decisions[0].Rules, []int{0}) {
		t.Fatalf("the requester's yes = %v, %v, want it in the first rule", got.Decisions, err)
	}
	if got, err := a.yes(pusher, ""); err != nil || got.State != resource.ApprovalApproved {
		t.Fatalf("the pusher's yes = %s, %v, want it to satisfy the second", got.State, err)
	}
}

// TestApprovalRuleExpiry: a request ends with the first rule that is not
// satisfied; a rule that is satisfied no longer ends it.
func TestApprovalRuleExpiry(t *testing.T) {
	t.Parallel()
	rules := []blueprint.ApprovalRule{{Count: 1, Groups: []string{"leads"}, Expires: blueprint.Duration(30 * time.Minute)},
		{Count: 2, Expires: blueprint.Duration(3 * time.Hour)}}
	a := askBy(t, rules...)
	lead := a.member("lea", approvers, "leads")
	got, err := a.yes(lead, "")
	a.must(err)
	if d := got.ExpiresAt - got.CreatedAt; d != 3*3600_000 {
		t.Errorf("after the short rule the request lasts %d ms, want 3 hours", d)
	}
	a.advance(time.Hour + time.Second) // the job that was armed when it was asked comes
	a.settle()
	if got := a.approval(a.rel.Approval); got.State != resource.ApprovalPending {
		t.Fatalf("after an hour the request is %s, want pending", got.State)
	}
	// Without the lead's yes the first rule counts again, and its time is over.
	got, err = a.Withdraw(t.Context(), lead, a.rel.Approval, resource.WithdrawRequest{Reason: "I was wrong"})
	a.must(err)
	a.expect(a.until(a.rel.ID, resource.ReleaseRejected), resource.ReleaseRejected)
	if got := a.approval(a.rel.Approval); got.State != resource.ApprovalExpired {
		t.Errorf("the request is %s, want expired", got.State)
	}
}

// TestApprovalReminders: people are told again until somebody answers.
func TestApprovalReminders(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 2, Expires: blueprint.Duration(24 * time.Hour), Remind: blueprint.Duration(time.Hour)})
	a.armReminder()
	for i := range 3 {
		if n := a.notices.count("approval.reminder"); n != i {
			t.Fatalf("people were reminded %d times, want %d", n, i)
		}
		a.advance(time.Hour + time.Second)
		a.eventually("a reminder", func() bool { return a.notices.count("approval.reminder") == i+1 })
		a.settle()
	}
	a.approve(approver, a.rel.Approval)
	a.approve(approver2, a.rel.Approval)
	a.expect(a.until(a.rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	a.advance(2 * time.Hour)
	a.settle()
	if n := a.notices.count("approval.reminder"); n != 3 {
		t.Errorf("after the answer people were reminded %d times, want 3", n)
	}
}
