package model

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

const secret = "sk-very-secret"

// waits collects the backoffs in place of waiting.
type waits struct{ took []time.Duration }

func (w *waits) wait(ctx context.Context, d time.Duration) error {
	w.took = append(w.took, d)
	return ctx.Err()
}

func newModel(t *testing.T, cfg Config, url string, b blueprint.Model) agentrun.Model {
	t.Helper()
	if cfg.Providers == nil {
		cfg.Providers = map[string]Provider{"default": {URL: url, Key: secret}}
	}
	if cfg.Wait == nil {
		cfg.Wait = (&waits{}).wait
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.Model(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

const good = `{"id":"x","object":"chat.completion","model":"gpt-4o-2024-08-06","choices":[{"index":0,"finish_reason":"stop",
"message":{"role":"assistant","content":"hello"}}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}`

func ask(model string) agentrun.ModelRequest {
	return agentrun.ModelRequest{Model: blueprint.Model{Name: model}, Messages: []agentrun.Message{{Role: "user", Content: "hi"}}}
}

func TestComplete(t *testing.T) {
	var got map[string]any
	var auth, path string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth, path = r.Header.Get("Authorization"), r.URL.Path
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		answer(w, 200, good)
	}))
	t.Cleanup(srv.Close)
	zero, seed := 0.0, int64(7)
	req := agentrun.ModelRequest{
		Model: blueprint.Model{Name: "gpt-4o", Temperature: &zero, Seed: &seed, MaxTokens: 50},
		Messages: []agentrun.Message{{Role: "system", Content: "be kind"}, {Role: "user"},
			{Role: "assistant", ToolCalls: []agentrun.ToolCall{{ID: "1", Name: "find", Args: `{"id":"A7"}`}, {ID: "2", Name: "", Args: `{"id`}}},
			{Role: "tool", ToolCallID: "1", Content: "found"}},
		Tools:      []agentrun.ToolDef{{Name: "find", Description: "finds", Parameters: map[string]any{"type": "object"}}},
		Schema:     map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{"n": map[string]any{"type": "number"}}, "required": []any{"n"}},
		SchemaName: "output",
	}
	resp, err := newModel(t, Config{}, srv.URL+"/v1/", req.Model).Complete(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want := agentrun.ModelResponse{Message: agentrun.Message{Role: "assistant", Content: "hello"}, Model: "gpt-4o-2024-08-06",
		FinishReason: "stop", PromptTokens: 1000, CompletionTokens: 100, Cost: 3500}
	if diff := cmp.Diff(want, resp, cmpopts.IgnoreFields(agentrun.ModelResponse{}, "Raw")); diff != "" {
		t.Errorf("Complete (-want +got):\n%s", diff)
	}
	if string(resp.Raw) != good {
		t.Errorf("Raw = %s, want the body", resp.Raw)
	}
	if auth != "Bearer "+secret || path != "/v1/chat/completions" {
		t.Errorf("request to %s with %q", path, auth)
	}
	if temp, ok := got["temperature"].(float64); !ok || temp > 1e-40 {
		t.Errorf("temperature = %v, want zero to be sent", got["temperature"])
	}
	call := func(id, name, args string) any {
		return map[string]any{"id": id, "type": "function", "function": map[string]any{"name": name, "arguments": args}}
	}
	wantBody := map[string]any{"model": "gpt-4o", "max_tokens": 50.0, "seed": 7.0, "stream": false,
		"messages": []any{map[string]any{"role": "system", "content": "be kind"}, map[string]any{"role": "user", "content": " "},
			map[string]any{"role": "assistant", "tool_calls": []any{call("1", "find", `{"id":"A7"}`), call("2", "unnamed", "{}")}},
			map[string]any{"role": "tool", "content": "found", "tool_call_id": "1"}},
		"tools":           []any{map[string]any{"type": "function", "function": map[string]any{"name": "find", "description": "finds", "parameters": map[string]any{"type": "object"}}}},
		"response_format": map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "output", "strict": true, "schema": req.Schema}}}
	delete(got, "temperature")
	if diff := cmp.Diff(wantBody, got); diff != "" {
		t.Errorf("request body (-want +got):\n%s", diff)
	}
}

func TestTokensWithinReason(t *testing.T) {
	for _, tt := range []struct {
		reported string
		want     int64
	}{{"-5", 0}, {"0", 0}, {"1000000000000000000", maxTokens}} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, strings.Replace(strings.Replace(good, `"prompt_tokens":1000`, `"prompt_tokens":`+tt.reported, 1),
				`"completion_tokens":100`, `"completion_tokens":`+tt.reported, 1))
		}))
		t.Cleanup(srv.Close)
		resp, err := newModel(t, Config{}, srv.URL, blueprint.Model{}).Complete(t.Context(), ask("gpt-4o"))
		if err != nil || resp.PromptTokens != tt.want || resp.CompletionTokens != tt.want || resp.Cost < 0 {
			t.Errorf("Complete() with %s tokens = %d and %d tokens, cost %d, %v, want %d and no negative cost",
				tt.reported, resp.PromptTokens, resp.CompletionTokens, resp.Cost, err, tt.want)
		}
	}
}

func TestRetries(t *testing.T) {
	drop := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_ = conn.Close()
	}
	tests := []struct {
		name   string
		serve  func(n int64, w http.ResponseWriter)
		waited []time.Duration // with jitter 1: the whole backoff
	}{
		{"429 with seconds", func(n int64, w http.ResponseWriter) { w.Header().Set("Retry-After", "7"); answer(w, 429, `{}`) }, []time.Duration{7 * time.Second}},
		{"429 with milliseconds", func(n int64, w http.ResponseWriter) { w.Header().Set("Retry-After-Ms", "1500"); answer(w, 429, `{}`) }, []time.Duration{1500 * time.Millisecond}},
		{"429 with a date", func(n int64, w http.ResponseWriter) {
			w.Header().Set("Date", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("Retry-After", "Mon, 02 Jan 2006 15:04:14 GMT")
			answer(w, 429, `{"error":{"message":"slow down"}}`)
		}, []time.Duration{9 * time.Second}},
		{"429 with an hour", func(n int64, w http.ResponseWriter) { w.Header().Set("Retry-After", "3600"); answer(w, 429, `{}`) }, []time.Duration{30 * time.Second}},
		{"500", func(n int64, w http.ResponseWriter) { answer(w, 500, `oops`) }, []time.Duration{500 * time.Millisecond}},
		{"connection dropped", func(n int64, w http.ResponseWriter) { drop(w) }, []time.Duration{500 * time.Millisecond}},
		{"body cut", func(n int64, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			answer(w, 200, good[:20])
		}, []time.Duration{500 * time.Millisecond}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var n atomic.Int64
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if n.Add(1) == 1 {
					tt.serve(n.Load(), w)
					return
				}
				answer(w, 200, good)
			}))
			t.Cleanup(srv.Close)
			w := &waits{}
			resp, err := newModel(t, Config{Wait: w.wait, Jitter: func() float64 { return 1 }}, srv.URL, blueprint.Model{}).Complete(t.Context(), ask("m"))
			if err != nil || resp.Retries != 1 || resp.Message.Content != "hello" {
				t.Fatalf("Complete = %+v, %v, want hello after one retry", resp, err)
			}
			if diff := cmp.Diff(tt.waited, w.took); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	c := &client{cfg: Config{Jitter: func() float64 { return 0 }}.withDefaults()}
	for retry, want := range []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second} {
		if got := c.backoff(retry, 0); got != want {
			t.Errorf("backoff(%d) = %s, want %s", retry, got, want)
		}
	}
	if got := c.backoff(60, 0); got != 15*time.Second {
		t.Errorf("backoff(60) = %s, want half of the bound", got)
	}
}

func TestErrors(t *testing.T) {
	serve := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) }
	}
	choice := func(finish, message string) string {
		return fmt.Sprintf(`{"model":"m","choices":[{"finish_reason":%q,"message":%s}],"usage":{"prompt_tokens":10,"completion_tokens":5}}`, finish, message)
	}
	tests := []struct {
		name   string
		serve  http.HandlerFunc
		cfg    Config
		says   []string
		tries  int64
		tokens int64
	}{
		{name: "401", serve: serve(401, `{"error":{"message":"bad key `+secret+`"}}`), says: []string{"status 401", "AUREUS_MODEL_KEY"}, tries: 1},
		{name: "404", serve: serve(404, `not found`), says: []string{"status 404", "AUREUS_MODEL_URL"}, tries: 1},
		{name: "400", serve: serve(400, `{"error":{"message":"payload"}}`), says: []string{"status 400"}, tries: 1},
		{name: "500 without end", serve: serve(500, `{}`), says: []string{"status 500", "after 4 retries"}, tries: 5},
		{name: "429 without end", serve: serve(429, `{}`), cfg: Config{MaxRetries: 1}, says: []string{"status 429", "after 1 retry", "quota"}, tries: 2},
		{name: "no retries", serve: serve(503, `{}`), cfg: Config{MaxRetries: -1}, says: []string{"status 503"}, tries: 1},
		{name: "garbage", serve: serve(200, `<html>payload`), says: []string{"no chat completion"}, tries: 1},
		{name: "HTML", serve: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>payload</html>") }, says: []string{"not JSON"}, tries: 1},
		{name: "empty body", serve: serve(200, ``), says: []string{"no chat completion"}, tries: 1},
		{name: "no choices", serve: serve(200, `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}`), says: []string{"empty completion"}, tries: 1, tokens: 15},
		{name: "error with status 200", serve: serve(200, `{"error":{"message":"payload"}}`), says: []string{"empty completion"}, tries: 1},
		{name: "nothing said", serve: serve(200, choice("stop", `{"role":"assistant","content":null}`)), says: []string{"empty completion"}, tries: 1, tokens: 15},
		{name: "cut off", serve: serve(200, choice("length", `{"content":"payload"}`)), says: []string{"cut off", "model.maxTokens"}, tries: 1, tokens: 15},
		{name: "filtered", serve: serve(200, choice("content_filter", `{"content":""}`)), says: []string{"content filter"}, tries: 1, tokens: 15},
		{name: "wrong types", serve: serve(200, `{"choices":"payload"}`), says: []string{"no chat completion"}, tries: 1},
		{name: "over the limit", serve: serve(200, `{"x":"`+strings.Repeat("a", 2000)+`"}`), cfg: Config{MaxBody: 1000}, says: []string{"over the limit of 1000 bytes"}, tries: 1},
		{name: "error over the limit", serve: serve(500, strings.Repeat("a", 2000)), cfg: Config{MaxBody: 1000}, says: []string{"over the limit"}, tries: 1},
		{name: "hangs", serve: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, cfg: Config{Timeout: 20 * time.Millisecond, MaxRetries: 1}, says: []string{"within 20ms", "after 1 retry", "model.timeout"}, tries: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var n atomic.Int64
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.Add(1); tt.serve(w, r) }))
			t.Cleanup(srv.Close)
			var logs bytes.Buffer
			cfg := tt.cfg
			cfg.Logger = slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
			u := strings.Replace(srv.URL, "http://", "http://user:"+secret+"@", 1) + "?key=" + secret
			cfg.Providers = map[string]Provider{"default": {URL: u, Key: secret}}
			resp, err := newModel(t, cfg, "", blueprint.Model{}).Complete(t.Context(), ask("m"))
			want := fault.Upstream
			if tt.name == "cut off" || tt.name == "filtered" {
				want = fault.Failed // no outage
			}
			if !fault.Is(err, want) {
				t.Fatalf("Complete = %v, want %s", err, want)
			}
			for _, s := range append(tt.says, strings.TrimPrefix(srv.URL, "http://")) {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("Complete = %q, want %q in it", err, s)
				}
			}
			for _, s := range []string{secret, "payload"} {
				if strings.Contains(err.Error(), s) || strings.Contains(logs.String(), s) {
					t.Errorf("error %q or log %q holds %q", err, logs.String(), s)
				}
			}
			if n.Load() != tt.tries {
				t.Errorf("%d requests, want %d", n.Load(), tt.tries)
			}
			if got := resp.PromptTokens + resp.CompletionTokens; got != tt.tokens {
				t.Errorf("tokens = %d, want %d: they were used", got, tt.tokens)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = newModel(t, Config{}, "http://"+addr+"/v1", blueprint.Model{}).Complete(t.Context(), ask("m"))
	if !fault.Is(err, fault.Upstream) || !strings.Contains(err.Error(), addr) || !strings.Contains(err.Error(), "could not be reached after 4 retries") {
		t.Errorf("Complete = %v, want UPSTREAM_FAILED that names %s", err, addr)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(srv.Close)
	_, err := newModel(t, Config{}, srv.URL, blueprint.Model{}).Complete(ctx, ask("m"))
	if !fault.Is(err, fault.Upstream) || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("Complete = %v, want cancelled", err)
	}
}

func TestToolCalls(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"model":"m","choices":[{"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[
{"id":"","type":"function","function":{"name":"find","arguments":"{\"id\":"}},{"type":"function","function":{"arguments":"{}"}},{"id":"x"}]}}]}`)
	}))
	t.Cleanup(srv.Close)
	resp, err := newModel(t, Config{}, srv.URL, blueprint.Model{}).Complete(t.Context(), ask("m"))
	if err != nil {
		t.Fatal(err)
	}
	want := []agentrun.ToolCall{{ID: "call_1", Name: "find", Args: `{"id":`}, {ID: "call_2", Args: "{}"}, {ID: "x"}}
	if diff := cmp.Diff(want, resp.Message.ToolCalls); diff != "" {
		t.Errorf("tool calls (-want +got):\n%s", diff)
	}
}

func TestRequestsThatCannotBeMade(t *testing.T) {
	hot := 0.7
	m := newModel(t, Config{}, "http://127.0.0.1:1", blueprint.Model{})
	_, err := m.Complete(t.Context(), agentrun.ModelRequest{Model: blueprint.Model{Name: "o3", Temperature: &hot}})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "spec.model") {
		t.Errorf("Complete(o3 with a temperature) = %v, want INVALID", err)
	}
	_, err = m.Complete(t.Context(), agentrun.ModelRequest{Schema: map[string]any{"maximum": math.NaN()}})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("Complete(schema with NaN) = %v, want INVALID", err)
	}
}

func TestProviders(t *testing.T) {
	none, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Model(blueprint.Model{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "AUREUS_MODEL_URL") {
		t.Errorf("Model with no provider = %v, want INVALID that says what to set", err)
	}
	if _, err := none.Model(blueprint.Model{Provider: "x"}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("Model(x) = %v, want INVALID", err)
	}
	one, err := New(Config{Providers: map[string]Provider{"local": {URL: "http://127.0.0.1:1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Model(blueprint.Model{Provider: "x"}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "configured: local") {
		t.Errorf("Model(x) = %v, want it to name local", err)
	}
	for _, p := range []Provider{{}, {URL: "ftp://x"}, {URL: "http://"}, {URL: "https://user:" + secret + "@x/\x01"}, {URL: "https://x/v1/chat/completions"}, {URL: "https://x", Key: "a\nb"}} {
		_, err := New(Config{Providers: map[string]Provider{"p": p}})
		if !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), secret) {
			t.Errorf("New(%q) = %v, want INVALID without the secret", p.URL, err)
		}
	}
}

func TestNameOverrideAndVersion(t *testing.T) {
	var asked atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			asked.Store(r.URL.Path)
			answer(w, 200, `{"id":"mine-2026-01","object":"model"}`)
			return
		}
		var body struct{ Model string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		asked.Store(body.Model)
		answer(w, 200, good)
	}))
	t.Cleanup(srv.Close)
	cfg := Config{Providers: map[string]Provider{"default": {URL: srv.URL, Name: "mine"}}}
	if _, err := newModel(t, cfg, "", blueprint.Model{}).Complete(t.Context(), ask("other")); err != nil || asked.Load() != "mine" {
		t.Errorf("Complete asked for %v, %v, want mine", asked.Load(), err)
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Version(t.Context(), blueprint.Model{Name: "other"}); got != "mine-2026-01" || asked.Load() != "/models/mine" {
		t.Errorf("Version = %q of %v, want mine-2026-01", got, asked.Load())
	}
	if got := m.Version(t.Context(), blueprint.Model{Provider: "no"}); got != "" {
		t.Errorf("Version of an unknown provider = %q, want none", got)
	}
	srv.Close()
	if got := m.Version(t.Context(), blueprint.Model{Name: "other"}); got != "" {
		t.Errorf("Version of a server that is gone = %q, want none", got)
	}
}

func TestDefaults(t *testing.T) {
	c := Config{}.withDefaults()
	if c.MaxRetries != 4 || c.BaseDelay != 500*time.Millisecond || c.MaxDelay != 30*time.Second || c.Timeout != time.Minute || c.MaxBody != 16<<20 {
		t.Errorf("defaults = %+v, want those that Config documents", c)
	}
	if c.HTTPClient == nil || c.Wait == nil || c.Logger == nil || c.Jitter() < 0 {
		t.Error("a default is missing")
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := c.Wait(ctx, 0); err != nil {
		t.Errorf("Wait(0) = %v", err)
	}
	cancel()
	if err := c.Wait(ctx, time.Hour); err == nil {
		t.Error("Wait of a cancelled context = nil")
	}
}

func TestReplay(t *testing.T) {
	m := Replay([]agentrun.ModelResponse{{Model: "a"}, {Model: "b"}})
	for _, want := range []string{"a", "b"} {
		if got, err := m.Complete(t.Context(), agentrun.ModelRequest{}); err != nil || got.Model != want {
			t.Errorf("Complete = %q, %v, want %q", got.Model, err, want)
		}
	}
	if _, err := m.Complete(t.Context(), agentrun.ModelRequest{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("Complete after the last answer = %v, want CONFLICT", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Replay(nil).Complete(ctx, agentrun.ModelRequest{}); !fault.Is(err, fault.Upstream) {
		t.Errorf("Complete of a cancelled context = %v, want UPSTREAM_FAILED", err)
	}
}
