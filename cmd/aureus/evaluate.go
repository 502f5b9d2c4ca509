package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/resource"
)

type evaluateFlags struct {
	evaluate.Options
	baseline, data, agent string
	recorded              bool
	margin                float64
	unclear               string
	budget                blueprint.EvaluationBudget
	budgetTime            time.Duration
	limits                blueprint.EvaluationLimits
	resume, cache         string
	pages                 reportPages
	promptfoo             string
}

func newEvaluate(e *env) *cobra.Command {
	var f evaluateFlags
	cmd := &cobra.Command{
		Use:   "evaluate FILE|VERSION [--baseline FILE|VERSION] | --import-promptfoo FILE | --recorded",
		Short: "Measure an agent: repeats, pass^k, baseline against candidate",
		Long: `Run every scenario of a blueprint file, or of a registered version on the server
(which keeps the signed report as evidence), several times, and grade each run.
-o text, json, junit, markdown or html; --html, --markdown and --junit write files
besides. docs/evaluation.md has the form of the report.

With --baseline both run the same cases with the same seeds and are compared. A
case is the unit: it passes when all its repeats pass. The verdict is better, no
worse (a loss over the margin is ruled out), worse, or not enough evidence, each
wrong in 2.5 of 100 evaluations at most, however few cases there are. Without a
margin it is the smallest that the number of cases can rule out, from 5 to 10
points, and the report names it: under about 40 cases there is not enough evidence.
--stop-early plays the cases in a drawn order and stops when the answer is clear, at
the same error rates; it passes only what has shown its pass rate, too.

--resume FILE keeps every finished run in FILE before it counts, so that the same
command goes on after a crash, kill -9 or Ctrl-C. In a folder the file is named by
what is evaluated. --cache takes runs that were made before with the same version,
case, graders, seed and models, and keeps new ones.

A model that does not answer is asked again, and is no failure of the agent: the
evaluation ends as not measured.

--recorded reports pass^k over imported runs (aureus runs import), from the server
when AUREUS_TOKEN is set and else from the data folder; -o json prints
{"pass_k":[...],"runs","tasks"}.

Exit status: 0 passes; 1 not measured (the model did not answer); 2 wrong use; 3
does not pass, is worse, is unclear, or its budget was used up; 4 unclear, and a
person decides (evaluation.onUnclear: ask).`,
		Args: cobra.MaximumNArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().Lookup("output").Usage = "text, json, junit, markdown or html"
	f.pages.flags(cmd)
	f.add(cmd.Flags())
	r.other = func(form string) bool { return slices.Contains(reportForms, form) }
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd.Flags(), args); err != nil {
			return err
		}
		if f.recorded {
			return f.evaluateRecorded(cmd.Context(), e, r)
		}
		if f.promptfoo != "" {
			return f.evaluatePromptfoo(cmd.Context(), e, r)
		}
		return f.run(cmd.Context(), e, r, args[0])
	}
	return cmd
}

// add declares the flags.
func (f *evaluateFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.baseline, "baseline", "", "what to compare with")
	fs.IntVar(&f.Repeats, "repeats", 0, "runs of each case (default: the blueprint's)")
	fs.Int64Var(&f.Seed, "seed", 1, "seed")
	fs.Float64Var(&f.margin, "margin", 0, "loss of passing cases that no worse rules out, 0.05 for 5 of 100 (default: the blueprint's, else 0.05 to 0.1 by the number of cases)")
	fs.BoolVar(&f.StopEarly, "stop-early", false, "stop when the answer is clear (default: the blueprint's)")
	fs.StringVar(&f.unclear, "on-unclear", "", "what not enough evidence does: block, ask or pass (of a file; default: the blueprint's, else block)")
	fs.IntVar(&f.Concurrency, "concurrency", evaluate.DefaultConcurrency, "runs at once (of a file)")
	fs.StringSliceVar(&f.Suites, "suite", nil, "only suites of these names (of a file)")
	fs.IntVar(&f.limits.RequestsPerMinute, "requests-per-minute", 0, "how often the models are asked (of a file; default: the blueprint's, else no limit)")
	fs.IntVar(&f.limits.TokensPerMinute, "tokens-per-minute", 0, "tokens that the models may use (of a file; default: the blueprint's, else no limit)")
	fs.Float64Var(&f.budget.CostUSD, "budget-usd", 0, "stop when so much was spent (of a file; default: the blueprint's, else no bound)")
	fs.DurationVar(&f.budgetTime, "budget-time", 0, "stop after so long (of a file; default: the blueprint's, else no bound)")
	fs.StringVar(&f.resume, "resume", "", "go on with the runs in this file or folder, and keep them there (of a file)")
	fs.StringVar(&f.cache, "cache", "", "take and keep runs in this folder, --cache alone: the user's, or the server's")
	fs.Lookup("cache").NoOptDefVal = userCache
	fs.StringVar(&f.promptfoo, "import-promptfoo", "", "evaluate the model by this promptfoo configuration; what cannot be imported is listed")
	fs.BoolVar(&f.recorded, "recorded", false, "evaluate imported runs")
	fs.StringVar(&f.agent, "agent", "", "whose imported runs (default: all)")
	fs.StringVar(&f.data, "data", defaultData, "data folder")
}

func (f evaluateFlags) run(ctx context.Context, e *env, r *remote, what string) error {
	form := r.form()
	report, err := f.report(ctx, e, r, what)
	if err != nil {
		return err
	}
	return f.show(e, r, form, report)
}

// show writes the files, prints the report in its form, and ends as it decides.
func (f evaluateFlags) show(e *env, r *remote, form string, report evaluate.Report) error {
	err := f.pages.write(report)
	if err != nil {
		return err
	}
	if form != "" {
		err = f.pages.writer(form, report)(e.document())
	} else {
		err = r.print(report, func(w io.Writer) { printEvaluation(w, report) })
	}
	if err != nil {
		return err
	}
	return judged(report)
}

// asked are the flags that a server is told.
func (f *evaluateFlags) asked() resource.CheckOptions {
	o := resource.CheckOptions{Seed: f.Seed, Repeats: f.Repeats, Baseline: f.baseline, StopEarly: f.StopEarly, Cache: f.cache != ""}
	if f.margin != 0 {
		o.Margin = &f.margin
	}
	return o
}

func (f *evaluateFlags) report(ctx context.Context, e *env, r *remote, what string) (report evaluate.Report, err error) {
	if isFile(what) {
		return f.files(ctx, e, what)
	}
	c, err := r.client()
	if err != nil {
		return report, err
	}
	res, err := c.Evaluate(ctx, what, f.asked())
	if err != nil {
		return report, err
	}
	if f.pages.evidence == "" {
		f.pages.evidence = res.Evidence.ID
	}
	if err := json.Unmarshal(res.Report, &report); err != nil {
		return report, fmt.Errorf("the server's report cannot be read: %w", err)
	}
	return report, nil
}
