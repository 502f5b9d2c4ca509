package api_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/internal/control"
)

// The example of Slack's documentation (docs.slack.dev, verifying requests).
const (
	slackSecret    = "8f742231b10e8888abcd99yyyzzz85a5"
	slackAt        = "1531420618"
	slackBody      = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	slackSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
)

func sum(secret, text string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// hooked is a server that takes signed answers.
func hooked(t *testing.T, replies *[]api.SlackReply) (*httptest.Server, *apitest.Control) {
	at, err := strconv.ParseInt(slackAt, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	c := &apitest.Control{}
	return serverOf(t, api.Config{Control: c, Hooks: api.Hooks{Generic: []byte("generic-secret-of-the-tests"), Slack: []byte(slackSecret),
		Now: func() time.Time { return time.Unix(at, 0).Add(time.Minute) },
		Reply: func(_ context.Context, url string, r api.SlackReply) error {
			if url != "https://hooks.slack.com/reply" {
				t.Errorf("replied to %q", url)
			}
			*replies = append(*replies, r)
			return nil
		}}}), c
}

func TestGenericAnswer(t *testing.T) {
	srv, c := hooked(t, nil)
	body := `{"user":"U1","approval":"apr_1","digest":"sha256:1","approve":true,"reason":"read"}`
	good := sum("generic-secret-of-the-tests", slackAt+"."+body)
	at, _ := strconv.ParseInt(slackAt, 10, 64) // checked by hooked
	old := strconv.FormatInt(at-600, 10)
	for _, tt := range []struct {
		name, body, header string
		status             int
	}{
		{"signed", body, "t=" + slackAt + ",v1=" + good, 200},
		{"another body", strings.Replace(body, "true", "false", 1), "t=" + slackAt + ",v1=" + good, 401},
		{"another time", body, "t=" + old + ",v1=" + good, 401},
		{"signed long ago", body, "t=" + old + ",v1=" + sum("generic-secret-of-the-tests", old+"."+body), 401},
		{"another secret", body, "t=" + slackAt + ",v1=" + sum("guess", slackAt+"."+body), 401},
		{"no signature", body, "", 401},
		{"in capitals", body, "t=" + slackAt + ",v1=" + strings.ToUpper(good), 401},
		{"no hex", body, "t=" + slackAt + ",v1=zz", 401},
		{"too large", strings.Repeat("x", 70<<10), "t=" + slackAt + ",v1=" + good, 413},
		{"an unknown field", `{"admin":true}`, "t=" + slackAt + ",v1=" + sum("generic-secret-of-the-tests", slackAt+`.{"admin":true}`), 422},
	} {
		c.Calls()
		res, text := do(t, srv, "POST", "/v1/hooks/approvals/generic", tt.body, "Authorization", "", "Aureus-Signature", tt.header)
		calls := c.Calls()
		if ok := tt.status == 200; ok != (res.StatusCode == 200) || !ok && (res.StatusCode < 400 || res.StatusCode > 499) || (len(calls) == 1) != ok {
			t.Errorf("%s = %d %s with %d calls, want %d", tt.name, res.StatusCode, text, len(calls), tt.status)
		}
		if len(calls) == 1 {
			want := control.ChannelAnswer{Channel: "generic", User: "U1", Approval: "apr_1", Digest: "sha256:1", Approve: true, Reason: "read",
				Signature: good, Signed: time.Unix(at, 0)}
			if diff := cmp.Diff([]any{want}, calls[0].Args); diff != "" {
				t.Errorf("%s called (-want +got):\n%s", tt.name, diff)
			}
		}
	}
}

func TestSlackAnswer(t *testing.T) {
	var replies []api.SlackReply
	srv, c := hooked(t, &replies)
	form := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return url.Values{"payload": {string(text)}}.Encode()
	}
	press := func(id string) map[string]any {
		return map[string]any{"type": "block_actions", "user": map[string]any{"id": "U1", "username": "someone"}, "response_url": "https://hooks.slack.com/reply",
			"actions": []any{map[string]any{"action_id": id, "value": `{"approval":"apr_1","digest":"sha256:1"}`}},
			"state":   map[string]any{"values": map[string]any{"reason": map[string]any{"reason": map[string]any{"type": "plain_text_input", "value": "read"}}}}}
	}
	for _, tt := range []struct {
		name, body, signature string
		status, calls         int
	}{
		{"Slack's example, which is no button", slackBody, slackSignature, 422, 0},
		{"approve", form(press("approve")), "", 200, 1},
		{"deny", form(press("deny")), "", 200, 1},
		{"a link", form(press("open")), "", 200, 0},
		{"another kind of payload", form(map[string]any{"type": "view_submission"}), "", 422, 0},
		{"another body", form(press("approve")), slackSignature, 401, 0},
		{"no version", form(press("approve")), sum(slackSecret, "v0:"+slackAt+":"+form(press("approve"))), 401, 0},
	} {
		c.Calls()
		if tt.signature == "" {
			tt.signature = "v0=" + sum(slackSecret, "v0:"+slackAt+":"+tt.body)
		}
		res, text := do(t, srv, "POST", "/v1/hooks/approvals/slack", tt.body, "Authorization", "", "Content-Type", "application/x-www-form-urlencoded",
			"X-Slack-Request-Timestamp", slackAt, "X-Slack-Signature", tt.signature)
		calls := c.Calls()
		if (tt.status == 200) != (res.StatusCode == 200) || len(calls) != tt.calls {
			t.Errorf("%s = %d %s with %d calls, want %d with %d", tt.name, res.StatusCode, text, len(calls), tt.status, tt.calls)
		}
		if tt.calls == 1 && len(calls) == 1 {
			got := calls[0].Args[0].(control.ChannelAnswer)
			if got.User != "U1" || got.Approval != "apr_1" || got.Digest != "sha256:1" || got.Reason != "read" || got.Approve != (tt.name == "approve") {
				t.Errorf("%s called with %+v", tt.name, got)
			}
		}
	}
	if len(replies) != 2 {
		t.Errorf("Slack was told %d times, want twice: %+v", len(replies), replies)
	}
}
