package client

import (
	"context"

	"github.com/aureus-agents/aureus/resource"
)

// Incidents lists incidents, newest first; empty agent and state match all.
func (c *Client) Incidents(ctx context.Context, agent, state string, p Page) (List[resource.Incident], error) {
	return get[List[resource.Incident]](ctx, c, p.params(params{}.add("agent", agent).add("state", state)), "incidents")
}

// Incident is one incident.
func (c *Client) Incident(ctx context.Context, id string) (resource.Incident, error) {
	return get[resource.Incident](ctx, c, nil, "incidents", id)
}

// RecordRCA records the root cause analysis. The server says who and when.
func (c *Client) RecordRCA(ctx context.Context, incident string, r resource.RCARequest) (resource.Incident, error) {
	return post[resource.Incident](ctx, c, r, "incidents", incident, "rca")
}

// ProveGuardrail proves that a scenario would have caught the bad version, which
// resolves the incident.
func (c *Client) ProveGuardrail(ctx context.Context, incident string, r resource.GuardrailRequest) (resource.Incident, error) {
	return post[resource.Incident](ctx, c, r, "incidents", incident, "guardrail")
}
