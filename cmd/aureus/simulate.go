package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// simulated is what a simulation prints: a report, or a matrix of faults.
type simulated interface {
	Text(w io.Writer) error
	HTML(w io.Writer) error
	Outage() error
}

func newSimulate(e *env) *cobra.Command {
	var o simulate.Options
	var faults []string
	var page string
	cmd := &cobra.Command{
		Use:   "simulate FILE|VERSION",
		Short: "Run an agent's scenarios with tools that answer from fixtures",
		Long: `Run the scenarios of a blueprint file, or of a registered version on the server
(which keeps the signed report as evidence). Side effects are captured and never
reach the world. The same seed gives the same report. A file needs a model:
AUREUS_MODEL_URL, _KEY, _NAME. Exit status 3 when a scenario fails, 1 when the
model did not answer, which says nothing about the agent.
--faults runs every scenario once more under each fault: all, hostile, or some of
error, delay, timeout, malformed, truncated, duplicate, hostile:CATEGORY.
-o json prints the report: {"agent","digest","seed","passed","scenarios":[{"suite",
"name","passed","outcome","message","output","effects","grades","world",
"injected"}]}, with --faults {"agent","digest","seed","patterns","passed","message",
"faults","clean","cells":[{"suite","scenario","fault","ended","well","outcome",
"message","injected","extra","through"}]}.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().Int64Var(&o.Seed, "seed", 1, "seed")
	cmd.Flags().StringSliceVar(&o.Suites, "suite", nil, "only suites of these names (of a file)")
	cmd.Flags().IntVar(&o.Parallel, "parallel", 0, "scenarios at once (of a file); 0 is four a core")
	cmd.Flags().StringSliceVar(&faults, "faults", nil, "run under these faults too (of a file)")
	cmd.Flags().StringVar(&page, "html", "", "write the report as a page to this file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.Parallel < 0 {
			return fault.New(fault.Invalid, "--parallel %d is not a number of scenarios at once; 0 is four a core", o.Parallel)
		}
		out, passed, err := runSimulation(cmd, e, r, args[0], o, faults)
		if err != nil {
			return err
		}
		if cause := out.Outage(); cause != nil {
			return fault.Wrap(cause, fault.Unavailable, "the model did not answer, so nothing was learnt about the agent; try again when its endpoint works")
		}
		if err := writePage(page, out); err != nil {
			return err
		}
		if err := r.print(out, func(w io.Writer) { _ = out.Text(w) }); err != nil {
			return err
		}
		if !passed {
			return fault.New(fault.Blocked, "not every scenario passes")
		}
		return nil
	}
	return cmd
}

// writePage writes the HTML of a simulation; "" writes none.
func writePage(file string, out simulated) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err == nil {
		err = out.HTML(f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return fault.Wrap(err, fault.Failed, "the page %s cannot be written", file)
	}
	return nil
}

func runSimulation(cmd *cobra.Command, e *env, r *remote, what string, o simulate.Options, faults []string) (simulated, bool, error) {
	if isFile(what) {
		return simulateFile(cmd, e, what, o, faults)
	}
	if len(o.Suites)+len(faults)+o.Parallel > 0 {
		return nil, false, fault.New(fault.Invalid, "--suite, --parallel and --faults go with a file; a registered version is simulated whole")
	}
	c, err := r.client()
	if err != nil {
		return nil, false, err
	}
	res, err := c.Simulate(cmd.Context(), what, resource.CheckOptions{Seed: o.Seed})
	if err != nil {
		return nil, false, err
	}
	var report simulate.Report
	if err := json.Unmarshal(res.Report, &report); err != nil {
		return nil, false, fmt.Errorf("the server's report cannot be read: %w", err)
	}
	return report, report.Passed, nil
}

func simulateFile(cmd *cobra.Command, e *env, file string, o simulate.Options, faults []string) (simulated, bool, error) {
	if _, err := simulate.FaultColumns(faults); err != nil {
		return nil, false, err
	}
	m, digest, mod, err := localVersion(cmd.Context(), e, file)
	if err != nil {
		return nil, false, err
	}
	o.Servers = privateServers{}
	if o.Helpers, err = localHelpers(e); err != nil {
		return nil, false, err
	}
	if len(faults) > 0 {
		x, err := simulate.RunMatrix(cmd.Context(), m, digest, mod, o, faults)
		return x, x.Passed, err
	}
	report, err := simulate.Run(cmd.Context(), m, digest, mod, o)
	return report, report.Passed, err
}
