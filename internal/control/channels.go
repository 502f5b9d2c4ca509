package control

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The channels by which signed answers come.
const (
	ChannelGeneric = "generic"
	ChannelSlack   = "slack"
)

// ChannelAnswer is an answer to an approval request that came by a channel, whose
// signature the adapter has checked.
type ChannelAnswer struct {
	Channel   string
	User      string // as the channel names it
	Approval  string
	Digest    string // of what was shown
	Approve   bool
	Reason    string
	For       string    // as of DecideRequest
	Signature string    // the one that was checked, in the one way to write it
	Signed    time.Time // when, by the sender's clock, to the second
}

// AnswerWindow is how long a signed answer is taken; senders' clocks may be as
// much ahead.
const AnswerWindow = 5 * time.Minute

// answersKept is how long signatures that were taken are remembered: so much
// longer than they are taken that no clock which is set opens them again.
const answersKept = 30 * 24 * time.Hour

// AnswerFromChannel answers a request for the person that a user of a channel
// is, by the same rules as [Control.Decide]. The digest that was shown takes the
// place of the single-use token, and a signature works once: it is used with the
// answer, so what is refused may be sent again. A tool call cannot
// be answered so: its arguments are not sent to channels.
func (c *Control) AnswerFromChannel(ctx context.Context, r ChannelAnswer) (a resource.Approval, err error) {
	if strings.TrimSpace(r.Reason) == "" {
		return a, fault.New(fault.Invalid, "say why: the reason of an answer is part of the record")
	}
	signed := resource.Millis(r.Signed.UnixMilli())
	until := signed + resource.Millis(AnswerWindow.Milliseconds())
	if until < c.latest() {
		return a, fault.New(fault.Unauthorized, "the signature is of another time; sign the answer when it is sent, with a clock that is right")
	}
	// One transaction: a signature is used when its answer is recorded, not before,
	// or a crash in between would lose the answer for good.
	err = c.update(ctx, func(t *tx) error {
		if err := t.SeeAnswer(hashSecret(r.Channel+"\n"+r.Signature), c.earliest()-resource.Millis(answersKept.Milliseconds()), until); err != nil {
			return err
		}
		p, err := c.personOf(t, r.Channel, r.User)
		if err != nil {
			return err
		}
		if a, err = t.Approval(r.Approval); err != nil {
			return err
		}
		if a.Kind == approvalOfCall {
			return fault.New(fault.Forbidden, "a tool call is answered where its arguments are shown: in the console, or with `aureus approve %s`", a.ID)
		}
		i, rules, err := c.mayAnswer(t, p, a, r.For)
		if err != nil {
			return err
		}
		if tookBack(a, i, signed) {
			return fault.New(fault.Conflict, "this answer was signed before %s took one back; answer approval %s again", i.name, a.ID)
		}
		if r.Digest != a.Digest {
			return fault.New(fault.Conflict, "what is to be approved is not what was shown; look at approval %s again", a.ID)
		}
		if err := t.stillAsked(a); err != nil {
			return err
		}
		a, err = t.answer(i, a, decision{DecideRequest: DecideRequest{Approve: r.Approve, Reason: r.Reason}, rules: rules, via: r.Channel})
		return err
	})
	return a, err
}

// tookBack reports whether somebody behind an answer has taken one back since a
// time: what was said before that does not stand again.
func tookBack(a resource.Approval, i identity, since resource.Millis) bool {
	return slices.ContainsFunc(a.Decisions, func(d resource.ApprovalDecision) bool {
		return d.WithdrawnAt >= since && d.WithdrawnAt != 0 && slices.ContainsFunc(i.people(), func(who string) bool {
			return samePerson(who)(d.Actor.Name) || samePerson(who)(d.For)
		})
	})
}

// personOf is the person that a user of a channel is, with what that person's
// tokens allow now.
func (c *Control) personOf(r Reader, channel, user string) (Principal, error) {
	u, err := r.ChannelUser(channel, user)
	if fault.Is(err, fault.NotFound) {
		return Principal{}, fault.New(fault.Forbidden, "nobody here is the user %q of %s; an admin can say who it is: aureus channel link --channel %s --user %s --person NAME", user, channel, channel, user)
	}
	if err != nil {
		return Principal{}, err
	}
	people, err := c.people(r)
	if err != nil {
		return Principal{}, err
	}
	p, ok := personNamed(people, u.Person)
	if !ok {
		return p, fault.New(fault.Forbidden, "%s has no token here that works, so cannot answer", u.Person)
	}
	return p, nil
}

// LinkChannelUser says which person a user of a channel is. Admin.
func (c *Control) LinkChannelUser(ctx context.Context, p Principal, u resource.ChannelUser) (resource.ChannelUser, error) {
	if err := need(p, resource.RoleAdmin); err != nil {
		return u, err
	}
	switch {
	case !slices.Contains([]string{ChannelGeneric, ChannelSlack}, u.Channel):
		return u, fault.New(fault.Invalid, "channel %q is not generic or slack", u.Channel)
	case !principalName.MatchString(u.User):
		return u, fault.New(fault.Invalid, "a user of a channel is named by 1 to 128 letters, digits or ._@+-, as U024BE7LH; got %q", u.User)
	}
	err := c.update(ctx, func(t *tx) error {
		people, err := c.people(t)
		if err != nil {
			return err
		}
		who, ok := personNamed(people, u.Person)
		if !ok {
			return fault.New(fault.Invalid, "there is no person %q; `aureus token list` shows the names", u.Person)
		}
		u.Person = who.Actor.Name
		if err := t.PutChannelUser(u); err != nil {
			return err
		}
		return t.recordChannel(u, "channel.linked", p.Actor)
	})
	return u, err
}

// UnlinkChannelUser takes it back. Admin.
func (c *Control) UnlinkChannelUser(ctx context.Context, p Principal, channel, user string) error {
	if err := need(p, resource.RoleAdmin); err != nil {
		return err
	}
	return c.update(ctx, func(t *tx) error {
		u, err := t.ChannelUser(channel, user)
		if err != nil {
			return err
		}
		if err := t.DeleteChannelUser(channel, user); err != nil {
			return err
		}
		return t.recordChannel(u, "channel.unlinked", p.Actor)
	})
}

func (t *tx) recordChannel(u resource.ChannelUser, action string, by resource.Actor) error {
	return t.record(resource.Event{Actor: by, Action: action, SubjectKind: "channel", SubjectID: u.Channel + "/" + u.User,
		Attrs: map[string]string{"person": u.Person}})
}

// ChannelUsers lists who the users of channels are. Admin.
func (c *Control) ChannelUsers(ctx context.Context, p Principal) (us []resource.ChannelUser, err error) {
	if err := need(p, resource.RoleAdmin); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { us, err = r.ChannelUsers(); return err })
	return us, err
}
