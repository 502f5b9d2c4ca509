package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Channels takes signed answers, and keeps which person a user of a channel is.
type Channels interface {
	AnswerFromChannel(ctx context.Context, r control.ChannelAnswer) (resource.Approval, error)
	LinkChannelUser(ctx context.Context, p control.Principal, u resource.ChannelUser) (resource.ChannelUser, error)
	UnlinkChannelUser(ctx context.Context, p control.Principal, channel, user string) error
	ChannelUsers(ctx context.Context, p control.Principal) ([]resource.ChannelUser, error)
}

// Hooks is what signed answers are checked with. A channel without a secret is
// off.
type Hooks struct {
	Generic []byte // shared secret of the generic channel
	Slack   []byte // signing secret of the Slack app
	// Reply tells a Slack user what became of an answer, at the URL that Slack gave
	// for it; nil tells nobody.
	Reply func(ctx context.Context, url string, r SlackReply) error
	Now   func() time.Time // nil is time.Now
}

// maxHookBody is the largest signed answer that is read.
const maxHookBody = 64 << 10

// GenericAnswer is the body of a signed answer of the generic channel.
type GenericAnswer struct {
	User     string `json:"user"` // whom an admin linked to a person
	Approval string `json:"approval"`
	Digest   string `json:"digest"` // of the request, as it was shown
	Approve  bool   `json:"approve"`
	Reason   string `json:"reason"`
	For      string `json:"for,omitempty"` // the person in whose name a delegate answers
}

type linkInput struct {
	Channel string `path:"channel" maxLength:"16"`
	User    string `path:"user" maxLength:"128"`
}

func (s *server) hooks() {
	s.hook("generic", "Answer an approval request, signed with the shared secret",
		"The header Aureus-Signature is t=SECONDS,v1=HEX of the HMAC-SHA256, with the secret of AUREUS_ANSWER_SECRET, of the time, a full "+
			"stop and the body. A signature is taken once, within five minutes.", s.cfg.Hooks.Generic, s.genericAnswer)
	s.hook("slack", "Take a button of a Slack message, signed by Slack",
		"What Slack sends for an interactive message: a form whose field payload is JSON, signed with the app's signing secret.",
		s.cfg.Hooks.Slack, s.slackAnswer)
	serve(s, operation{id: "list-channel-users", method: http.MethodGet, path: "/v1/channels/users", tag: "access",
		summary: "List which person a user of a channel is"},
		func(ctx context.Context, p control.Principal, _ *nothing) (List[resource.ChannelUser], error) {
			items, err := s.cfg.Control.ChannelUsers(ctx, p)
			return all(items), err
		})
	serveBody(s, operation{id: "link-channel-user", method: http.MethodPost, path: "/v1/channels/users", tag: "access",
		summary: "Say which person a user of a channel is", codes: []fault.Code{fault.StorageFull}},
		func(ctx context.Context, p control.Principal, _ *nothing, b *resource.ChannelUser) (resource.ChannelUser, error) {
			return s.cfg.Control.LinkChannelUser(ctx, p, *b)
		})
	op := operation{id: "unlink-channel-user", method: http.MethodDelete, path: "/v1/channels/users/{channel}/{user}", tag: "access",
		summary: "Take back which person a user of a channel is", status: http.StatusNoContent,
		codes: []fault.Code{fault.NotFound, fault.StorageFull}}.withDefaults()
	huma.Register(s.api, s.describe(op), func(ctx context.Context, in *linkInput) (*struct{}, error) {
		_, err := call(ctx, s, op, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, s.cfg.Control.UnlinkChannelUser(ctx, principal(ctx), in.Channel, in.User)
		})
		return nil, err
	})
}

// hook registers the operation that takes a channel's signed answers.
func (s *server) hook(channel, summary, description string, secret []byte,
	take func(ctx context.Context, h http.Header, body []byte) (any, error)) {
	serve(s, operation{id: "answer-from-" + channel, method: http.MethodPost, path: "/v1/hooks/approvals/" + channel, tag: "approvals", public: true,
		summary: summary, description: description,
		codes: []fault.Code{fault.NotFound, fault.Unauthorized, fault.Forbidden, fault.Conflict, fault.Verification, fault.TooLarge, fault.StorageFull}},
		func(ctx context.Context, _ control.Principal, _ *nothing) (any, error) {
			if len(secret) == 0 {
				return nil, fault.New(fault.NotFound, "answers by %s are not set up on this server", channel)
			}
			r, w := exchange(ctx)
			rd, done := body(w, r, maxHookBody)
			defer done()
			data, err := io.ReadAll(rd)
			if err != nil {
				return nil, bodyFault(err, maxHookBody)
			}
			return take(ctx, r.Header, data)
		})
}

func (s *server) genericAnswer(ctx context.Context, h http.Header, data []byte) (any, error) {
	signed, err := attest.CheckShared(s.cfg.Hooks.Generic, h.Get(attest.SharedHeader), data)
	if err == nil {
		err = s.recent(signed)
	}
	if err != nil {
		return nil, err
	}
	var b GenericAnswer
	if err := json.Unmarshal(data, &b, json.RejectUnknownMembers(true), exactNumbers); err != nil {
		return nil, bodyFault(err, maxHookBody)
	}
	return s.cfg.Control.AnswerFromChannel(ctx, control.ChannelAnswer{Channel: control.ChannelGeneric, User: b.User, Approval: b.Approval,
		Digest: b.Digest, Approve: b.Approve, Reason: b.Reason, For: b.For, Signature: signed.MAC, Signed: signed.At})
}

// recent refuses what was signed too long ago, or ahead. The control plane looks
// too, at clocks that nobody sets; here nothing has been told to anybody yet.
func (s *server) recent(m attest.Signed) error {
	if d := s.cfg.Hooks.Now().Sub(m.At); d > control.AnswerWindow || d < -control.AnswerWindow {
		return fault.New(fault.Unauthorized, "the signature is of another time; sign the answer when it is sent, with a clock that is right")
	}
	return nil
}
