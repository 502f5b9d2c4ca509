package client

import (
	"context"
	"net/http"
	"strconv"

	"github.com/aureus-agents/aureus/resource"
)

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

// ShowApproval shows a request with all that it is about, and gives no token.
func (c *Client) ShowApproval(ctx context.Context, id string) (resource.ApprovalView, error) {
	return get[resource.ApprovalView](ctx, c, nil, "approvals", id, "view")
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

// Withdraw takes back the caller's yes, or the request.
func (c *Client) Withdraw(ctx context.Context, id string, r resource.WithdrawRequest) (resource.Approval, error) {
	return post[resource.Approval](ctx, c, r, "approvals", id, "withdraw")
}

// DelegationFilter selects delegations; empty fields match all.
type DelegationFilter struct {
	From, To string
	Open     bool // only those that are in force
}

// Delegations lists who answers in whose name, newest first.
func (c *Client) Delegations(ctx context.Context, f DelegationFilter, p Page) (List[resource.Delegation], error) {
	q := params{}.add("from", f.From).add("to", f.To)
	if f.Open {
		q = q.add("open", strconv.FormatBool(f.Open))
	}
	return get[List[resource.Delegation]](ctx, c, p.params(q), "delegations")
}

// Delegate lets another person answer in the caller's name until a time.
func (c *Client) Delegate(ctx context.Context, r resource.DelegationRequest) (resource.Delegation, error) {
	return post[resource.Delegation](ctx, c, r, "delegations")
}

// EndDelegation ends a delegation before its time.
func (c *Client) EndDelegation(ctx context.Context, id, reason string) (resource.Delegation, error) {
	return post[resource.Delegation](ctx, c, map[string]string{"reason": reason}, "delegations", id, "end")
}

// ChannelUsers lists which person a user of a channel is.
func (c *Client) ChannelUsers(ctx context.Context) (List[resource.ChannelUser], error) {
	return get[List[resource.ChannelUser]](ctx, c, nil, "channels", "users")
}

// LinkChannelUser says which person a user of a channel is.
func (c *Client) LinkChannelUser(ctx context.Context, u resource.ChannelUser) (resource.ChannelUser, error) {
	return post[resource.ChannelUser](ctx, c, u, "channels", "users")
}

// UnlinkChannelUser takes it back.
func (c *Client) UnlinkChannelUser(ctx context.Context, channel, user string) error {
	res, err := c.send(ctx, call{method: http.MethodDelete, path: []string{"channels", "users", channel, user}})
	if err != nil {
		return err
	}
	return res.Body.Close()
}
