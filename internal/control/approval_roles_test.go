package control_test

import (
	"context"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// approvalUseCases is the matrix of delegations, channels and what is taken back.
func approvalUseCases(approval string) map[string]useCase {
	type C = *control.Control
	type P = control.Principal
	all := append([]resource.Role{}, resource.Roles()...)
	adm, appr := []resource.Role{resource.RoleAdmin}, []resource.Role{resource.RoleApprover, resource.RoleAdmin}
	return map[string]useCase{
		"ShowApproval": {"Viewer", all, func(ctx context.Context, c C, p P) error { _, err := c.ShowApproval(ctx, p, approval); return err }},
		"Withdraw": {"Viewer", all, func(ctx context.Context, c C, p P) error {
			_, err := c.Withdraw(ctx, p, "none", resource.WithdrawRequest{Reason: "test"})
			return err
		}},
		"Delegate": {"Anybody with the role that is delegated", appr, func(ctx context.Context, c C, p P) error {
			_, err := c.Delegate(ctx, p, resource.DelegationRequest{})
			return err
		}},
		"Delegations": {"Viewer", all, func(ctx context.Context, c C, p P) error {
			_, err := c.Delegations(ctx, p, control.DelegationFilter{}, control.Page{})
			return err
		}},
		"EndDelegation": {"Who gave it, who got it, or an admin", all, func(ctx context.Context, c C, p P) error {
			_, err := c.EndDelegation(ctx, p, "none", "test")
			return err
		}},
		"LinkChannelUser": {"Admin", adm, func(ctx context.Context, c C, p P) error {
			_, err := c.LinkChannelUser(ctx, p, resource.ChannelUser{})
			return err
		}},
		"UnlinkChannelUser": {"Admin", adm, func(ctx context.Context, c C, p P) error { return c.UnlinkChannelUser(ctx, p, "slack", "none") }},
		"ChannelUsers":      {"Admin", adm, func(ctx context.Context, c C, p P) error { _, err := c.ChannelUsers(ctx, p); return err }},
	}
}
