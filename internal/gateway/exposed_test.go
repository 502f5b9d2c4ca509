package gateway_test

import (
	"context"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/resource"
)

// TestExposed: resources and prompts are offered when the blueprint says so, under
// their server's name, and reading them is a call that the guard decides and that
// taints.
func TestExposed(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstream(t)
	u.mcp.AddResource(&mcp.Resource{URI: "doc://a", Name: "a"}, func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: "doc://a", Text: "written by mallory"}}}, nil
	})
	u.mcp.AddPrompt(&mcp.Prompt{Name: "greet"}, func(_ context.Context, r *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: "Hello " + r.Params.Arguments["name"]}}}}, nil
	})
	a := u.desk()
	a.Spec.Tools = a.Spec.Tools[:2]
	w.deploy(a)
	s := w.connect(nil)
	if caps := s.InitializeResult().Capabilities; caps.Resources != nil || caps.Prompts != nil {
		t.Errorf("capabilities = %+v without expose, want neither resources nor prompts", caps)
	}
	if _, err := s.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "office+doc://a"}); err == nil {
		t.Error("a resource that is not exposed was read")
	}
	a.Spec.Servers[0].Expose = []string{blueprint.ExposeResources, blueprint.ExposePrompts}
	w.deploy(a)
	s = w.connect(nil)
	list, err := s.ListResources(t.Context(), nil)
	w.must(err)
	if len(list.Resources) != 1 || list.Resources[0].URI != "office+doc://a" {
		t.Fatalf("resources = %+v, want the one under its server's name", list.Resources)
	}
	got, err := s.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "office+doc://a"})
	w.must(err)
	if len(got.Contents) != 1 || got.Contents[0].Text != "written by mallory" || got.Contents[0].URI != "office+doc://a" {
		t.Errorf("the resource = %+v", got.Contents)
	}
	prompt, err := s.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "office.greet", Arguments: map[string]string{"name": "Ada"}})
	w.must(err)
	if text, _ := prompt.Messages[0].Content.(*mcp.TextContent); text == nil || text.Text != "Hello Ada" {
		t.Errorf("the prompt = %+v", prompt.Messages)
	}
	if _, err := s.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "doc://none"}); err == nil {
		t.Error("a resource that does not exist was read")
	}
	w.must(s.Close())
	w.eventually("the run's end", func() bool { return w.lastRun().EndedAt != 0 })
	run := w.lastRun()
	if len(run.Steps) != 4 {
		t.Fatalf("%d steps, want the list, the resource, the prompt and the resource that is not there", len(run.Steps))
	}
	for i, st := range run.Steps {
		if d := st.Tool.Decision; d.State != resource.DecisionApproved || d.Before.Tainted != (i > 0) {
			t.Errorf("step %d = %s %+v, want approved, tainted by the first", i, st.Tool.Tool, d)
		}
	}
}

// TestResourceUpdates: a subscribed resource's changes reach the client.
func TestResourceUpdates(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstreamWith(t, &mcp.ServerOptions{
		SubscribeHandler:   func(context.Context, *mcp.SubscribeRequest) error { return nil },
		UnsubscribeHandler: func(context.Context, *mcp.UnsubscribeRequest) error { return nil }})
	u.mcp.AddResource(&mcp.Resource{URI: "doc://a", Name: "a"}, func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		return &mcp.ReadResourceResult{}, nil
	})
	a := u.desk()
	a.Spec.Tools = a.Spec.Tools[:2]
	a.Spec.Servers[0].Expose = []string{blueprint.ExposeResources}
	w.deploy(a)
	updated := make(chan string, 10)
	s := w.connect(&mcp.ClientOptions{ResourceUpdatedHandler: func(_ context.Context, r *mcp.ResourceUpdatedNotificationRequest) {
		updated <- r.Params.URI
	}})
	w.must(s.Subscribe(t.Context(), &mcp.SubscribeParams{URI: "office+doc://a"}))
	w.must(u.mcp.ResourceUpdated(t.Context(), &mcp.ResourceUpdatedNotificationParams{URI: "doc://a"}))
	if uri := <-updated; uri != "office+doc://a" {
		t.Errorf("%q changed, want office+doc://a", uri)
	}
	w.must(s.Unsubscribe(t.Context(), &mcp.UnsubscribeParams{URI: "office+doc://a"}))
}
