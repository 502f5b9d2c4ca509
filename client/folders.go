package client

import (
	"context"

	"github.com/aureus-agents/aureus/resource"
)

// PlanPush says what Push would do, without doing it.
func (c *Client) PlanPush(ctx context.Context, r resource.PushRequest) (resource.PushPlan, error) {
	if r.Blueprint == nil {
		return resource.PushPlan{}, &Error{Code: Invalid, Detail: "there is no blueprint to plan"}
	}
	return post[resource.PushPlan](ctx, c, r, "agents", r.Blueprint.Metadata.Name, "plan")
}

// Retire takes an agent out of service in every environment, until a version of
// it is released again. It returns the deployments that were stopped.
func (c *Client) Retire(ctx context.Context, agent, reason string) (List[resource.Deployment], error) {
	return post[List[resource.Deployment]](ctx, c, resource.RetireRequest{Reason: reason}, "agents", agent, "retire")
}

// Drift compares the tools that an agent's serving versions have pinned with what
// their servers offer now.
func (c *Client) Drift(ctx context.Context, agent string) (resource.AgentDrift, error) {
	return get[resource.AgentDrift](ctx, c, nil, "agents", agent, "drift")
}
