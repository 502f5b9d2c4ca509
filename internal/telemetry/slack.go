package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/screen"
)

// SlackConfig is where notices go as Slack messages.
type SlackConfig struct {
	// URL of an incoming webhook of the Slack app. Required. It is a secret: it is
	// never logged or put into an error.
	URL string
	// Buttons puts buttons to answer under a request for an approval. It needs the
	// app's signing secret, with which the answers are checked.
	Buttons bool
	// Console is the address of the console that messages link to; "" links nowhere.
	Console string
	// Timeout of one delivery; 0 is 10s.
	Timeout time.Duration
}

// Slack delivers notices as Block Kit messages. It is safe for concurrent use.
type Slack struct {
	cfg  SlackConfig
	url  *url.URL
	http *http.Client
}

var _ control.Notifier = (*Slack)(nil)

// NewSlack makes one.
func NewSlack(cfg SlackConfig) (*Slack, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fault.New(fault.Invalid, "the Slack webhook's URL is not an http or https URL; take the one that Slack gave for the app's incoming webhook")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	return &Slack{cfg: cfg, url: u, http: &http.Client{Timeout: cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Notify implements control.Notifier. Errors as of [Webhook.Notify].
func (s *Slack) Notify(ctx context.Context, n control.Notice) error {
	m, err := message(n, s.cfg)
	if err != nil {
		return err
	}
	return s.post(ctx, s.url, m)
}

// Reply tells a Slack user something at the URL that Slack gave for it, which has
// to be of the host of the webhook.
func (s *Slack) Reply(ctx context.Context, at string, v any) error {
	u, err := url.Parse(at)
	if err != nil || u.Scheme != s.url.Scheme || u.Host != s.url.Host {
		return fault.New(fault.Forbidden, "the answer was to go to another host than Slack's, so it was not sent")
	}
	return s.post(ctx, u, v)
}

func (s *Slack) post(ctx context.Context, u *url.URL, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "the message cannot be written as JSON")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return fault.Wrap(withoutURL(err), fault.Internal, "the request to Slack cannot be made")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "aureus")
	res, err := s.http.Do(req)
	if err != nil {
		return fault.Wrap(withoutURL(err), fault.Upstream, "Slack at %s cannot be reached", u.Host)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	switch {
	case res.StatusCode == http.StatusGone || res.StatusCode == http.StatusNotFound:
		return fault.New(fault.Invalid, "the Slack webhook is gone (%d); set another one", res.StatusCode)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return fault.New(fault.Upstream, "Slack at %s answered %d", u.Host, res.StatusCode)
	}
	return nil
}

// Slack's limits (docs.slack.dev, section block and message payloads).
const (
	slackText  = 3000
	slackPlain = 150
	// slackSections is for the details, of the 50 blocks that a message can have.
	slackSections = 40
)

// escape writes text for Slack's mrkdwn: what it would read as a link, a mention
// or a channel is text (docs.slack.dev, formatting message text). What nobody would
// see is written so that it is seen.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(screen.Text(s))
}

// cut bounds text to n bytes, at a rune.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-3], "") + "..."
}

type block map[string]any

// message is a notice as a Block Kit message.
func message(n control.Notice, cfg SlackConfig) (map[string]any, error) {
	details, whole := sections(n.Details)
	title := "*" + escape(n.Kind) + "*\n" + escape(n.Text)
	whole = whole && len(title) <= slackText
	blocks := append([]block{{"type": "section", "text": mrkdwn(title)}}, details...)
	if n.Digest != "" {
		blocks = append(blocks, block{"type": "context", "elements": []block{mrkdwn("`" + escape(n.Digest) + "`")}})
	}
	var buttons []block
	asked := n.Kind == "approval.requested" || n.Kind == "approval.reminder"
	if asked && n.Answerable && !whole { // nobody says yes to what they were not shown
		blocks = append(blocks, block{"type": "section", "text": mrkdwn("There is more than a message can show: look at it in the console, and answer there.")})
	}
	if asked && n.Answerable && whole && cfg.Buttons {
		value, err := json.Marshal(map[string]string{"approval": n.Subject, "digest": n.Digest})
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "the message cannot be written as JSON")
		}
		blocks = append(blocks, block{"type": "input", "block_id": "reason", "label": plain("Why, for the record"),
			"element": block{"type": "plain_text_input", "action_id": "reason", "max_length": 1000}})
		buttons = append(buttons, button("approve", "Approve", "primary", string(value)), button("deny", "Deny", "danger", string(value)))
	}
	if asked && cfg.Console != "" {
		b := button("open", "Open", "", "")
		b["url"] = strings.TrimSuffix(cfg.Console, "/") + "/approvals/" + url.PathEscape(n.Subject)
		delete(b, "value")
		buttons = append(buttons, b)
	}
	if len(buttons) > 0 {
		blocks = append(blocks, block{"type": "actions", "elements": buttons})
	}
	return map[string]any{"text": cut(escape(n.Text), slackText), "blocks": blocks}, nil
}

// sections are lines as section blocks; false when not all of them find room.
func sections(lines []string) (blocks []block, whole bool) {
	whole = true
	text := ""
	flush := func() {
		if text != "" {
			blocks = append(blocks, block{"type": "section", "text": mrkdwn(text)})
		}
		text = ""
	}
	for _, line := range lines {
		if line = "• " + escape(line); len(line) > slackText {
			line, whole = cut(line, slackText), false
		}
		if len(text)+len(line)+1 > slackText {
			flush()
		}
		if len(blocks) == slackSections {
			return blocks, false
		}
		if text != "" {
			text += "\n"
		}
		text += line
	}
	flush()
	return blocks, whole
}

func mrkdwn(s string) block { return block{"type": "mrkdwn", "text": cut(s, slackText)} }

func plain(s string) block { return block{"type": "plain_text", "text": cut(s, slackPlain)} }

func button(id, text, style, value string) block {
	b := block{"type": "button", "action_id": id, "text": plain(text), "value": value}
	if style != "" {
		b["style"] = style
	}
	return b
}
