package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/generate"
)

// serve [FLAGS...]: starts a server on a free port. AUREUS_SERVER is its URL, ADDRESS
// its address and, at the first start, AUREUS_TOKEN its admin token. The script's end stops it.
func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 0, "serve FLAGS...")
	c, m, err := startChild(ts.MkAbs("."), scriptEnv(ts), servesAt, append([]string{"aureus", "serve", "--listen", "127.0.0.1:0"}, args...)...)
	ts.Check(err)
	servers.Store(ts.Getenv("WORK"), c)
	ts.Defer(c.kill)
	ts.Setenv("AUREUS_SERVER", m[2])
	ts.Setenv("ADDRESS", strings.TrimPrefix(m[2], "http://"))
	if m[1] != "" {
		ts.Setenv("AUREUS_TOKEN", m[1])
	}
}

// noserve STATUS FLAGS...: a server does not start and ends with STATUS.
func scriptNoServe(ts *testscript.TestScript, neg bool, args []string) {
	want := first(ts, neg, args, 1, "noserve STATUS FLAGS...")
	command := append([]string{"aureus", "serve", "--listen", "127.0.0.1:0"}, args[1:]...)
	c, _, err := startChild(ts.MkAbs("."), scriptEnv(ts), servesAt, command...)
	if c == nil {
		ts.Check(err)
	}
	_, _ = io.WriteString(ts.Stderr(), c.errors()) // a buffer
	if err == nil {
		c.kill()
		ts.Fatalf("%v serves", command)
	}
	if got := strconv.Itoa(c.status()); got != want {
		ts.Fatalf("exit status of %v = %s, want %s\n%v", command, got, want, err)
	}
}

// unserve: stops the server with SIGTERM; it must end with status 0.
func scriptUnserve(ts *testscript.TestScript, neg bool, args []string) {
	c, ok := servers.LoadAndDelete(ts.Getenv("WORK"))
	if !ok || neg {
		ts.Fatalf("no server runs")
	}
	server := c.(*child)
	status, err := server.stop()
	ts.Check(err)
	if status != 0 {
		ts.Fatalf("the server ended with %d:\n%s", status, server.errors())
	}
}

// model: starts the example's scripted model and names it in the environment.
func scriptModel(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 0, "model")
	srv := httptest.NewServer(refunddesk.Model())
	ts.Defer(srv.Close)
	ts.Setenv("AUREUS_MODEL_URL", srv.URL+"/v1")
	ts.Setenv("AUREUS_MODEL_NAME", refunddesk.ModelName)
}

// script FILE...: starts a model that answers with each file in turn, the last
// one again and again.
func scriptScriptedModel(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 1, "script FILE...")
	var answers []string
	for _, a := range args {
		answers = append(answers, ts.ReadFile(a))
	}
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := min(int(n.Add(1)), len(answers)) - 1
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(completion(map[string]any{"role": "assistant", "content": answers[i]})) // the client may be gone
	}))
	ts.Defer(srv.Close)
	ts.Setenv("AUREUS_MODEL_URL", srv.URL+"/v1")
	ts.Setenv("AUREUS_MODEL_NAME", "scripted")
}

func completion(message map[string]any) map[string]any {
	return map[string]any{"id": "c", "object": "chat.completion", "model": "scripted-2026-01",
		"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": "stop"}},
		"usage":   map[string]any{"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}}
}

// scriptEnv is the script's environment for a process that is not started with exec.
func scriptEnv(ts *testscript.TestScript) []string {
	var env []string
	for _, k := range []string{"PATH", "HOME", "TMPDIR", "AUREUS_MODEL_URL", "AUREUS_MODEL_NAME", "GORACE", "GOCOVERDIR"} {
		if v := ts.Getenv(k); v != "" {
			env = append(env, k+"="+v)
		}
	}
	return env
}

// writeRefundDesk writes the agent that the scripts use: the template with the
// example's shop and scripted model.
func writeRefundDesk(file string) error {
	a, _, err := generate.FromTemplate("support-desk", map[string]string{"name": "refund-desk", "owner": "customer-care",
		"model": refunddesk.ModelName, "server": demoShopCommand, "refundTier": "medium"}, time.Now)
	if err != nil {
		return err
	}
	text, err := a.YAML()
	if err != nil {
		return fmt.Errorf("write the agent of the scripts: %w", err)
	}
	return os.WriteFile(file, text, 0o600)
}
