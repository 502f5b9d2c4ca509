package redteam_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/redteam"
	"github.com/aureus-agents/aureus/internal/tool"
	"github.com/aureus-agents/aureus/resource"
)

// realLink pins a tool of a real MCP server over HTTP, has the server offer it
// otherwise, and opens the version again.
func realLink(t *testing.T) redteam.Link {
	t.Helper()
	var offered atomic.Pointer[resource.ToolPin]
	srv := httptest.NewServer(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server {
		p := offered.Load()
		s := mcp.NewServer(&mcp.Implementation{Name: "office", Version: "1"}, nil)
		s.AddTool(&mcp.Tool{Name: p.Name, Description: p.Description, InputSchema: p.InputSchema}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{}, nil
		})
		return s
	}, &mcp.StreamableHTTPOptions{Stateless: true}))
	t.Cleanup(srv.Close)
	n := 0
	return func(pinned, now resource.ToolPin) error {
		n++
		tools := tool.New(tool.Config{})
		defer tools.Close()
		offered.Store(&pinned)
		a := &blueprint.Agent{Spec: blueprint.Spec{
			Servers: []blueprint.Server{{Name: "office", HTTP: &blueprint.HTTPServer{URL: srv.URL}}},
			Tools:   []blueprint.Tool{{Name: pinned.Name, Server: "office", Intent: blueprint.IntentRead}},
		}}
		adapters, err := tools.Discover(t.Context(), a)
		if err != nil {
			t.Fatalf("Discover = %v", err)
		}
		m := &resource.Manifest{Blueprint: *a, Adapters: adapters}
		if _, err := tools.Open(t.Context(), m, fmt.Sprintf("sha256:%d-same", n)); err != nil {
			t.Fatalf("Open of an unchanged server = %v", err)
		}
		offered.Store(&now)
		_, err = tools.Open(t.Context(), m, fmt.Sprintf("sha256:%d", n))
		return err
	}
}
