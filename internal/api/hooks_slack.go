package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// SlackReply is what a Slack user is told.
type SlackReply struct {
	Text string `json:"text"`
	// Replace puts the text in the place of the message, which then has no buttons.
	Replace bool `json:"replace_original"`
	// Type is ephemeral (only that user sees it) unless it replaces.
	Type string `json:"response_type,omitempty"`
}

// slackPayload is what Slack sends for a button, as far as it is read here
// (docs.slack.dev, block_actions payload).
type slackPayload struct {
	Type string `json:"type"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	ResponseURL string `json:"response_url"`
	Actions     []struct {
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
	} `json:"actions"`
	State struct {
		Values map[string]map[string]struct {
			Value string `json:"value"`
		} `json:"values"`
	} `json:"state"`
}

// slackButton is the value of a button of a message about an approval.
type slackButton struct {
	Approval string `json:"approval"`
	Digest   string `json:"digest"`
}

// slackAnswer takes what Slack sends. What Slack is answered is always 200 with
// nothing once the signature holds, or Slack shows its own error; the user is
// told what became of it.
func (s *server) slackAnswer(ctx context.Context, h http.Header, data []byte) (any, error) {
	signed, err := attest.CheckSlack(s.cfg.Hooks.Slack, h.Get("X-Slack-Request-Timestamp"), h.Get("X-Slack-Signature"), data)
	if err == nil {
		err = s.recent(signed)
	}
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(data))
	var p slackPayload
	if err != nil || json.Unmarshal([]byte(form.Get("payload")), &p) != nil || p.Type != "block_actions" || len(p.Actions) != 1 {
		return nil, fault.New(fault.Invalid, "this is no button of a Slack message; set the app's interactivity URL to /v1/hooks/approvals/slack")
	}
	action := p.Actions[0]
	var b slackButton
	if action.ActionID != "approve" && action.ActionID != "deny" || json.Unmarshal([]byte(action.Value), &b) != nil {
		return struct{}{}, nil // a link, or another button of the app
	}
	a, err := s.cfg.Control.AnswerFromChannel(ctx, control.ChannelAnswer{Channel: control.ChannelSlack, User: p.User.ID, Approval: b.Approval,
		Digest: b.Digest, Approve: action.ActionID == "approve", Reason: p.reason(), Signature: signed.MAC, Signed: signed.At})
	s.tellSlack(ctx, p, a, err)
	return struct{}{}, nil
}

// reason is what the user wrote into the message's field.
func (p slackPayload) reason() string {
	return p.State.Values["reason"]["reason"].Value
}

// tellSlack tells the user what became of an answer. Slack tells nobody when that
// fails, so it is logged.
func (s *server) tellSlack(ctx context.Context, p slackPayload, a resource.Approval, err error) {
	r := SlackReply{Type: "ephemeral"}
	switch {
	case err != nil:
		if r.Text = "Not taken: it failed in a way that only the server's log describes."; !fault.Is(err, fault.Internal) {
			r.Text = "Not taken: " + err.Error()
		}
	case a.State == resource.ApprovalPending:
		r.Text = "Your answer is recorded. More people have to answer."
	default:
		r = SlackReply{Text: fmt.Sprintf("%s: %s, by <@%s>. `%s`", a.Title, a.State, p.User.ID, a.Digest), Replace: true}
	}
	if err != nil {
		requestFrom(ctx).fail(err)
	}
	if s.cfg.Hooks.Reply == nil || p.ResponseURL == "" {
		return
	}
	if err := s.cfg.Hooks.Reply(ctx, p.ResponseURL, r); err != nil {
		s.cfg.Logger.Warn("slack was not told what became of an answer", "approval", a.ID, "error", err)
	}
}
