package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
)

// limitFlag gives a command that lists things the flag for how many.
func limitFlag(cmd *cobra.Command) *int {
	return cmd.Flags().Int("limit", 100, "how many, at most 1000")
}

// listed says on stderr when there is more than a list shows. An empty list that
// was asked for one agent is the error that there is no such agent, if so.
func listed[T any](ctx context.Context, r *remote, c *client.Client, agent string, l client.List[T]) error {
	if l.Next != "" {
		say(r.env.stderr, "the first %d are shown, and there are more; --limit shows up to 1000\n", len(l.Items))
	}
	if len(l.Items) > 0 || agent == "" {
		return nil
	}
	_, err := c.Agent(ctx, agent)
	return err
}
