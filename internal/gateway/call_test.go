package gateway_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/resource"
)

// say calls a tool with one argument.
func (w *world) say(s *mcp.ClientSession, tool, text string) *mcp.CallToolResult {
	w.Helper()
	res, err := s.CallTool(w.Context(), &mcp.CallToolParams{Name: tool, Arguments: map[string]any{"text": text}})
	w.must(err)
	return res
}

func textOf(r *mcp.CallToolResult) string {
	for _, c := range r.Content {
		if t, ok := c.(*mcp.TextContent); ok {
			return t.Text
		}
	}
	return ""
}

// TestCalls: a client sees the version's tools as they were pinned, its calls
// reach the upstream, and its session is a run with steps and decisions.
func TestCalls(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstream(t)
	v := w.deploy(u.desk())
	s := w.connect(nil)
	list, err := s.ListTools(t.Context(), nil)
	w.must(err)
	got := map[string]string{}
	for _, tool := range list.Tools {
		got[tool.Name] = tool.Description
	}
	want := map[string]string{"echo": "Says it again", "read_page": "Reads a page of the web", "mail": "Sends a mail", "slow": "Takes its time", "big": "Answers at length"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tools/list differs (-want +got):\n%s", diff)
	}
	res := w.say(s, "echo", "hello")
	if len(res.Content) != 2 || textOf(res) != "hello" || res.IsError {
		t.Errorf("echo = %v, want the text and the image", res.Content)
	}
	if res := w.say(s, "unknown", "x"); !res.IsError {
		t.Errorf("a tool that the version has not = %q, want a refusal", textOf(res))
	}
	w.must(s.Close())
	w.eventually("the run's end", func() bool { return w.lastRun().EndedAt != 0 })
	run := w.lastRun()
	if run.Digest != v.Digest || run.Outcome != resource.OutcomeSuccess || !run.Gateway || len(run.Steps) != 2 || run.Stats.ToolCalls != 1 || run.Stats.Denials != 1 {
		t.Fatalf("run = %+v, want a successful session with two steps", run)
	}
	if st := run.Steps[0].Tool; st.Tool != "echo" || st.Decision.State != resource.DecisionApproved || st.Args["text"] != "hello" || st.Result == "" {
		t.Errorf("first step = %+v, want the approved call with its result", st)
	}
	if st := run.Steps[1].Tool; st.Decision.State != resource.DecisionRejected || st.Decision.Check != "tool" {
		t.Errorf("second step = %+v, want a rejected call", st)
	}
}
