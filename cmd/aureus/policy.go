package main

import (
	"github.com/spf13/cobra"
)

func newPolicy(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Prove what policies allow, and try them on recorded runs", Args: cobra.NoArgs}
	cmd.AddCommand(newBacktest(e), newPolicyCheck(e))
	return cmd
}
