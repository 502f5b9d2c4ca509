package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

func newToken(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Make, list and revoke access tokens", Args: cobra.NoArgs}
	cmd.AddCommand(newTokenCreate(e), newTokenList(e), newTokenRevoke(e))
	return cmd
}

func newTokenCreate(e *env) *cobra.Command {
	var req resource.TokenRequest
	var roles []string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use:   "create --name NAME --role ROLE",
		Short: "Make a token; its secret is shown once",
		Long: `Make a token; its secret is shown once. Roles: viewer developer operator approver
auditor admin. Kinds: human agent service; only a human's token can approve. Groups
are names that approval rules ask for; no role includes one.`,
		Args: cobra.NoArgs,
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&req.Name, "name", "", "the person or service it is for")
	cmd.Flags().StringVar(&req.Kind, "kind", "human", "human, agent or service")
	cmd.Flags().StringSliceVar(&roles, "role", nil, "role; repeat for more")
	cmd.Flags().StringSliceVar(&req.Groups, "group", nil, "team that it answers for in approval rules; repeat for more")
	cmd.Flags().DurationVar(&ttl, "ttl", 0, "time to live (default: no expiry)")
	for _, name := range []string{"name", "role"} {
		_ = cmd.MarkFlagRequired(name) // the flag is there
	}
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		for _, role := range roles {
			req.Roles = append(req.Roles, resource.Role(role))
		}
		req.TTLSeconds = int64(ttl.Seconds())
		t, err := c.CreateToken(ctx, req)
		if err != nil {
			return err
		}
		return r.print(t, func(w io.Writer) { fmt.Fprintln(w, t.Secret) })
	})
	return cmd
}

func newTokenList(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List tokens, without their secrets", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		l, err := c.Tokens(ctx)
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "TOKEN NAME KIND ROLES GROUPS EXPIRES REVOKED", func(row func(...any)) {
				for _, t := range l.Items {
					row(t.ID, t.Name, t.Kind, t.Roles, strings.Join(t.Groups, ","), when(t.ExpiresAt), when(t.RevokedAt))
				}
			})
		})
	})
	return cmd
}

func newTokenRevoke(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "revoke TOKEN", Short: "Revoke a token, by its id", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	_ = cmd.Flags().MarkHidden("output") // nothing comes back
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		if err := c.RevokeToken(ctx, args[0]); err != nil {
			return err
		}
		if r.output == "text" {
			say(e.stdout, "token %s is revoked\n", args[0])
		}
		return nil
	})
	return cmd
}
