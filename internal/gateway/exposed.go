package gateway

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// maxPages bounds what is read of one server's list.
const maxPages = 100

// exposing names the servers of the version that expose what, in its order.
func (s *session) exposing(what string) (names []string) {
	for _, server := range s.calls.Servers() {
		if slices.Contains(server.Expose, what) {
			names = append(names, server.Name)
		}
	}
	return names
}

// expose serves resources and prompts. The name of its server comes before each
// URI (SERVER+URI) and each prompt's name (SERVER.NAME).
func (s *session) expose(ctx context.Context, req mcp.Request) (res mcp.Result, ours bool, err error) {
	switch r := req.(type) {
	case *mcp.ListResourcesRequest:
		all := &mcp.ListResourcesResult{Resources: []*mcp.Resource{}}
		err = list(ctx, s, blueprint.ExposeResources, "resources/list", func(server string, page *mcp.ListResourcesResult) string {
			for _, x := range page.Resources {
				x.URI = server + "+" + x.URI
			}
			all.Resources = append(all.Resources, page.Resources...)
			return page.NextCursor
		})
		return all, true, err
	case *mcp.ListResourceTemplatesRequest:
		all := &mcp.ListResourceTemplatesResult{ResourceTemplates: []*mcp.ResourceTemplate{}}
		err = list(ctx, s, blueprint.ExposeResources, "resources/templates/list", func(server string, page *mcp.ListResourceTemplatesResult) string {
			for _, x := range page.ResourceTemplates {
				x.URITemplate = server + "+" + x.URITemplate
			}
			all.ResourceTemplates = append(all.ResourceTemplates, page.ResourceTemplates...)
			return page.NextCursor
		})
		return all, true, err
	case *mcp.ReadResourceRequest:
		server, uri, prefix := s.resourceOf(r.Params.URI)
		out := &mcp.ReadResourceResult{}
		err = s.ask(ctx, server, blueprint.ExposeResources, map[string]any{"method": "resources/read", "uri": uri}, nil, out)
		for _, c := range out.Contents {
			c.URI = prefix + c.URI
		}
		return out, true, err
	case *mcp.ListPromptsRequest:
		all := &mcp.ListPromptsResult{Prompts: []*mcp.Prompt{}}
		err = list(ctx, s, blueprint.ExposePrompts, "prompts/list", func(server string, page *mcp.ListPromptsResult) string {
			for _, x := range page.Prompts {
				x.Name = server + "." + x.Name
			}
			all.Prompts = append(all.Prompts, page.Prompts...)
			return page.NextCursor
		})
		return all, true, err
	case *mcp.GetPromptRequest:
		server, name := s.promptOf(r.Params.Name)
		args := map[string]any{}
		for k, v := range r.Params.Arguments {
			args[k] = v
		}
		out := &mcp.GetPromptResult{}
		err = s.ask(ctx, server, blueprint.ExposePrompts, map[string]any{"method": "prompts/get", "name": name, "arguments": args}, nil, out)
		return out, true, err
	}
	return nil, false, nil
}

// resourceOf takes a URI apart. One without a server's name is of the one server
// that exposes resources: links in results are as their server wrote them.
func (s *session) resourceOf(full string) (server, uri, prefix string) {
	all := s.exposing(blueprint.ExposeResources)
	if server, uri, ok := strings.Cut(full, "+"); ok && slices.Contains(all, server) {
		return server, uri, server + "+"
	}
	if len(all) == 1 {
		return all[0], full, ""
	}
	return "", full, ""
}

// promptOf takes a prompt's name apart. Names of servers may hold dots.
func (s *session) promptOf(full string) (server, name string) {
	for _, server := range s.exposing(blueprint.ExposePrompts) {
		if name, ok := strings.CutPrefix(full, server+"."); ok {
			return server, name
		}
	}
	return "", full
}

// list reads a list of every server that exposes what; page takes a page and
// returns the cursor of the next one.
func list[T any](ctx context.Context, s *session, what, method string, page func(server string, p *T) (next string)) error {
	for _, server := range s.exposing(what) {
		cursor := ""
		for range maxPages {
			var p T
			args := map[string]any{"method": method}
			if cursor != "" {
				args["cursor"] = cursor
			}
			if err := s.ask(ctx, server, what, args, nil, &p); err != nil {
				return err
			}
			if cursor = page(server, &p); cursor == "" {
				break
			}
		}
	}
	return nil
}

// subscribe passes a subscription on, or its end.
func (s *session) subscribe(ctx context.Context, method, full string) error {
	server, uri, prefix := s.resourceOf(full)
	updated := func(uri string) bool {
		if s.context.Err() != nil {
			return false
		}
		_ = s.server.ResourceUpdated(s.context, &mcp.ResourceUpdatedNotificationParams{URI: prefix + uri}) // the client may be gone
		return true
	}
	return s.ask(ctx, server, blueprint.ExposeResources, map[string]any{"method": method, "uri": uri}, updated, &struct{}{})
}

// ask takes a request for what a server exposes through the guard, as a call.
func (s *session) ask(ctx context.Context, server, what string, args map[string]any, updated func(string) bool, out any) error {
	if !slices.Contains(s.exposing(what), server) {
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "no server of this version exposes it"}
	}
	text, err := json.Marshal(args)
	if err != nil {
		return rpcError(err)
	}
	a, err := s.calls.Call(ctx, agentrun.Asked{Name: blueprint.ExposedTool(server, what), Args: string(text), Updated: updated},
		control.Waiting{For: max(s.g.cfg.Wait, 0)})
	s.later()
	switch {
	case err != nil:
		s.g.logFailure(err)
		return rpcError(err)
	case a.Pending:
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: a.Text + " " + s.where(a.Approval) + " Then ask again."}
	case a.Result == nil:
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: a.Text}
	case a.Result.IsError:
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: a.Result.Text}
	}
	if err := json.Unmarshal(a.Result.Raw, out); err != nil {
		return rpcError(fault.Wrap(err, fault.Upstream, "server %q answered with what is not MCP", server))
	}
	return nil
}
