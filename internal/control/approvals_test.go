package control_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// asked is a control plane with a version whose release waits for approval.
type asked struct {
	*world
	version resource.Version
	rel     resource.Release
}

// ask starts a release that needs approvers: with refundTier high one, with
// critical two, in production.
func ask(t *testing.T, refundTier blueprint.Tier) *asked {
	a := &asked{world: newWorld(t)}
	a.version = a.push(lean(t, refundTier))
	a.again()
	return a
}

// again starts the release once more and waits for its request.
func (a *asked) again() {
	a.Helper()
	rel, err := a.StartRelease(a.Context(), colleague, control.ReleaseRequest{Version: a.version.Name, Environment: "staging", Reason: "test"})
	a.must(err)
	a.rel = a.expect(a.until(rel.ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
}

func (a *asked) view(p control.Principal) control.ApprovalView {
	a.Helper()
	v, err := a.ViewApproval(a.Context(), p, a.rel.Approval)
	a.must(err)
	return v
}

func (a *asked) decide(p control.Principal, token string) (resource.Approval, error) {
	return a.Decide(a.Context(), p, a.rel.Approval, control.DecideRequest{Token: token, Approve: true, Reason: "read"})
}

func TestApprovalRefusals(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	robot := control.Principal{Actor: resource.Actor{Name: "robot", Kind: "agent"}, Roles: []resource.Role{resource.RoleApprover}}
	pusher, starter := person(author.Actor.Name, resource.RoleApprover), person(colleague.Actor.Name, resource.RoleApprover)
	token := a.view(approver).Token
	if token == "" {
		t.Fatal("ViewApproval() gives an approver no token")
	}
	tests := []struct {
		name  string
		who   control.Principal
		token string
		want  fault.Code
	}{
		{"the author of the version", pusher, token, fault.Forbidden},
		{"who started the release", starter, token, fault.Forbidden},
		{"a program", robot, token, fault.Forbidden},
		{"somebody without the role", operator, token, fault.Forbidden},
		{"somebody without any role", person("x"), token, fault.Forbidden},
		{"no token", approver, "", fault.Forbidden},
		{"a token that is none", approver, "aureus_guess", fault.Forbidden},
		{"the token of another person", approver2, token, fault.Forbidden},
	}
	for _, tt := range tests {
		a.unchanged(tt.name, func() {
			if _, err := a.decide(tt.who, tt.token); !fault.Is(err, tt.want) {
				t.Errorf("Decide() by %s = %v, want %s", tt.name, err, tt.want)
			}
		})
	}
	for _, p := range []control.Principal{pusher, starter, robot, operator} {
		if v := a.view(p); v.Token != "" {
			t.Errorf("ViewApproval() gives %s a token", p.Actor.Name)
		}
	}
	a.unchanged("an answer without a reason", func() {
		_, err := a.Decide(t.Context(), approver, a.rel.Approval, control.DecideRequest{Token: token, Approve: true, Reason: " \n"})
		a.wants(err, fault.Invalid, "Decide() without a reason")
	})
	if _, err := a.decide(approver, token); err != nil {
		t.Errorf("Decide() with the token that was refused to others = %v", err)
	}
	a.expect(a.until(a.rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	a.unchanged("a second answer", func() {
		_, err := a.decide(approver, token)
		a.wants(err, fault.Conflict, "Decide() with a used token")
	})
}

func TestApprovalTokenOfAnotherRequest(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	first := a.view(approver).Token
	a.move(a.rel, "cancel")
	a.again()
	a.unchanged("a token of another request", func() {
		_, err := a.decide(approver, first)
		a.wants(err, fault.Forbidden, "Decide() with the token of another request")
	})
}

func TestApprovalEnds(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	for _, tt := range []struct {
		name  string
		end   func(token string)
		state resource.ApprovalState
		rel   resource.ReleaseState
	}{
		{"denied", func(string) {
			_, err := a.answer(approver, a.rel.Approval, false)
			a.must(err)
		}, resource.ApprovalDenied, resource.ReleaseRejected},
		{"denied while the release is held", func(string) {
			a.move(a.rel, "pause")
			_, err := a.answer(approver, a.rel.Approval, false)
			a.must(err)
		}, resource.ApprovalDenied, resource.ReleaseRejected},
		{"withdrawn", func(string) { a.move(a.rel, "cancel") }, resource.ApprovalWithdrawn, resource.ReleaseCancelled},
		{"expired", func(token string) {
			a.clock.ahead.Add(int64(time.Hour)) // the job has not come yet
			a.unchanged("an answer after its time", func() {
				_, err := a.decide(approver, token)
				a.wants(err, fault.Conflict, "Decide() after an hour")
			})
			a.advance(time.Second)
		}, resource.ApprovalExpired, resource.ReleaseRejected},
	} {
		token := a.view(approver).Token
		tt.end(token)
		rel := a.expect(a.until(a.rel.ID, tt.rel), tt.rel)
		got, err := a.Approval(t.Context(), viewer, rel.Approval)
		if err != nil || got.State != tt.state {
			t.Errorf("%s: Approval() = %s, %v, want %s", tt.name, got.State, err, tt.state)
		}
		a.unchanged("an answer to a request that is "+tt.name, func() {
			_, err := a.decide(approver, token)
			a.wants(err, fault.Conflict, "Decide() of a request that is "+tt.name)
		})
		if v := a.view(approver); v.Token != "" {
			t.Errorf("%s: ViewApproval() gives a token", tt.name)
		}
		a.again()
	}
}

// TestApprovalQuorum: an irreversible change needs two people in production, and
// each counts once.
func TestApprovalQuorum(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierCritical)
	a.approve(approver, a.rel.Approval) // staging needs one
	a.expect(a.until(a.rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	a.rel = a.until(a.begin(a.version, control.Production).ID, resource.ReleaseAwaiting)

	view := a.view(approver)
	spare := a.view(approver).Token
	if view.Approval.Quorum != 2 {
		t.Fatalf("Quorum = %d, want 2", view.Approval.Quorum)
	}
	if got, err := a.decide(approver, view.Token); err != nil || got.State != resource.ApprovalPending {
		t.Fatalf("the first of two answers = %s, %v, want it pending", got.State, err)
	}
	for name, token := range map[string]string{"used": view.Token, "spare": spare} {
		a.unchanged("the second answer of one person with a token that is "+name, func() {
			_, err := a.decide(approver, token)
			a.wants(err, fault.Conflict, "Decide() by the same person")
		})
	}
	a.unchanged("a used token in other hands", func() {
		_, err := a.decide(approver2, view.Token)
		a.wants(err, fault.Conflict, "Decide() with a used token")
	})
	a.move(a.rel, "pause")
	a.approve(approver2, a.rel.Approval)
	a.expect(a.until(a.rel.ID, resource.ReleasePaused), resource.ReleasePaused)
	a.move(a.rel, "resume")
	a.expect(a.until(a.rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
}

// TestApprovalRace: of two people who answer at once exactly one decides.
func TestApprovalRace(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	tokens := []string{a.view(approver).Token, a.view(approver2).Token}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, p := range []control.Principal{approver, approver2} {
		wg.Go(func() { _, errs[i] = a.decide(p, tokens[i]) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !fault.Is(errs[slices.IndexFunc(errs, func(e error) bool { return e != nil })], fault.Conflict) {
		t.Errorf("Decide() by two = %v and %v, want one decision and one conflict", errs[0], errs[1])
	}
	a.expect(a.until(a.rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
}

// TestApprovalOfChanged: what is approved is what was shown.
func TestApprovalOfChanged(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	token := a.view(approver).Token
	a.must(a.db.Update(t.Context(), func(tx control.Tx) error {
		list, err := tx.Evidence(control.EvidenceFilter{Release: a.rel.ID, Kind: resource.EvidenceSimulation}, control.Page{})
		if err != nil {
			return err
		}
		e := list[0]
		e.ID, e.Digest = "evd_more", strings.Replace(e.Digest, "sha256:", "sha256:0", 1)[:len(e.Digest)]
		return tx.InsertEvidence(e)
	}))
	a.unchanged("an answer to something else", func() {
		_, err := a.decide(approver, token)
		a.wants(err, fault.Conflict, "Decide() with more evidence than was shown")
	})
}

// TestApprovalOfOtherTerms: by whom something is approved is part of what is shown,
// and comes from what was signed, however it is stored.
func TestApprovalOfOtherTerms(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	token := a.view(approver).Token
	request := func(change func(*resource.Approval)) func() {
		return func() {
			a.must(a.db.Update(t.Context(), func(tx control.Tx) error {
				r, err := tx.Approval(a.rel.Approval)
				if err != nil {
					return err
				}
				change(&r)
				r.Revision++
				return tx.PutApproval(r)
			}))
		}
	}
	shown := a.approval(a.rel.Approval)
	stage := func(rules []blueprint.ApprovalRule) {
		a.changed(a.rel.ID, func(r *resource.Release) { r.Stage.Stage.Approvals = rules })
	}
	rules := a.rel.Stage.Stage.Approvals
	pusher := func(name string) func() {
		return func() { a.sql("UPDATE versions SET doc = json_set(doc, '$.createdBy.name', $1)", name) }
	}
	for _, tt := range []struct {
		name        string
		change, end func()
	}{
		{"another rule", request(func(r *resource.Approval) {
			r.Rules = []blueprint.ApprovalRule{{Count: 1, Separate: []string{"committer"}}}
		}),
			request(func(r *resource.Approval) { r.Rules = shown.Rules })},
		{"another author", request(func(r *resource.Approval) { r.Parties.Author = "nobody" }), request(func(r *resource.Approval) { r.Parties = shown.Parties })},
		{"another rule of the stage", func() { stage([]blueprint.ApprovalRule{{Count: 1}, {Count: 1}}) }, func() { stage(rules) }},
		{"another pusher of the version", pusher("nobody"), pusher(author.Actor.Name)},
	} {
		tt.change()
		a.unchanged(tt.name, func() {
			if _, err := a.decide(approver, token); err == nil {
				t.Errorf("Decide() with %s is taken", tt.name)
			}
		})
		if v := a.view(approver); v.Token != "" || v.Problem == "" && v.Rules[0].Problem == "" {
			t.Errorf("%s: a token is given: %t, problem %q", tt.name, v.Token != "", v.Problem)
		}
		tt.end()
	}
	if _, err := a.decide(approver, token); err != nil {
		t.Errorf("Decide() with everything as it was = %v", err)
	}
}
