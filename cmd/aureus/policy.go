package main

import (
	"github.com/spf13/cobra"
)

func newPolicy(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Try policies on recorded runs", Args: cobra.NoArgs}
	cmd.AddCommand(newBacktest(e))
	return cmd
}
