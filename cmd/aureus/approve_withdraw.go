package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

func newApprovalWithdraw(e *env) *cobra.Command {
	var req resource.WithdrawRequest
	cmd := &cobra.Command{
		Use:   "withdraw APPROVAL --reason TEXT",
		Short: "Take back a yes, or the request, before it is used",
		Long: `Take back your yes, or the one that a delegate gave in your name, as long as it has
not been used. A request that is not approved yet goes on waiting without it. A
release that was approved and has no traffic yet is cancelled; a call that was not
made yet is not made. With --request the request itself is withdrawn, which who asked
for it and operators may. -o json prints the approval.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, for the record")
	_ = cmd.MarkFlagRequired("reason") // the flag is there
	cmd.Flags().BoolVar(&req.Request, "request", false, "withdraw the request, not a yes")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		a, err := c.Withdraw(ctx, args[0], req)
		if err != nil {
			return err
		}
		return r.print(a, func(w io.Writer) {
			if a.State == resource.ApprovalPending {
				say(w, "taken back; %s\n", stillNeeded(a))
				return
			}
			say(w, "withdrawn: %s\n", a.ID)
		})
	})
	return cmd
}
