package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

func newRuns(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "runs", Short: "List, show and import runs", Args: cobra.NoArgs}
	cmd.AddCommand(newRunsList(e), newRunsShow(e), newRunsImport(e))
	return cmd
}

func newRunsList(e *env) *cobra.Command {
	var f client.RunFilter
	var p client.Page
	var mode, data string
	cmd := &cobra.Command{Use: "list", Short: "List runs, newest first", Args: cobra.NoArgs, Long: `List runs, newest first: of the server when AUREUS_TOKEN is set, and else of the
data folder.`}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&f.Agent, "agent", "", "only of this agent")
	cmd.Flags().StringVar(&f.Environment, "env", "", "only in this environment")
	cmd.Flags().StringVar(&f.Release, "release", "", "only of this release's canary")
	cmd.Flags().StringVar(&mode, "mode", "", "only live or recorded")
	cmd.Flags().BoolVar(&f.Failed, "failed", false, "only failed ones")
	cmd.Flags().IntVar(&p.Limit, "limit", 20, "how many, at most 1000")
	cmd.Flags().StringVar(&p.After, "after", "", "go on behind this run: the id of the last one that was listed")
	cmd.Flags().StringVar(&data, "data", defaultData, "data folder")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f.Mode = resource.RunMode(mode)
		items, err := listRuns(cmd.Context(), e, r, data, f, p)
		if err != nil {
			return err
		}
		return r.print(items, func(w io.Writer) {
			table(w, "RUN AGENT ENVIRONMENT OUTCOME TOOLS MS AT", func(row func(...any)) {
				for _, x := range items {
					row(x.ID, fmt.Sprintf("%s@v%d", x.Agent, x.Version), dash(x.Environment), x.Outcome, x.Stats.ToolCalls, x.LatencyMs, when(x.StartedAt))
				}
			})
		})
	}
	return cmd
}

func listRuns(ctx context.Context, e *env, r *remote, data string, f client.RunFilter, p client.Page) (items []resource.Run, err error) {
	if e.getenv("AUREUS_TOKEN") == "" {
		err = withLocal(ctx, e, data, func(c *control.Control, owner control.Principal) (err error) {
			items, err = c.Runs(ctx, owner, control.RunFilter{Agent: f.Agent, Environment: f.Environment, Release: f.Release, Mode: f.Mode,
				FailedOnly: f.Failed}, control.Page(p))
			return err
		})
		return items, err
	}
	c, err := r.client()
	if err != nil {
		return nil, err
	}
	l, err := c.Runs(ctx, f, p)
	if err == nil {
		err = listed(ctx, r, c, f.Agent, l)
	}
	return l.Items, err
}

func newRunsShow(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "show RUN", Short: "Show a run with every step and decision", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		run, err := c.Run(ctx, args[0])
		if err != nil {
			return err
		}
		return r.print(run, func(w io.Writer) { printRun(w, run) })
	})
	return cmd
}

func printRun(w io.Writer, run resource.Run) {
	say(w, "%s  %s@v%d in %s: %s", run.ID, run.Agent, run.Version, dash(run.Environment), run.Outcome)
	if run.Message != "" {
		say(w, " (%s)", run.Message)
	}
	say(w, "\n%d ms, %d tokens, %.4f USD\n", run.LatencyMs, run.Stats.PromptTokens+run.Stats.CompletionTokens, float64(run.Stats.Cost)/1e6)
	table(w, "AT_MS TOOK_MS STEP WHAT DECISION", func(row func(...any)) {
		for _, s := range run.Steps {
			switch {
			case s.Model != nil:
				row(s.AtMs, fmt.Sprintf("%.1f", s.TookMs), "model", fmt.Sprintf("%s -> %v", s.Model.Model, s.Model.ToolCalls), "")
			case s.Tool != nil:
				row(s.AtMs, fmt.Sprintf("%.1f", s.TookMs), "tool", s.Tool.Tool, fmt.Sprintf("%s (%s) %s", s.Tool.Decision.State, s.Tool.Decision.Check, oneLine(s.Tool.Decision.Reason)))
			case s.CRV != nil:
				row(s.AtMs, fmt.Sprintf("%.1f", s.TookMs), "crv", s.CRV.Gate, fmt.Sprintf("%s %s", s.CRV.Verdict, s.CRV.Code))
			}
		}
	})
	for _, a := range run.Allowances {
		say(w, "allowed for this run by %s: %s, %d more calls until %s\n", a.Approval, a.Tool, a.Uses, when(a.Until))
	}
	if run.Output != nil {
		out, _ := json.Marshal(run.Output) // it was JSON
		say(w, "output: %s\n", out)
	}
}

// importedRuns is what an import prints: how many it read, how many were new.
type importedRuns struct {
	Runs     int `json:"runs"`
	Imported int `json:"imported"`
}

func newRunsImport(e *env) *cobra.Command {
	var format, data string
	cmd := &cobra.Command{
		Use:   "import --format aureus|taubench|agentdojo FILE",
		Short: "Import recorded runs",
		Long: `Import recorded runs: tau-bench result files (JSON), AgentDojo runs (JSON lines)
or runs of Aureus as "aureus runs show RUN -o json" prints them, plain or gzip. A
run that was imported before is left as it is. They go to the server when
AUREUS_TOKEN is set, and else into the data folder.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&format, "format", "", "aureus, taubench or agentdojo")
	cmd.Flags().StringVar(&data, "data", defaultData, "data folder")
	_ = cmd.MarkFlagRequired("format") // the flag is there
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		runs, err := readRecorded(e, format, args[0])
		if err != nil {
			return err
		}
		n, err := importRuns(cmd.Context(), e, r, data, runs)
		if err != nil {
			return err
		}
		return r.print(importedRuns{Runs: len(runs), Imported: n}, func(w io.Writer) {
			say(w, "%d runs read, %d new\n", len(runs), n)
		})
	}
	return cmd
}

func readRecorded(e *env, format, file string) ([]resource.Run, error) {
	in, err := openInput(e, file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	list, err := recorded.Parse(format, in)
	if err != nil {
		return nil, err
	}
	runs := make([]resource.Run, len(list))
	for i, r := range list {
		runs[i] = r.Run
	}
	return runs, nil
}

func importRuns(ctx context.Context, e *env, r *remote, data string, runs []resource.Run) (n int, err error) {
	if e.getenv("AUREUS_TOKEN") == "" {
		err = withLocal(ctx, e, data, func(c *control.Control, p control.Principal) (err error) {
			n, err = c.ImportRuns(ctx, p, runs)
			return err
		})
		return n, err
	}
	c, err := r.client()
	if err != nil {
		return 0, err
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	for _, run := range runs {
		if err := enc.Encode(run); err != nil {
			return 0, err
		}
	}
	res, err := c.ImportRuns(ctx, &body)
	return res.Imported, err
}
