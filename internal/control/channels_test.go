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
	signed := func(user, digest, signature string, at time.Time) (resource.Approval, error) {
		return a.AnswerFromChannel(t.Context(), control.ChannelAnswer{Channel: "slack", User: user, Approval: asked.ID, Digest: digest, Approve: true,
			Reason: "read", Signature: signature, Signed: at})
	}
	answer := func(user, digest, signature string) (resource.Approval, error) {
		return signed(user, digest, signature, a.clock.Now().Add(time.Second).Truncate(time.Second))
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
		a.unchanged("an answer by "+tt.name, func() {
			_, err := answer(tt.user, tt.digest, "refused/"+tt.name)
			a.wants(err, tt.want, "AnswerFromChannel() by "+tt.name)
		})
	}
	// What was refused is not used up: the same message can be sent again.
	link("U9", "lea")
	got, err := answer("U9", asked.Digest, "refused/nobody")
	if err != nil || got.State != resource.ApprovalPending || got.Decisions[0].Actor.Name != "lea" || got.Decisions[0].Via != "slack" {
		t.Fatalf("AnswerFromChannel() = %+v, %v, want lea's yes by slack", got.Decisions, err)
	}
	before := a.clock.Now()
	a.clock.ahead.Add(int64(2 * time.Second))
	_, err = a.withdraw(lead, asked.ID, false)
	a.must(err)
	a.clock.ahead.Add(int64(2 * time.Second))
	a.unchanged("answers that were taken, or signed before one was taken back", func() {
		_, err = answer("U9", asked.Digest, "refused/nobody")
		a.wants(err, fault.Conflict, "AnswerFromChannel() of a signature that was used")
		_, err = signed("U1", asked.Digest, "another", before)
		a.wants(err, fault.Conflict, "AnswerFromChannel() of what was signed before the withdrawal")
	})
	// A clock that is set opens nothing again.
	a.clock.wall.Store(int64(time.Hour))
	_, err = answer("U1", "sha256:0", "ahead")
	a.wants(err, fault.Conflict, "AnswerFromChannel() with the clock ahead")
	_, err = answer("U1", asked.Digest, "later")
	a.wants(err, fault.Conflict, "AnswerFromChannel() after the hour of the request")
	a.clock.wall.Store(0)
	_, err = answer("U9", asked.Digest, "refused/nobody")
	a.wants(err, fault.Conflict, "AnswerFromChannel() of a used signature with the clock set back")
	a.clock.wall.Store(int64(-time.Hour))
	_, err = answer("U1", asked.Digest, "behind")
	a.wants(err, fault.Unauthorized, "AnswerFromChannel() of an old signature with the clock set back")
	a.clock.wall.Store(0)
	if got, err := answer("U1", asked.Digest, "again"); err != nil || len(got.Decisions) != 2 {
		t.Errorf("AnswerFromChannel() of a new answer = %+v, %v, want it taken", got.Decisions, err)
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
		Digest: w.approval(run.Approval).Digest, Approve: true, Reason: "r", Signature: "s", Signed: w.clock.Now()})
	w.wants(err, fault.Forbidden, "AnswerFromChannel() of a tool call")
}
