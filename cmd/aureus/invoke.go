package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

func newInvoke(e *env) *cobra.Command {
	var req resource.InvokeRequest
	var input string
	cmd := &cobra.Command{
		Use:   "invoke AGENT --input JSON",
		Short: "Run an agent on live traffic",
		Long: `Run an agent that serves in an environment. --input is JSON, @FILE, or - for
stdin; text that does not begin like JSON is sent as a string. Exit
status 1 when the run fails, 3 when guard or CRV stopped it, 4 when it waits for a
person.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&input, "input", "", "the agent's input")
	cmd.Flags().StringVar(&req.Environment, "env", "production", "environment")
	cmd.Flags().StringVar(&req.Session, "session", "", "session, which keeps its version")
	cmd.Flags().StringVar(&req.Release, "release", "", "ask for the candidate of this blue-green release")
	cmd.Flags().BoolVar(&req.Preview, "preview", false, "ask for the candidate of the blue-green release there is")
	_ = cmd.MarkFlagRequired("input") // the flag is there
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		v, err := readInput(e, input)
		if err != nil {
			return err
		}
		req.Input = v
		run, err := c.Invoke(ctx, args[0], req)
		if err != nil {
			return err
		}
		if err := r.print(run, func(w io.Writer) { printRun(w, run) }); err != nil {
			return err
		}
		return runError(run)
	})
	return cmd
}

func readInput(e *env, input string) (any, error) {
	if file, ok := strings.CutPrefix(input, "@"); ok || input == "-" {
		if !ok {
			file = "-"
		}
		in, err := openInput(e, file)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		data, err := io.ReadAll(in)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "the input cannot be read")
		}
		input = string(data)
	}
	var v any
	err := json.Unmarshal([]byte(input), &v)
	if err == nil {
		if _, err := blueprint.Canonical(json.RawMessage(input)); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "--input has no exact JSON form: write each field once, and numbers that are too large to be exact as strings")
		}
		return v, nil
	}
	if t := strings.TrimSpace(input); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
		return nil, fault.Wrap(err, fault.Invalid, "--input begins like JSON and is none; close every bracket and quote")
	}
	return input, nil
}

func runError(run resource.Run) error {
	switch run.Outcome {
	case resource.OutcomeSuccess:
		return nil
	case resource.OutcomeWaiting:
		return fault.New(fault.Waiting, "run %s waits for approval %s", run.ID, run.Approval)
	case resource.OutcomeDenied, resource.OutcomeBlocked:
		return fault.New(fault.Blocked, "run %s was %s", run.ID, run.Outcome)
	}
	return fault.New(fault.Failed, "run %s ended %s", run.ID, run.Outcome)
}

func newScenario(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "scenario", Short: "Make scenarios", Args: cobra.NoArgs}
	cmd.AddCommand(newScenarioFromRun(e))
	return cmd
}

func newScenarioFromRun(e *env) *cobra.Command {
	var into, data, unmatched string
	var replay bool
	cmd := &cobra.Command{
		Use:   "from-run RUN",
		Short: "Make a regression scenario of a run",
		Long: `Make a regression scenario of a run: its input, and what its tools answered as
fixtures. It expects success, so the version that failed fails it. --into adds it
to the end of a suite file ({"scenarios":[...]}, YAML), which a blueprint names
with evaluation.suites[].file, unless it is there already; without it the scenario
is printed. --recorded makes a
recording instead of fixtures: a call is answered only as the run answered it, in
the run's order. The run is the server's when AUREUS_TOKEN is set, and else of the
data folder, where imported runs are too.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&into, "into", "", "suite file to add to, made when it is not there")
	cmd.Flags().BoolVar(&replay, "recorded", false, "a recording instead of fixtures")
	cmd.Flags().StringVar(&unmatched, "unmatched", "", "what a call gets that is not in the recording: fail (the scenario, the default), error (the tool reports one), or repeat (the last answer to equal arguments)")
	cmd.Flags().StringVar(&data, "data", "aureus-data", "data folder")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if unmatched != "" && !replay {
			return fault.New(fault.Invalid, "--unmatched goes with --recorded")
		}
		sc, err := scenarioOf(cmd.Context(), e, r, data, args[0], replay, unmatched)
		if err != nil {
			return err
		}
		if into == "" {
			if r.output == "json" {
				return writeJSON(e.stdout, sc)
			}
			return writeScenarios(e.stdout, sc)
		}
		added, err := addScenario(into, sc)
		if err != nil {
			return err
		}
		what := "added to"
		if !added {
			what = "is there already, in"
		}
		say(e.stdout, "%q %s %s\n", sc.Name, what, into)
		return nil
	}
	return cmd
}

// scenarioOf makes a scenario of a run of the server, or of the data folder.
func scenarioOf(ctx context.Context, e *env, r *remote, data, id string, replay bool, unmatched string) (sc blueprint.Scenario, err error) {
	var run resource.Run
	if e.getenv("AUREUS_TOKEN") == "" {
		err = withLocal(ctx, e, data, func(c *control.Control, p control.Principal) (err error) {
			if replay {
				run, err = c.Run(ctx, p, id)
				return err
			}
			sc, err = c.ScenarioFromRun(ctx, p, id)
			return err
		})
	} else {
		var c *client.Client
		if c, err = r.client(); err != nil {
			return sc, err
		}
		if replay {
			run, err = c.Run(ctx, id)
		} else {
			sc, err = c.Scenario(ctx, id)
		}
	}
	if err != nil || !replay {
		return sc, err
	}
	return simulate.RecordedFromRun(run, unmatched)
}
