package client

import (
	"context"

	"github.com/aureus-agents/aureus/resource"
)

// StartDrill starts a drill of an agent; it runs in the background.
func (c *Client) StartDrill(ctx context.Context, agent string, r resource.DrillRequest) (resource.Drill, error) {
	return post[resource.Drill](ctx, c, r, "agents", agent, "drills")
}

// Drill is one drill by its id.
func (c *Client) Drill(ctx context.Context, id string) (resource.Drill, error) {
	return get[resource.Drill](ctx, c, nil, "drills", id)
}

// Drills lists an agent's drills, newest first.
func (c *Client) Drills(ctx context.Context, agent string, p Page) (List[resource.Drill], error) {
	return get[List[resource.Drill]](ctx, c, p.params(params{}), "agents", agent, "drills")
}
