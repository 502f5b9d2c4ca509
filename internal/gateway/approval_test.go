package gateway_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/resource"
)

// pendingID is the id of the one request that is open.
func (w *world) pendingID() (id string) {
	w.Helper()
	w.eventually("an approval request", func() bool {
		list, err := w.Approvals(w.Context(), approver, control.ApprovalFilter{State: resource.ApprovalPending, Kind: "tool_call"}, control.Page{})
		w.must(err)
		if len(list) == 1 {
			id = list[0].ID
		}
		return id != ""
	})
	return id
}

// TestApprovalRetried: a call that people have to allow is answered with where it
// is approved, and succeeds once when it is made again after the approval. Other
// arguments need another one, and a no stays a no.
func TestApprovalRetried(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{Wait: -1, Console: "http://console.example/"}), newUpstream(t)
	w.deploy(u.desk())
	s := w.connect(nil)
	for range 2 { // asking again opens no second request
		if res := w.say(s, "mail", "hello"); !res.IsError || !strings.Contains(textOf(res), w.pendingID()) || !strings.Contains(textOf(res), "http://console.example/approvals/") {
			t.Fatalf("mail = %q, want where to approve it", textOf(res))
		}
	}
	w.approve(w.pendingID(), true)
	if res := w.say(s, "mail", "hello"); res.IsError || textOf(res) != "sent" || u.sent.Load() != 1 {
		t.Fatalf("mail after the approval = %q, %d sent, want one", textOf(res), u.sent.Load())
	}
	if res := w.say(s, "mail", "hello"); !res.IsError || u.sent.Load() != 1 {
		t.Errorf("the same mail again = %q, want another request", textOf(res))
	}
	w.approve(w.pendingID(), false)
	for range 2 {
		if res := w.say(s, "mail", "hello"); !strings.Contains(textOf(res), "denied") {
			t.Errorf("a mail that was denied = %q, want the denial", textOf(res))
		}
	}
	if res := w.say(s, "mail", "other"); !res.IsError || u.sent.Load() != 1 {
		t.Errorf("another mail = %q, want another request", textOf(res))
	}
	id := w.pendingID()
	w.must(s.Close())
	w.eventually("the request is withdrawn", func() bool {
		a, err := w.Approval(t.Context(), approver, id)
		w.must(err)
		return a.State == resource.ApprovalWithdrawn
	})
}

// TestApprovalOfLess: a yes lifts what people were shown. When the session has read
// text from outside since, they are asked again.
func TestApprovalOfLess(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{Wait: -1}), newUpstream(t)
	w.deploy(u.desk())
	s := w.connect(nil)
	w.say(s, "mail", "hello")
	first := w.pendingID()
	w.approve(first, true)
	w.say(s, "read_page", "x")
	if res := w.say(s, "mail", "hello"); !res.IsError || u.sent.Load() != 0 {
		t.Fatalf("mail after a yes to less = %q, %d sent, want another request", textOf(res), u.sent.Load())
	}
	second := w.pendingID()
	w.approve(second, true)
	if res := w.say(s, "mail", "hello"); second == first || res.IsError || u.sent.Load() != 1 {
		t.Errorf("mail after the yes to %s = %q, %d sent, want one by another request than %s", second, textOf(res), u.sent.Load(), first)
	}
}

// TestApprovalWaits: a call waits for its approval, and of two with the same
// arguments one approval allows one.
func TestApprovalWaits(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{Wait: patience}), newUpstream(t)
	w.deploy(u.desk())
	s := w.connect(nil)
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan *mcp.CallToolResult, 2)
	for range 2 {
		go func() {
			res, err := s.CallTool(ctx, &mcp.CallToolParams{Name: "mail", Arguments: map[string]any{"text": "hello"}})
			if err != nil {
				res = nil
			}
			results <- res
		}()
	}
	w.approve(w.pendingID(), true)
	if res := <-results; res == nil || textOf(res) != "sent" {
		t.Errorf("the waiting call = %v, want sent", res)
	}
	cancel()
	<-results
	if n := u.sent.Load(); n != 1 {
		t.Errorf("%d mails were sent with one approval, want 1", n)
	}
}

// TestElicitation: a client that can ask its user is told where to approve; the
// user's yes there approves nothing, and a no ends the waiting.
func TestElicitation(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{Wait: patience}), newUpstream(t)
	w.deploy(u.desk())
	asked := make(chan string, 1)
	answer := make(chan string)
	s := w.connect(&mcp.ClientOptions{ElicitationHandler: func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
		asked <- r.Params.Message
		return &mcp.ElicitResult{Action: <-answer, Content: map[string]any{}}, nil
	}})
	done := make(chan *mcp.CallToolResult)
	call := func() {
		res, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "mail", Arguments: map[string]any{"text": "hello"}})
		if err != nil {
			t.Error(err)
		}
		done <- res
	}
	go call()
	if text := <-asked; !strings.Contains(text, w.pendingID()) {
		t.Errorf("the user is asked %q, want the id of the request", text)
	}
	answer <- "decline"
	if res := <-done; !res.IsError || u.sent.Load() != 0 {
		t.Errorf("a call whose user will not wait = %q, want a refusal", textOf(res))
	}
	go call()
	<-asked
	answer <- "accept"
	select {
	case res := <-done:
		t.Errorf("a call that the client's user accepted = %q, want it to wait for an approver", textOf(res))
	case <-time.After(50 * time.Millisecond):
	}
	w.approve(w.pendingID(), true)
	if res := <-done; res.IsError || u.sent.Load() != 1 {
		t.Errorf("the approved call = %q, want it made", textOf(res))
	}
}
