package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type evaluateFlags struct {
	evaluate.Options
	baseline, data, agent string
	recorded              bool
}

func newEvaluate(e *env) *cobra.Command {
	var f evaluateFlags
	cmd := &cobra.Command{
		Use:   "evaluate FILE|VERSION [--baseline FILE|VERSION] | --recorded",
		Short: "Measure an agent: repeats, pass^k, baseline against candidate",
		Long: `Run every scenario of a blueprint file, or of a registered version on the server
(which keeps the signed report as evidence), several times, and grade each run.
With --baseline both run the same cases and are compared. Exit status 3 when the
agent does not pass. -o text, json or junit.

--recorded reports pass^k over imported runs (aureus runs import), from the server
when AUREUS_TOKEN is set and else from the data folder; -o json prints
{"pass_k":[...],"runs","tasks"}.`,
		Args: cobra.MaximumNArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().Lookup("output").Usage = "text, json or junit"
	cmd.Flags().StringVar(&f.baseline, "baseline", "", "what to compare with")
	cmd.Flags().IntVar(&f.Repeats, "repeats", 0, "runs of each case (default: the blueprint's)")
	cmd.Flags().Int64Var(&f.Seed, "seed", 1, "seed")
	cmd.Flags().IntVar(&f.Concurrency, "concurrency", 8, "runs at once (of a file)")
	cmd.Flags().StringSliceVar(&f.Suites, "suite", nil, "only suites of these names (of a file)")
	cmd.Flags().BoolVar(&f.recorded, "recorded", false, "evaluate imported runs")
	cmd.Flags().StringVar(&f.agent, "agent", "", "whose imported runs (default: all)")
	cmd.Flags().StringVar(&f.data, "data", defaultData, "data folder")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if f.recorded {
			return f.evaluateRecorded(cmd.Context(), e, r)
		}
		if len(args) != 1 {
			return fault.New(fault.Invalid, "name a blueprint file or a version, or say --recorded")
		}
		return f.run(cmd.Context(), e, r, args[0])
	}
	return cmd
}

func (f evaluateFlags) run(ctx context.Context, e *env, r *remote, what string) error {
	junit := r.output == "junit"
	if junit {
		r.output = "json"
	}
	report, err := f.report(ctx, e, r, what)
	if err != nil {
		return err
	}
	if junit {
		err = report.JUnit(e.stdout)
	} else {
		err = r.print(report, func(w io.Writer) { printEvaluation(w, report) })
	}
	if err != nil {
		return err
	}
	return judged(report)
}

func (f evaluateFlags) report(ctx context.Context, e *env, r *remote, what string) (report evaluate.Report, err error) {
	if isFile(what) {
		return f.files(ctx, e, what)
	}
	c, err := r.client()
	if err != nil {
		return report, err
	}
	res, err := c.Evaluate(ctx, what, resource.CheckOptions{Seed: f.Seed, Repeats: f.Repeats, Baseline: f.baseline})
	if err != nil {
		return report, err
	}
	if err := json.Unmarshal(res.Report, &report); err != nil {
		return report, fmt.Errorf("the server's report cannot be read: %w", err)
	}
	return report, nil
}

// files evaluates blueprint files on this machine, with a progress bar on a
// terminal.
func (f evaluateFlags) files(ctx context.Context, e *env, file string) (report evaluate.Report, err error) {
	m, digest, mod, err := localVersion(ctx, e, file)
	if err != nil {
		return report, err
	}
	var base *evaluate.Subject
	if f.baseline != "" {
		if !isFile(f.baseline) {
			return report, fault.New(fault.Invalid, "a file is compared with a file; push it to compare it with %s", f.baseline)
		}
		bm, bd, bmod, err := localVersion(ctx, e, f.baseline)
		if err != nil {
			return report, err
		}
		base = &evaluate.Subject{Manifest: bm, Digest: bd, Model: bmod}
	}
	f.Progress = progress(e.stderr)
	return evaluate.Run(ctx, evaluate.Subject{Manifest: m, Digest: digest, Model: mod}, base, f.Options)
}
