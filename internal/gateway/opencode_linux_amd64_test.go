package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/resource"
)

// TestOpencode: a coding agent whose model calls tools through the gateway. It is
// offered the version's tools, its model reads why a call is not made, the call
// that was approved is made, and the calls are the steps of its run.
func TestOpencode(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{Wait: -1}), newUpstream(t)
	w.deploy(u.desk())
	m := newScript(t,
		turn{tool: "aureus_echo", text: "hello"},
		turn{tool: "aureus_mail", text: "to Ada"},
		turn{tool: "aureus_mail", text: "to Ada", before: func() { w.approve(w.pendingID(), true) }},
		turn{tool: "aureus_mail", text: "to Bob"},
		turn{tool: "aureus_mail", text: "to Bob", before: func() { w.approve(w.pendingID(), false) }},
		turn{text: "Ada has her mail, Bob has none."})
	if out := w.opencode(m.URL+"/v1", w.token("opencode")); !strings.Contains(out, "Bob has none") {
		t.Errorf("opencode run = %s, want the model's last words", out)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if want := []string{"aureus_big", "aureus_echo", "aureus_mail", "aureus_read_page", "aureus_slow"}; !cmp.Equal(m.offered, want) {
		t.Errorf("the model is offered %q, want %q", m.offered, want)
	}
	heard := []string{"hello", "needs the approval", "sent", "needs the approval", "denied"}
	if len(m.heard) != len(heard) {
		t.Fatalf("the model heard %q, want %q", m.heard, heard)
	}
	for i, want := range heard {
		if !strings.Contains(m.heard[i], want) {
			t.Errorf("the model heard %q of call %d, want %q", m.heard[i], i+1, want)
		}
	}
	w.gate.Close() // opencode leaves its session open
	run := w.lastRun()
	var steps []string
	for _, s := range run.Steps {
		steps = append(steps, fmt.Sprintf("%s %v %s", s.Tool.Tool, s.Tool.Args["text"], s.Tool.Decision.State))
	}
	want := []string{"echo hello approved",
		"mail to Ada pending_human", // then made again, which is decided, and finds its answer
		"mail to Ada pending_human", "mail to Ada approved",
		"mail to Bob pending_human",
		"mail to Bob pending_human", "mail to Bob rejected"}
	if diff := cmp.Diff(want, steps); diff != "" || !run.Gateway || run.Outcome != resource.OutcomeSuccess || u.sent.Load() != 1 {
		t.Errorf("the run ended %s with %d mails sent and the steps (-want +got)\n%s", run.Outcome, u.sent.Load(), diff)
	}
}

// opencode runs one prompt with a model at a URL and the desk's tools, and nothing
// else: its own tools are off, its files are in folders of the test, and it fetches
// no lists, plugins or updates.
func (w *world) opencode(models, secret string) string {
	w.Helper()
	type object = map[string]any
	config, err := json.Marshal(object{
		"autoupdate": false, "share": "disabled", "model": "local/scripted", "enabled_providers": []string{"local"},
		"provider": object{"local": object{"npm": "@ai-sdk/openai-compatible", "options": object{"baseURL": models, "apiKey": "none"},
			"models": object{"scripted": object{"limit": object{"context": 100_000, "output": 1000}}}}},
		"mcp": object{"aureus": object{"type": "remote", "url": w.http.URL + "/mcp/desk@staging", "oauth": false,
			"headers": object{"Authorization": "Bearer " + secret}}},
		"permission": object{"*": "deny", "aureus_*": "allow"},
	})
	w.must(err)
	home := w.TempDir()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm(w, "opencode-linux-x64-baseline", "bin", "opencode"), "run", "Write to Ada and Bob.")
	cmd.Dir = w.TempDir()
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + home, "TMPDIR=" + w.TempDir(),
		"OPENCODE_CONFIG_CONTENT=" + string(config), "OPENCODE_DISABLE_PROJECT_CONFIG=1", "OPENCODE_DISABLE_AUTOUPDATE=1",
		"OPENCODE_DISABLE_MODELS_FETCH=1", "OPENCODE_DISABLE_LSP_DOWNLOAD=1", "OPENCODE_DISABLE_DEFAULT_PLUGINS=1", "npm_config_offline=true"}
	for _, kind := range []string{"CONFIG", "DATA", "CACHE", "STATE"} {
		cmd.Env = append(cmd.Env, "XDG_"+kind+"_HOME="+filepath.Join(home, strings.ToLower(kind)))
	}
	// What it starts ends with it, also when it is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.Fatalf("opencode run: %v\n%s", err, out)
	}
	return string(out)
}

// script is an OpenAI-protocol server that streams its turns, one a request.
type script struct {
	*httptest.Server
	mu      sync.Mutex
	offered []string // the tools of the last request, sorted
	heard   []string // what the tools answered
}

// turn is a call of a tool with a text, or without a tool the last words.
type turn struct {
	tool, text string
	before     func() // what people do before it
}

func newScript(t testing.TB, turns ...turn) *script {
	t.Helper()
	s := &script{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Messages []struct {
				Role    string
				Content json.RawMessage
			}
			Tools []struct{ Function struct{ Name string } }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if len(in.Tools) == 0 { // it asks for a title
			stream(w, map[string]any{"content": "Mails"}, "stop")
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.offered, s.heard = nil, nil
		for _, tool := range in.Tools {
			s.offered = append(s.offered, tool.Function.Name)
		}
		slices.Sort(s.offered)
		for _, m := range in.Messages {
			if m.Role == "tool" {
				s.heard = append(s.heard, string(m.Content))
			}
		}
		next := turns[min(len(s.heard), len(turns)-1)]
		if next.before != nil {
			next.before()
		}
		if next.tool == "" {
			stream(w, map[string]any{"content": next.text}, "stop")
			return
		}
		args, _ := json.Marshal(text{next.text})
		stream(w, map[string]any{"tool_calls": []any{map[string]any{"index": 0, "id": fmt.Sprintf("call_%d", len(s.heard)), "type": "function",
			"function": map[string]any{"name": next.tool, "arguments": string(args)}}}}, "tool_calls")
	}))
	t.Cleanup(s.Close)
	return s
}

// stream sends an answer as the protocol's events.
func stream(w http.ResponseWriter, delta map[string]any, finish string) {
	w.Header().Set("Content-Type", "text/event-stream")
	delta["role"] = "assistant"
	for _, choice := range []map[string]any{{"index": 0, "delta": delta, "finish_reason": nil}, {"index": 0, "delta": map[string]any{}, "finish_reason": finish}} {
		chunk, _ := json.Marshal(map[string]any{"id": "1", "object": "chat.completion.chunk", "model": "scripted", "choices": []any{choice}})
		fmt.Fprintf(w, "data: %s\n\n", chunk)
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}
