package client

import (
	"context"

	"github.com/aureus-agents/aureus/resource"
)

// ReleaseFilter selects releases; empty fields match all.
type ReleaseFilter struct {
	Agent, Environment, Digest string
	States                     []resource.ReleaseState
}

// StartRelease starts a release; its steps run in the background.
func (c *Client) StartRelease(ctx context.Context, r resource.ReleaseRequest) (resource.Release, error) {
	return post[resource.Release](ctx, c, r, "releases")
}

// Releases lists releases, newest first.
func (c *Client) Releases(ctx context.Context, f ReleaseFilter, p Page) (List[resource.Release], error) {
	q := params{}.add("agent", f.Agent).add("environment", f.Environment).add("digest", f.Digest).add("state", commas(f.States))
	return get[List[resource.Release]](ctx, c, p.params(q), "releases")
}

// Release is one release.
func (c *Client) Release(ctx context.Context, id string) (resource.Release, error) {
	return get[resource.Release](ctx, c, nil, "releases", id)
}

// MoveRelease sends pause, resume, cancel, promote or rollback to a release.
func (c *Client) MoveRelease(ctx context.Context, id, event, reason string) (resource.Release, error) {
	return post[resource.Release](ctx, c, resource.MoveRequest{Event: event, Reason: reason}, "releases", id, "events")
}

// Verdict recomputes a canary's verdict from its outcomes.
func (c *Client) Verdict(ctx context.Context, release string) (resource.CanaryVerdict, error) {
	return get[resource.CanaryVerdict](ctx, c, nil, "releases", release, "verdict")
}

// Rollback takes an environment back to its last verified snapshot.
func (c *Client) Rollback(ctx context.Context, agent, environment, reason string) (resource.Release, error) {
	return post[resource.Release](ctx, c, resource.RollbackRequest{Environment: environment, Reason: reason}, "agents", agent, "rollback")
}

// ApprovalFilter selects approval requests; empty fields match all.
type ApprovalFilter struct {
	Agent, Kind, Subject string
	State                resource.ApprovalState
}

// Approvals lists approval requests, newest first.
func (c *Client) Approvals(ctx context.Context, f ApprovalFilter, p Page) (List[resource.Approval], error) {
	q := params{}.add("agent", f.Agent).add("kind", f.Kind).add("subject", f.Subject).add("state", string(f.State))
	return get[List[resource.Approval]](ctx, c, p.params(q), "approvals")
}

// Approval is one approval request.
func (c *Client) Approval(ctx context.Context, id string) (resource.Approval, error) {
	return get[resource.Approval](ctx, c, nil, "approvals", id)
}

// ViewApproval shows a request; who may answer it gets a single-use token that
// answers exactly what was shown.
func (c *Client) ViewApproval(ctx context.Context, id string) (resource.ApprovalView, error) {
	return post[resource.ApprovalView](ctx, c, nil, "approvals", id, "view")
}

// Decide answers a request with the token of its view.
func (c *Client) Decide(ctx context.Context, id string, r resource.DecideRequest) (resource.Approval, error) {
	return post[resource.Approval](ctx, c, r, "approvals", id, "decision")
}
