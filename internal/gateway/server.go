package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// newServer is the MCP server of one session, with the tools of its version.
func (s *session) newServer() (*mcp.Server, error) {
	run := s.calls.Run()
	opts := &mcp.ServerOptions{
		Instructions: fmt.Sprintf("The tools of %s in %s. Every call is decided by its guard and recorded; a refused call says why and what to do.",
			s.calls.Version(), run.Environment),
		//lint:ignore SA1019 clients of the versions with sessions ask for it
		Capabilities:              &mcp.ServerCapabilities{Logging: &mcp.LoggingCapabilities{}, Tools: &mcp.ToolCapabilities{}},
		SupportedProtocolVersions: protocols,
		GetSessionID:              func() string { return s.id },
	}
	if len(s.exposing(blueprint.ExposeResources)) > 0 {
		opts.Capabilities.Resources = &mcp.ResourceCapabilities{Subscribe: true}
		opts.SubscribeHandler = func(ctx context.Context, r *mcp.SubscribeRequest) error {
			return s.subscribe(ctx, "resources/subscribe", r.Params.URI)
		}
		opts.UnsubscribeHandler = func(ctx context.Context, r *mcp.UnsubscribeRequest) error {
			return s.subscribe(ctx, "resources/unsubscribe", r.Params.URI)
		}
	}
	if len(s.exposing(blueprint.ExposePrompts)) > 0 {
		opts.Capabilities.Prompts = &mcp.PromptCapabilities{}
	}
	server := mcp.NewServer(s.g.implementation(), opts)
	for _, t := range s.calls.Tools() {
		if err := addTool(server, t); err != nil {
			return nil, err
		}
	}
	server.AddReceivingMiddleware(s.intercept)
	return server, nil
}

// addTool shows a tool as it was pinned, under the blueprint's name.
func addTool(server *mcp.Server, t agentrun.PinnedTool) (err error) {
	tool := &mcp.Tool{Name: t.Name, Description: t.Description, InputSchema: map[string]any{"type": "object"}}
	if t.Pin != nil {
		schema := maps.Clone(t.Pin.InputSchema)
		if schema["type"] == nil {
			schema["type"] = "object"
		}
		tool.InputSchema = schema
		if t.Pin.OutputSchema != nil {
			tool.OutputSchema = t.Pin.OutputSchema
		}
		if tool.Annotations, err = annotations(t.Pin.Annotations); err != nil {
			return fault.Wrap(err, fault.Verification, "the annotations of the tool %q are not those of MCP; push the blueprint again", t.Name)
		}
	}
	defer func() {
		if v := recover(); v != nil { // how the SDK refuses a schema
			err = fault.New(fault.Verification, "the schema of the tool %q cannot be shown to MCP clients; its server has to state an object", t.Name)
		}
	}()
	server.AddTool(tool, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, fault.New(fault.Internal, "a call did not go through the guard; it was not made") // intercept takes every call
	})
	return nil
}

func annotations(pinned map[string]any) (*mcp.ToolAnnotations, error) {
	if pinned == nil {
		return nil, nil
	}
	text, err := json.Marshal(pinned)
	if err != nil {
		return nil, err
	}
	a := &mcp.ToolAnnotations{}
	return a, json.Unmarshal(text, a)
}

// intercept takes the calls, also those of tools that the version does not have:
// the guard refuses and records them.
func (s *session) intercept(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if call, ok := req.(*mcp.CallToolRequest); ok {
			return s.call(ctx, call)
		}
		if res, ours, err := s.expose(ctx, req); ours {
			return res, err
		}
		return next(ctx, method, req)
	}
}
