package control_test

import (
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestAnswerFromChannel: a signed answer is that of the person whom an admin
// named, by the same rules, once.
func TestAnswerFromChannel(t *testing.T) {
	t.Parallel()
	a := askBy(t, blueprint.ApprovalRule{Count: 2, Groups: []string{"leads"}})
	lead := a.member("lea", approvers, "leads")
	a.member(author.Actor.Name, approvers, "leads")
	gone := a.member("gone", approvers, "leads")
	link := func(user, person string) {
		_, err := a.LinkChannelUser(t.Context(), admin, resource.ChannelUser{Channel: "slack", User: user, Person: person})
		a.must(err)
	}
	link("U1", "LEA")
	link("U2", author.Actor.Name)
	link("U3", "gone")
	a.must(a.RevokeToken(t.Context(), admin, gone.Token))
	asked := a.approval(a.rel.Approval)
	answer := func(user, digest, signature string) (resource.Approval, error) {
		return a.AnswerFromChannel(t.Context(), control.ChannelAnswer{Channel: "slack", User: user, Approval: asked.ID, Digest: digest, Approve: true,
			Reason: "read", Signature: signature, Until: a.clock.Now().Add(5 * time.Minute)})
	}
	for _, tt := range []struct {
		name, user, digest string
		want               fault.Code
	}{
		{"nobody", "U9", asked.Digest, fault.Forbidden},
		{"the pusher", "U2", asked.Digest, fault.Forbidden},
		{"who has no token any more", "U3", asked.Digest, fault.Forbidden},
		{"of something else", "U1", "sha256:0", fault.Conflict},
	} {
		_, err := answer(tt.user, tt.digest, "refused/"+tt.name)
		a.wants(err, tt.want, "AnswerFromChannel() by "+tt.name)
	}
	got, err := answer("U1", asked.Digest, "good")
	if err != nil || got.State != resource.ApprovalPending || got.Decisions[0].Actor.Name != "lea" || got.Decisions[0].Via != "slack" {
		t.Fatalf("AnswerFromChannel() = %+v, %v, want lea's yes by slack", got.Decisions, err)
	}
	_, err = a.withdraw(lead, asked.ID, false)
	a.must(err)
	_, err = answer("U1", asked.Digest, "good")
	a.wants(err, fault.Conflict, "AnswerFromChannel() of a signature that was used")
	if got := a.approval(asked.ID); got.Decisions[0].WithdrawnAt == 0 || len(got.Decisions) != 1 {
		t.Errorf("a repeated signature answered again: %+v", got.Decisions)
	}
	a.must(a.UnlinkChannelUser(t.Context(), admin, "slack", "U1"))
	_, err = answer("U1", asked.Digest, "unlinked")
	a.wants(err, fault.Forbidden, "AnswerFromChannel() by who was unlinked")
	_, err = a.LinkChannelUser(t.Context(), lead, resource.ChannelUser{Channel: "slack", User: "U1", Person: "lea"})
	a.wants(err, fault.Forbidden, "LinkChannelUser() by an approver")
}

// TestChannelAnswersNoCall: what a call would do is not shown in a channel, so it
// is not answered there.
func TestChannelAnswersNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.promote(w.push(lean(t, blueprint.TierHigh)), "staging")
	run := w.invoke("staging", "", plainOrder(0))
	w.member("eve", approvers)
	_, err := w.LinkChannelUser(t.Context(), admin, resource.ChannelUser{Channel: "generic", User: "eve", Person: "eve"})
	w.must(err)
	_, err = w.AnswerFromChannel(t.Context(), control.ChannelAnswer{Channel: "generic", User: "eve", Approval: run.Approval,
		Digest: w.approval(run.Approval).Digest, Approve: true, Reason: "r", Signature: "s", Until: w.clock.Now()})
	w.wants(err, fault.Forbidden, "AnswerFromChannel() of a tool call")
}
