package tool

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/fault"
)

const (
	maxPages = 100  // of a server's list of tools
	maxTools = 2000 // of one server
)

// tools lists everything the server offers, by name.
func (l *link) tools(ctx context.Context) (map[string]*mcp.Tool, error) {
	out := map[string]*mcp.Tool{}
	var params *mcp.ListToolsParams
	for range maxPages {
		res, err := l.session.ListTools(ctx, params)
		if err != nil {
			return nil, l.lost(err, "did not list its tools")
		}
		for _, t := range res.Tools {
			if _, twice := out[t.Name]; twice {
				return nil, fault.New(fault.Upstream, "server %q lists the tool %q twice; which one would be called is not known", l.server.Name, t.Name)
			}
			out[t.Name] = t
		}
		if len(out) > maxTools {
			return nil, fault.New(fault.Upstream, "server %q lists more than %d tools", l.server.Name, maxTools)
		}
		if res.NextCursor == "" {
			return out, nil
		}
		params = &mcp.ListToolsParams{Cursor: res.NextCursor}
	}
	return nil, fault.New(fault.Upstream, "server %q lists its tools without end (over %d pages)", l.server.Name, maxPages)
}
