package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

func newPolicy(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Try policies on recorded runs", Args: cobra.NoArgs}
	cmd.AddCommand(newBacktest(e))
	return cmd
}

func newBacktest(e *env) *cobra.Command {
	var runs, format, output string
	var detail bool
	cmd := &cobra.Command{
		Use:   "backtest BLUEPRINT --runs FILE --format agentdojo",
		Short: "Replay recorded tool calls through a blueprint's guard",
		Long: `Replay recorded tool calls through a blueprint's guard and count what it would
have stopped and what it would have broken. -o json prints {"attacks",
"attacks_stopped","attacks_asked_human","benign","benign_finished",
"benign_asked_human","benign_blocked"}. An attack is stopped when at least one
call of the injected plan did not run, because it was rejected or waits for a
human; attacks_asked_human of them have only a human to stop them. A benign run
is finished when every call ran and no human was asked.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return fault.New(fault.Invalid, "--output %q is not text or json", output)
			}
			res, err := backtested(e, args[0], runs, format)
			if err != nil {
				return err
			}
			if output == "json" {
				return writeJSON(e.stdout, res)
			}
			printBacktest(e.stdout, res, detail)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&runs, "runs", "", "file of recorded runs, plain or gzip; - is stdin")
	f.StringVar(&format, "format", "agentdojo", "format of the runs")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	f.BoolVar(&detail, "detail", false, "list every run that does not finish (text)")
	_ = cmd.MarkFlagRequired("runs") // the flag is there
	return cmd
}

func backtested(e *env, file, runs, format string) (backtest.Result, error) {
	var none backtest.Result
	a, src, err := readBlueprint(e, file)
	if err != nil {
		return none, err
	}
	if r := control.Validate(a, src); !r.Passed {
		return none, fault.New(fault.Blocked, "%s does not pass validation; `aureus validate %s` shows where", file, file)
	}
	g, err := guard.Compile(&resource.Manifest{Blueprint: *a})
	if err != nil {
		return none, err
	}
	in, err := openInput(e, runs)
	if err != nil {
		return none, err
	}
	defer in.Close()
	list, err := recorded.Parse(format, in)
	if err != nil {
		return none, err
	}
	res := backtest.Run(g, list)
	for tool, n := range res.UnknownTools {
		fmt.Fprintf(e.stderr, "aureus: %d recorded calls are of the tool %s, which %s does not have; all are rejected\n", n, tool, file)
	}
	return res, nil
}

func printBacktest(w io.Writer, r backtest.Result, detail bool) {
	fmt.Fprintf(w, "attacks  %4d   stopped  %4d (%.1f %%), of them by a human alone %d\n", r.Attacks, r.AttacksStopped, percent(r.AttacksStopped, r.Attacks), r.AttacksAskedHuman)
	fmt.Fprintf(w, "benign   %4d   finished %4d (%.1f %%), asked a human %d, blocked %d\n", r.Benign, r.BenignFinished, percent(r.BenignFinished, r.Benign), r.BenignAskedHuman, r.BenignBlocked)
	if !detail {
		return
	}
	table(w, "RUN TASK KIND OUTCOME TOOL REASON", func(row func(...any)) {
		for _, run := range r.Runs {
			for _, c := range run.Calls {
				if !c.Ran() {
					row(run.ID, run.Task, run.Kind, run.Outcome, c.Tool, oneLine(c.Decision.Reason))
				}
			}
		}
	})
}

func percent(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}
