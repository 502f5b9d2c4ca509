package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

func newSimulate(e *env) *cobra.Command {
	var o simulate.Options
	cmd := &cobra.Command{
		Use:   "simulate FILE|VERSION",
		Short: "Run an agent's scenarios with tools that answer from fixtures",
		Long: `Run the scenarios of a blueprint file, or of a registered version on the server
(which keeps the signed report as evidence). Side effects are captured and never
reach the world. The same seed gives the same report. A file needs a model:
AUREUS_MODEL_URL, _KEY, _NAME. Exit status 3 when a scenario fails.
-o json prints the report: {"agent","digest","seed","passed","scenarios":[{"suite",
"name","passed","outcome","message","output","effects","grades"}]}.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().Int64Var(&o.Seed, "seed", 1, "seed")
	cmd.Flags().StringSliceVar(&o.Suites, "suite", nil, "only suites of these names (of a file)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		report, err := simulated(cmd, e, r, args[0], o)
		if err != nil {
			return err
		}
		if err := r.print(report, func(w io.Writer) { _ = report.Text(w) }); err != nil {
			return err
		}
		if !report.Passed {
			return fault.New(fault.Blocked, "not every scenario passes")
		}
		return nil
	}
	return cmd
}

func simulated(cmd *cobra.Command, e *env, r *remote, what string, o simulate.Options) (report simulate.Report, err error) {
	ctx := cmd.Context()
	if isFile(what) {
		m, digest, mod, err := localVersion(ctx, e, what)
		if err != nil {
			return report, err
		}
		return simulate.Run(ctx, m, digest, mod, o)
	}
	if len(o.Suites) > 0 {
		return report, fault.New(fault.Invalid, "--suite goes with a file; a registered version is simulated whole")
	}
	c, err := r.client()
	if err != nil {
		return report, err
	}
	res, err := c.Simulate(ctx, what, resource.CheckOptions{Seed: o.Seed})
	if err != nil {
		return report, err
	}
	if err := json.Unmarshal(res.Report, &report); err != nil {
		return report, fmt.Errorf("the server's report cannot be read: %w", err)
	}
	return report, nil
}
