package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// exposed reports whether a tool stands for what a server exposes beside its tools.
func exposed(t blueprint.Tool) bool { return strings.Contains(t.Name, "/") }

// read makes a request for what a server exposes. The call's arguments say which:
// its method, and cursor, uri, name or arguments.
func (c *conn) read(ctx context.Context, l *link, bt blueprint.Tool, call agentrun.Call) (agentrun.Result, error) {
	method, _ := call.Args["method"].(string)
	if what, _, _ := strings.Cut(method, "/"); blueprint.ExposedTool(c.server.Name, what) != bt.Name {
		return agentrun.Result{}, fault.New(fault.Invalid, "%s does not stand for %q", bt.Name, method)
	}
	res, texts, err := l.ask(ctx, method, call)
	var refused *jsonrpc.Error
	switch {
	case ctx.Err() == nil && errors.As(err, &refused) && (refused.Code < -32099 || refused.Code > -32000):
		return agentrun.Result{IsError: true, Text: fmt.Sprintf("The server refused the request (%d): %s", refused.Code, refused.Message)}, nil
	case err != nil:
		return agentrun.Result{}, l.lost(err, "did not answer "+method)
	}
	raw, err := json.Marshal(res)
	if err != nil {
		return agentrun.Result{}, fault.Wrap(err, fault.Upstream, "server %q answered %s with what has no JSON form", c.server.Name, method)
	}
	if len(raw) > 2*c.a.cfg.MaxResult {
		return agentrun.Result{IsError: true, Text: fmt.Sprintf("The server answered with %d bytes, which is over the limit of %d.", len(raw), c.a.cfg.MaxResult)}, nil
	}
	if texts == nil {
		texts = []string{string(raw)}
	}
	return agentrun.Result{Text: strings.Join(texts, "\n"), Raw: raw}, nil
}

// ask makes one request and returns its result with the texts in it; nil texts
// are the result as JSON.
func (l *link) ask(ctx context.Context, method string, call agentrun.Call) (res any, texts []string, err error) {
	arg := func(name string) string { s, _ := call.Args[name].(string); return s }
	switch method {
	case "resources/list":
		res, err = l.session.ListResources(ctx, &mcp.ListResourcesParams{Cursor: arg("cursor")})
	case "resources/templates/list":
		res, err = l.session.ListResourceTemplates(ctx, &mcp.ListResourceTemplatesParams{Cursor: arg("cursor")})
	case "resources/read":
		got, rerr := l.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: arg("uri")})
		if rerr == nil {
			for _, c := range got.Contents {
				texts = append(texts, c.Text)
			}
		}
		return got, texts, rerr
	case "resources/subscribe":
		if call.Updated != nil {
			l.updated.Store([2]string{arg("uri"), call.RunID}, call.Updated)
		}
		return struct{}{}, []string{}, l.session.Subscribe(ctx, &mcp.SubscribeParams{URI: arg("uri")})
	case "resources/unsubscribe":
		l.updated.Delete([2]string{arg("uri"), call.RunID})
		return struct{}{}, []string{}, nil // another session may have subscribed too
	case "prompts/list":
		res, err = l.session.ListPrompts(ctx, &mcp.ListPromptsParams{Cursor: arg("cursor")})
	case "prompts/get":
		p := &mcp.GetPromptParams{Name: arg("name"), Arguments: map[string]string{}}
		given, _ := call.Args["arguments"].(map[string]any)
		for k, v := range given {
			p.Arguments[k], _ = v.(string)
		}
		got, perr := l.session.GetPrompt(ctx, p)
		if perr == nil {
			for _, m := range got.Messages {
				if t, ok := m.Content.(*mcp.TextContent); ok {
					texts = append(texts, t.Text)
				}
			}
		}
		return got, texts, perr
	default:
		err = fault.New(fault.Invalid, "%q is no request for what a server exposes", method)
	}
	return res, nil, err
}

// resourceUpdated tells who listens that a resource changed.
func (l *link) resourceUpdated(_ context.Context, r *mcp.ResourceUpdatedNotificationRequest) {
	l.updated.Range(func(key, f any) bool {
		if key.([2]string)[0] == r.Params.URI && !f.(func(string) bool)(r.Params.URI) {
			l.updated.Delete(key)
		}
		return true
	})
}
