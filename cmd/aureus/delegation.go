package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newDelegation(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "delegation", Short: "Let somebody answer approvals in your name for a while", Args: cobra.NoArgs}
	cmd.AddCommand(newDelegationCreate(e), newDelegationList(e), newDelegationEnd(e))
	return cmd
}

func newDelegationCreate(e *env) *cobra.Command {
	var req resource.DelegationRequest
	var role, until string
	cmd := &cobra.Command{
		Use:   "create --to NAME --until TIME --reason TEXT",
		Short: "Let NAME answer in your name until a time",
		Long: `Let another person answer approval requests in your name until a time. The delegate
can do what this token of yours can, as long as you can, and cannot pass it on.
Both names are in the record, and neither may be one that the request separates from
its approvers: the author, the pusher, the requester. The answer counts as yours.
-o json prints the delegation.`,
		Args: cobra.NoArgs,
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&req.To, "to", "", "who answers")
	cmd.Flags().StringVar(&until, "until", "", "its end: 2026-12-24, 2026-12-24T18:00:00Z, or a time from now as 72h")
	cmd.Flags().StringSliceVar(&req.Groups, "group", nil, "only what you may as a member of this group; repeat for more (default: all that this token may)")
	cmd.Flags().StringVar(&role, "role", string(resource.RoleApprover), "the role that it lends")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, for the record")
	for _, name := range []string{"to", "until", "reason"} {
		_ = cmd.MarkFlagRequired(name) // the flag is there
	}
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		end, err := endOf(until, time.Now())
		if err != nil {
			return err
		}
		req.Role, req.Until = resource.Role(role), resource.Millis(end.UnixMilli())
		d, err := c.Delegate(ctx, req)
		if err != nil {
			return err
		}
		return r.print(d, func(w io.Writer) {
			say(w, "%s: %s answers in the name of %s until %s\n", d.ID, d.To, d.From, when(d.Until))
		})
	})
	return cmd
}

// endOf reads a time: a date, which ends with its day (UTC), an instant, or a
// duration from now.
func endOf(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(d), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.AddDate(0, 0, 1), nil
	}
	return time.Time{}, fault.New(fault.Invalid, "--until %q is no time; write a date as 2026-12-24, an instant as 2026-12-24T18:00:00Z, or a time from now as 72h", s)
}

func newDelegationList(e *env) *cobra.Command {
	var f client.DelegationFilter
	var all bool
	cmd := &cobra.Command{Use: "list", Short: "List who answers in whose name",
		Long: "List who answers in whose name. -o json prints a list of them.", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&f.From, "from", "", "only in the name of this person")
	cmd.Flags().StringVar(&f.To, "to", "", "only to this person")
	cmd.Flags().BoolVar(&all, "all", false, "also those that have ended")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		f.Open = !all
		l, err := c.Delegations(ctx, f, client.Page{})
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "DELEGATION FROM TO ROLE GROUPS UNTIL ENDED REASON", func(row func(...any)) {
				for _, d := range l.Items {
					row(d.ID, d.From, d.To, d.Role, strings.Join(d.Groups, ","), when(d.Until), when(d.EndedAt), oneLine(d.Reason))
				}
			})
		})
	})
	return cmd
}

func newDelegationEnd(e *env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "end DELEGATION", Short: "End a delegation before its time",
		Long: "End a delegation before its time. Who gave it, who got it, or an admin.\n-o json prints the delegation.", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		d, err := c.EndDelegation(ctx, args[0], reason)
		if err != nil {
			return err
		}
		return r.print(d, func(w io.Writer) { say(w, "%s has ended\n", d.ID) })
	})
	return cmd
}
