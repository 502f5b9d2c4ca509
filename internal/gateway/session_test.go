package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/resource"
)

// post sends a message as a client would and returns the status and the session.
func (w *world) post(secret, place, session, body string) (int, string) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.http.URL+"/mcp/"+place, strings.NewReader(body))
	w.must(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	if session != "" {
		req.Header.Set("Mcp-Session-Id", session)
	}
	res, err := http.DefaultClient.Do(req)
	w.must(err)
	defer res.Body.Close()
	return res.StatusCode, res.Header.Get("Mcp-Session-Id")
}

const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	echoCall   = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"x"}}}`
)

// TestSessions: who may begin a session and who may use it, and what a session
// that is gone answers.
func TestSessions(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{MaxSessions: 2}), newUpstream(t)
	w.deploy(u.desk())
	mine, other := w.token("mine"), w.token("other")
	status, id := w.post(mine, "desk@staging", "", initialize)
	if status != http.StatusOK || id == "" {
		t.Fatalf("initialize = %d, session %q", status, id)
	}
	tests := []struct {
		name, secret, place, session, body string
		want                               int
	}{
		{"its own call", mine, "desk@staging", id, echoCall, 200},
		{"no token", "", "desk@staging", id, echoCall, 401},
		{"unknown token", "aureus_x", "desk@staging", id, echoCall, 401},
		{"somebody else's session", other, "desk@staging", id, echoCall, 404},
		{"the session at another place", mine, "desk@production", id, echoCall, 404},
		{"a session that never was", mine, "desk@staging", "ABC", echoCall, 404},
		{"nothing serves", mine, "desk@production", "", initialize, 404},
		{"unknown environment", mine, "desk@moon", "", initialize, 400},
		{"no agent", mine, "@staging", "", initialize, 400},
		{"too large", mine, "desk@staging", id, strings.Repeat(" ", 5<<20), 413},
		{"no JSON", mine, "desk@staging", id, "{", 400},
	}
	for _, tt := range tests {
		if got, _ := w.post(tt.secret, tt.place, tt.session, tt.body); got != tt.want {
			t.Errorf("%s = %d, want %d", tt.name, got, tt.want)
		}
	}
	_, _ = w.post(other, "desk@staging", "", initialize)
	if got, _ := w.post(other, "desk@staging", "", initialize); got != http.StatusServiceUnavailable {
		t.Errorf("a session over the limit = %d, want 503", got)
	}
	w.stop()
	w.start()
	if got, _ := w.post(mine, "desk@staging", id, echoCall); got != http.StatusNotFound {
		t.Errorf("a session from before a restart = %d, want 404", got)
	}
}

// TestIdleSessionEnds: a session that its client does not use ends, with its run.
func TestIdleSessionEnds(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{Idle: 30 * time.Millisecond}), newUpstream(t)
	w.deploy(u.desk())
	secret := w.token("app")
	_, id := w.post(secret, "desk@staging", "", initialize)
	w.eventually("the run's end", func() bool { return w.lastRun().EndedAt != 0 })
	if got, _ := w.post(secret, "desk@staging", id, echoCall); got != http.StatusNotFound {
		t.Errorf("a call of an ended session = %d, want 404", got)
	}
}

// TestRefusedInARow: three refused calls in a row end a session as they end a run.
func TestRefusedInARow(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstream(t)
	w.deploy(u.desk())
	s := w.connect(nil)
	for range 3 {
		w.say(s, "unknown", "x")
	}
	if res := w.say(s, "echo", "x"); !res.IsError || !strings.Contains(textOf(res), "has ended denied") || u.calls.Load() != 0 {
		t.Errorf("a call after three refusals = %q, want none", textOf(res))
	}
	if run := w.lastRun(); run.Outcome != resource.OutcomeDenied || run.EndedAt == 0 {
		t.Errorf("the run = %s, ended %d, want denied and ended", run.Outcome, run.EndedAt)
	}
}

// TestTaint: what a session reads from outside is remembered for its later calls,
// and what its user said is told by the client.
func TestTaint(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstream(t)
	w.deploy(u.desk())
	s := w.connect(nil)
	w.say(s, "read_page", "x")
	_, err := s.CallTool(t.Context(), &mcp.CallToolParams{Meta: mcp.Meta{gateway.InputKey: "Please say lemonade"}, Name: "echo", Arguments: map[string]any{"text": "lemonade"}})
	w.must(err)
	w.say(s, "echo", "mallory@example.com")
	w.must(s.Close())
	w.eventually("the run's end", func() bool { return w.lastRun().EndedAt != 0 })
	steps := w.lastRun().Steps
	if d := steps[1].Tool.Decision; !d.Before.Tainted || d.Origins["text"] != "user" {
		t.Errorf("the second call's decision = %+v, want tainted, and the value from the user", d)
	}
	if d := steps[2].Tool.Decision; !strings.Contains(d.Origins["text"], "read_page") {
		t.Errorf("the third call's value is from %q, want tool:read_page", d.Origins["text"])
	}
}

// TestConcurrentCalls: calls of a session overlap, each is recorded once and in
// the order in which it was decided.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstream(t)
	w.deploy(u.desk())
	s := w.connect(nil)
	var wg sync.WaitGroup
	const n = 8
	for range n {
		wg.Go(func() { w.say(s, "slow", "x") })
	}
	for range n {
		<-u.begun // all are under way at once
	}
	close(u.hold)
	wg.Wait()
	w.must(s.Close())
	w.eventually("the run's end", func() bool { return w.lastRun().EndedAt != 0 })
	run := w.lastRun()
	if len(run.Steps) != n || run.Stats.ToolCalls != n {
		t.Fatalf("%d steps and %d calls, want %d", len(run.Steps), run.Stats.ToolCalls, n)
	}
	for i, st := range run.Steps {
		if st.Index != i || st.Tool.Decision.Before.ToolCalls != i || st.Tool.Result == "" {
			t.Errorf("step %d = %+v, want decided %dth, with its result", i, st, i)
		}
	}
}

// TestProgressAndCancel: progress reaches the client without its text, and a
// cancelled call is cancelled at the upstream.
func TestProgressAndCancel(t *testing.T) {
	t.Parallel()
	for _, progress := range []bool{true, false} {
		t.Run(fmt.Sprintf("progress %t", progress), func(t *testing.T) {
			t.Parallel()
			w, u := newWorld(t, gateway.Config{}), newUpstream(t)
			w.deploy(u.desk())
			got := make(chan *mcp.ProgressNotificationParams, 1)
			s := w.connect(&mcp.ClientOptions{ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
				got <- r.Params
			}})
			p := &mcp.CallToolParams{Name: "slow", Arguments: map[string]any{"text": "x"}}
			if progress {
				p.SetProgressToken("mine")
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { _, err := s.CallTool(ctx, p); done <- err }()
			<-u.begun
			if progress {
				if n := <-got; n.Progress != 1 || n.Total != 2 || n.ProgressToken != "mine" || n.Message != "" {
					t.Errorf("progress = %+v, want 1 of 2 without a text", n)
				}
			}
			cancel()
			if err := <-done; err == nil {
				t.Error("a cancelled call has an answer")
			}
			if what := <-u.begun; what != "cancelled" {
				t.Errorf("the upstream heard %q, want that the call is cancelled", what)
			}
		})
	}
}

// TestCrash: a session that Aureus did not end is ended at the next start, with
// the call that was under way, and counts as interrupted.
func TestCrash(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstream(t)
	w.deploy(u.desk())
	secret := w.token("app")
	_, id := w.post(secret, "desk@staging", "", initialize)
	go func() {
		if s, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.http.URL+"/mcp/desk@staging",
			strings.NewReader(strings.Replace(echoCall, "echo", "slow", 1))); err == nil {
			s.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"},
				"Authorization": {"Bearer " + secret}, "Mcp-Session-Id": {id}}
			if res, err := http.DefaultClient.Do(s); err == nil {
				_ = res.Body.Close() // it is cut off
			}
		}
	}()
	<-u.begun
	w.crash()
	w.start()
	w.eventually("the run's end", func() bool { return w.lastRun().EndedAt != 0 })
	run := w.lastRun()
	if run.Outcome != resource.OutcomeError || !strings.Contains(run.Message, "session ended with a stop") {
		t.Errorf("the run = %s, %q, want interrupted", run.Outcome, run.Message)
	}
	if len(run.Steps) != 1 || run.Steps[0].Tool.Decision.State != resource.DecisionApproved || run.Steps[0].Tool.Result != "" {
		t.Errorf("steps = %+v, want the approved call without a result", run.Steps)
	}
	if got, _ := w.post(secret, "desk@staging", id, echoCall); got != http.StatusNotFound {
		t.Errorf("the session after the restart = %d, want 404", got)
	}
}
