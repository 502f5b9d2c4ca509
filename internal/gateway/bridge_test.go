package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/resource"
)

// TestBridgeStops: a signal ends the bridge and its session although the client
// keeps stdin open and says nothing.
func TestBridgeStops(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstream(t)
	w.deploy(u.desk())
	stdin, say := io.Pipe()
	hear, stdout := io.Pipe()
	defer say.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- gateway.Bridge(ctx, w.http.URL+"/mcp/desk@staging", w.token("bridge"), stdin, stdout)
	}()
	answers := bufio.NewScanner(hear)
	ask := func(line string) string {
		t.Helper()
		if _, err := io.WriteString(say, line+"\n"); err != nil || !answers.Scan() {
			t.Fatalf("no answer to %s: %v, %v", line, err, answers.Err())
		}
		return answers.Text()
	}
	if got := ask("garbage"); !json.Valid([]byte(got)) || !strings.Contains(got, "-32700") || !strings.Contains(got, `"id":null`) {
		t.Errorf("the answer to garbage = %s, want the JSON-RPC error -32700", got)
	}
	if got := ask(initialize); !strings.Contains(got, `"serverInfo"`) {
		t.Fatalf("the answer to initialize = %s, want a result", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Bridge() = %v after a signal, want nil", err)
	}
	w.eventually("the session's run ends", func() bool { return w.lastRun().Outcome == resource.OutcomeSuccess })
}
