package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// oddModel is a model server that misbehaves as the last message of the user
// says: "mode:WORD".
func oddModel() http.Handler {
	mode := regexp.MustCompile(`mode:(\w+)`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			Messages []struct{ Role, Content string } `json:"messages"`
		}
		_ = json.NewDecoder(r.Body).Decode(&req) // what is not there has no mode
		called, m := false, []string{"", "good"}
		for _, msg := range req.Messages {
			called = called || msg.Role == "tool"
			if found := mode.FindStringSubmatch(msg.Content); found != nil && msg.Role == "user" {
				m = found
			}
		}
		w.Header().Set("Retry-After-Ms", "5")
		w.Header().Set("Content-Type", "application/json")
		if m[1] == "hang" {
			<-r.Context().Done()
			return
		}
		oddAnswer(w, m[1], called)
	})
}

func oddAnswer(w http.ResponseWriter, mode string, called bool) {
	call := func(id, name, args string) map[string]any {
		return map[string]any{"role": "assistant", "content": nil, "tool_calls": []any{map[string]any{"id": id, "type": "function",
			"function": map[string]any{"name": name, "arguments": args}}}}
	}
	answer := map[string]any{"role": "assistant", "content": "done"}
	switch mode {
	case "tool":
		if !called {
			answer = call("c1", "lookup_order", `{"order_id":"A-1"}`)
		}
	case "badargs":
		answer = call("c1", "lookup_order", `{"order_id": `)
	case "badtool":
		answer = call("c1", "drop_database", `{}`)
	case "listargs":
		answer = call("c1", "lookup_order", `["A-1"]`)
	case "s429":
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"error":{"message":"slow down","type":"rate_limit_error"}}`)
		return
	case "s500":
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"error":{"message":"secret-internal-detail","type":"server_error"}}`)
		return
	case "nothing":
		return
	case "cut":
		panic(http.ErrAbortHandler)
	case "html":
		fmt.Fprint(w, "<html>It works!</html>")
		return
	case "nochoice":
		fmt.Fprint(w, `{"id":"c","object":"chat.completion","choices":[]}`)
		return
	}
	_ = json.NewEncoder(w).Encode(completion(answer)) // the client may be gone
}

// oddAgent is an agent with the server of oddmcp; it misbehaves while bad is there.
func oddAgent(name, mode, bad string, timeout blueprint.Duration) *blueprint.Agent {
	a := &blueprint.Agent{APIVersion: blueprint.APIVersion, Kind: blueprint.KindAgent}
	a.Metadata.Name, a.Metadata.Owner = name, "care"
	a.Spec = blueprint.Spec{Goal: "Look up orders.", Instructions: "Look the order up, then say what you found.",
		RiskTier: blueprint.TierLow, Zone: blueprint.ZoneInternal, Model: blueprint.Model{Name: "scripted", Timeout: timeout},
		Servers:     []blueprint.Server{{Name: "odd", Stdio: &blueprint.StdioServer{Command: []string{"oddmcp", mode, bad}}}},
		Tools:       []blueprint.Tool{{Name: "lookup_order", Server: "odd", RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead, Zone: blueprint.ZoneInternal, Timeout: timeout}},
		Permissions: []blueprint.Permission{{Tools: []string{"lookup_order"}, Intents: []blueprint.Intent{blueprint.IntentRead}, Zone: blueprint.ZoneInternal}},
	}
	if dir := filepath.Dir(bad); dir != "." {
		a.Spec.Servers[0].Stdio.Sandbox.Read = []string{dir}
	}
	a.Spec.Evaluation.Suites = []blueprint.Suite{{Name: "smoke", Scenarios: []blueprint.Scenario{{Name: "says done", Input: "hello",
		Expect: blueprint.Expect{Graders: []blueprint.Grader{{Type: "contains", Text: "done"}}}}}}}
	return a
}

// TestModelFaults invokes an agent whose model misbehaves: each run ends with an
// outcome and a reason.
func TestModelFaults(t *testing.T) {
	t.Parallel()
	model := httptest.NewServer(oddModel())
	t.Cleanup(model.Close)
	w := newWorldWith(t, "aureus", model.URL+"/v1")
	for _, a := range []*blueprint.Agent{
		oddAgent("odd", "good", "none", 0),
		oddAgent("odd-hasty", "good", "none", blueprint.Duration(time.Second)),
	} {
		v := w.push(a)
		if rel := w.release(v, "staging"); rel.State != resource.ReleasePromoted {
			t.Fatalf("%s ended %s: %s", v.Name, rel.State, rel.Reason)
		}
	}
	invoke := func(agent, mode string) (resource.Run, error) {
		return w.as("shop-app").Invoke(t.Context(), agent, resource.InvokeRequest{Environment: "staging", Input: "mode:" + mode})
	}
	for _, tt := range []struct {
		mode string
		want resource.Outcome
	}{
		{"good", resource.OutcomeSuccess}, {"tool", resource.OutcomeSuccess},
		{"badargs", resource.OutcomeError}, {"badtool", resource.OutcomeDenied}, {"listargs", resource.OutcomeError},
		{"s429", resource.OutcomeError}, {"s500", resource.OutcomeError}, {"nothing", resource.OutcomeError}, {"cut", resource.OutcomeError},
		{"html", resource.OutcomeError}, {"nochoice", resource.OutcomeError}, {"hang", resource.OutcomeError},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			agent := "odd"
			if tt.mode == "hang" {
				agent = "odd-hasty"
			}
			run, err := invoke(agent, tt.mode)
			if err != nil || run.Outcome != tt.want || run.EndedAt == 0 {
				t.Errorf("invoke = %s (%s), %v; want %s", run.Outcome, run.Message, err, tt.want)
			}
			if tt.want != resource.OutcomeSuccess && run.Message == "" || strings.Contains(run.Message, "secret-internal-detail") {
				t.Errorf("invoke says %q, want a reason of our own", run.Message)
			}
		})
	}
}

// TestServerFaults has servers that misbehave in the middle of a call: the model
// is told, the run goes on, and the next call has a server again.
func TestServerFaults(t *testing.T) {
	t.Parallel()
	model := httptest.NewServer(oddModel())
	t.Cleanup(model.Close)
	w := newWorldWith(t, "aureus", model.URL+"/v1")
	bad := filepath.Join(w.dir, "faults", "bad")
	if err := os.Mkdir(filepath.Dir(bad), 0o700); err != nil {
		t.Fatal(err)
	}
	call := func(agent string) *resource.ToolStep {
		t.Helper()
		run, err := w.as("shop-app").Invoke(t.Context(), agent, resource.InvokeRequest{Environment: "staging", Input: "mode:tool"})
		if err != nil || run.Outcome != resource.OutcomeSuccess {
			t.Fatalf("invoke %s = %s (%s), %v; want it to end well", agent, run.Outcome, run.Message, err)
		}
		for _, s := range run.Steps {
			if s.Tool != nil {
				return s.Tool
			}
		}
		t.Fatalf("the run of %s has no tool call", agent)
		return nil
	}
	for _, mode := range []string{"crash", "mute"} {
		v := w.push(oddAgent("odd-"+mode, mode, bad, blueprint.Duration(3*time.Second)))
		if rel := w.release(v, "staging"); rel.State != resource.ReleasePromoted {
			t.Fatalf("%s ended %s: %s", v.Name, rel.State, rel.Reason)
		}
		if s := call(v.Agent); s.IsError {
			t.Errorf("the call before the fault = %q, want an answer", s.Result)
		}
		touch(t, bad)
		if s := call(v.Agent); !s.IsError || s.Result == "" {
			t.Errorf("the call with a server that does %s = %q (error: %v), want an error", mode, s.Result, s.IsError)
		} else {
			t.Logf("%s: %s", mode, s.Result)
		}
		if err := os.Remove(bad); err != nil {
			t.Fatal(err)
		}
		if s := call(v.Agent); s.IsError {
			t.Errorf("the call after the fault = %q, want an answer", s.Result)
		}
	}
	w.stop()
}
