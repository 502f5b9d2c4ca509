package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// slackStub is where messages to Slack go.
type slackStub struct {
	*httptest.Server
	posts chan string
}

func newSlackStub(t *testing.T) *slackStub {
	s := &slackStub{posts: make(chan string, 100)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			s.posts <- r.URL.Path + " " + string(body)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// until is the next post that holds all of the words.
func (s *slackStub) until(t *testing.T, words ...string) string {
	t.Helper()
	end := time.After(time.Minute)
	for {
		select {
		case post := <-s.posts:
			found := true
			for _, w := range words {
				found = found && strings.Contains(post, w)
			}
			if found {
				return post
			}
		case <-end:
			t.Fatalf("Slack was never told %q", words)
		}
	}
}

const signingSecret = "8f742231b10e8888abcd99yyyzzz85a5"

// press sends what Slack sends when a user presses a button of a message.
func (w *world) press(slack *slackStub, user, action, value string) (status int, body string) {
	w.t.Helper()
	payload, err := json.Marshal(map[string]any{"type": "block_actions", "user": map[string]string{"id": user}, "response_url": slack.URL + "/reply",
		"actions": []any{map[string]string{"action_id": action, "value": value}},
		"state":   map[string]any{"values": map[string]any{"reason": map[string]any{"reason": map[string]string{"value": "read it in the channel"}}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	body = url.Values{"payload": {string(payload)}}.Encode()
	return w.signed(body, strconv.FormatInt(time.Now().Unix(), 10)), body
}

// signed posts a body with Slack's signature of a time.
func (w *world) signed(body, at string) int {
	w.t.Helper()
	mac := hmac.New(sha256.New, []byte(signingSecret))
	fmt.Fprintf(mac, "v0:%s:%s", at, body)
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url.Load().(string)+"/v1/hooks/approvals/slack", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", at)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestSlackApproves: two people press the buttons of the message that the server
// sent, with a kill -9 between them, and the release goes out once.
func TestSlackApproves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shipped(t))
	slack := newSlackStub(t)
	w.stop()
	w.env = append(w.env, "AUREUS_SLACK_WEBHOOK_URL="+slack.URL+"/services/hidden", "AUREUS_SLACK_SIGNING_SECRET="+signingSecret)
	w.start()
	admin := w.as("admin")
	for user, name := range map[string]string{"U1": "lea", "U2": "sam"} {
		if _, err := admin.CreateToken(t.Context(), resource.TokenRequest{Name: name, Roles: []resource.Role{resource.RoleApprover}}); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.LinkChannelUser(t.Context(), resource.ChannelUser{Channel: "slack", User: user, Person: name}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := admin.PutPipeline(t.Context(), blueprint.Pipeline{APIVersion: "aureus/v1", Kind: blueprint.KindPipeline,
		Metadata: blueprint.PipelineMetadata{Name: "desk", Owner: "tests"},
		Spec: blueprint.PipelineSpec{Agents: []string{demoAgent}, Environments: []blueprint.Stage{
			{Name: "staging", Approvals: []blueprint.ApprovalRule{{Count: 2}}}}}}, 0); err != nil {
		t.Fatal(err)
	}
	v := w.push(w.agent())
	rel := w.release(v, "staging", resource.ReleaseAwaiting)
	value, err := json.Marshal(map[string]string{"approval": rel.Approval, "digest": w.digestOf(rel.Approval)})
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(string(value))
	if err != nil {
		t.Fatal(err)
	}
	slack.until(t, "/services/hidden", "approval.requested", string(quoted))

	if status, _ := w.press(slack, "U9", "approve", string(value)); status != http.StatusOK {
		t.Fatalf("a stranger's button = %d, want 200", status)
	}
	slack.until(t, "/reply", "Not taken", "U9")
	status, first := w.press(slack, "U1", "approve", string(value))
	if status != http.StatusOK {
		t.Fatalf("the first button = %d, want 200", status)
	}
	slack.until(t, "/reply", "More people have to answer")
	w.kill()
	w.start()
	if status := w.signed(first, strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)); status != http.StatusUnauthorized {
		t.Errorf("an answer that was signed an hour ago = %d, want 401", status)
	}
	if status, _ := w.press(slack, "U2", "approve", string(value)); status != http.StatusOK {
		t.Fatalf("the second button = %d, want 200", status)
	}
	slack.until(t, "/reply", "approved", "replace_original\":true")
	if rel = w.follow(rel.ID); rel.State != resource.ReleasePromoted {
		t.Errorf("the release ended %s: %s", rel.State, rel.Reason)
	}
	a, err := w.as("author").Approval(t.Context(), rel.Approval)
	if err != nil || a.State != resource.ApprovalUsed || len(a.Decisions) != 2 || a.Decisions[0].Actor.Name != "lea" || a.Decisions[1].Actor.Name != "sam" || a.Decisions[1].Via != "slack" {
		t.Errorf("the request = %+v, %v, want used, by lea and sam", a, err)
	}
	w.stop()
	if log := w.server.errors(); strings.Contains(log, "hidden") || strings.Contains(log, signingSecret) {
		t.Errorf("the server logged a secret:\n%s", log)
	}
}

func (w *world) digestOf(approval string) string {
	w.t.Helper()
	a, err := w.as("author").Approval(context.Background(), approval)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Digest
}
