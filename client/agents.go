package client

import (
	"context"
	"net/url"

	"github.com/aureus-agents/aureus/resource"
)

// Agents lists agents by name.
func (c *Client) Agents(ctx context.Context) (List[resource.AgentSummary], error) {
	return get[List[resource.AgentSummary]](ctx, c, nil, "agents")
}

// Agent is one agent.
func (c *Client) Agent(ctx context.Context, name string) (resource.AgentSummary, error) {
	return get[resource.AgentSummary](ctx, c, nil, "agents", name)
}

// Push registers a version of the agent that the blueprint names.
func (c *Client) Push(ctx context.Context, r resource.PushRequest) (resource.PushResult, error) {
	if r.Blueprint == nil {
		return resource.PushResult{}, &Error{Code: Invalid, Detail: "there is no blueprint to push"}
	}
	return post[resource.PushResult](ctx, c, r, "agents", r.Blueprint.Metadata.Name, "versions")
}

// Versions lists an agent's versions, newest first, without manifests.
func (c *Client) Versions(ctx context.Context, agent string, p Page) (List[resource.Version], error) {
	return get[List[resource.Version]](ctx, c, p.params(params{}), "agents", agent, "versions")
}

// Version resolves a reference: agent (its latest), agent@v3, agent@sha256:... or sha256:....
func (c *Client) Version(ctx context.Context, ref string) (resource.Version, error) {
	return get[resource.Version](ctx, c, nil, "versions", ref)
}

// Diff is the capability delta from one version to another; from "" is none.
func (c *Client) Diff(ctx context.Context, from, to string) (resource.Delta, error) {
	return get[resource.Delta](ctx, c, url.Values(params{}.add("from", from).add("to", to)), "diff")
}

// Evidence lists the evidence about a version, each with whether it verifies.
func (c *Client) Evidence(ctx context.Context, ref string) (List[resource.VerifiedEvidence], error) {
	return get[List[resource.VerifiedEvidence]](ctx, c, nil, "versions", ref, "evidence")
}

// Simulate simulates a version's scenarios.
func (c *Client) Simulate(ctx context.Context, ref string, o resource.CheckOptions) (resource.CheckResult, error) {
	return post[resource.CheckResult](ctx, c, o, "versions", ref, "simulations")
}

// Evaluate evaluates a version.
func (c *Client) Evaluate(ctx context.Context, ref string, o resource.CheckOptions) (resource.CheckResult, error) {
	return post[resource.CheckResult](ctx, c, o, "versions", ref, "evaluations")
}

// Keys is the server's public keys. Needs no token.
func (c *Client) Keys(ctx context.Context) (resource.PublicKeys, error) {
	return get[resource.PublicKeys](ctx, c, nil, "keys")
}

// Environments lists environments in promotion order.
func (c *Client) Environments(ctx context.Context) (List[resource.Environment], error) {
	return get[List[resource.Environment]](ctx, c, nil, "environments")
}

// Deployments lists what serves; agent "" is all.
func (c *Client) Deployments(ctx context.Context, agent string) (List[resource.Deployment], error) {
	return get[List[resource.Deployment]](ctx, c, url.Values(params{}.add("agent", agent)), "deployments")
}

// Snapshots lists what served in an environment, newest first.
func (c *Client) Snapshots(ctx context.Context, agent, environment string) (List[resource.Snapshot], error) {
	return get[List[resource.Snapshot]](ctx, c, url.Values(params{}.add("agent", agent).add("environment", environment)), "snapshots")
}
