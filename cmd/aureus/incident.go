package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

func newIncident(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "incident", Short: "Follow up on rollbacks", Args: cobra.NoArgs}
	cmd.AddCommand(newIncidentList(e), newIncidentShow(e), newIncidentRCA(e), newIncidentGuardrail(e))
	return cmd
}

func newIncidentList(e *env) *cobra.Command {
	var agent, state string
	cmd := &cobra.Command{Use: "list", Short: "List incidents, newest first", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&agent, "agent", "", "only of this agent")
	cmd.Flags().StringVar(&state, "state", "", "open, mitigated or resolved")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		l, err := c.Incidents(ctx, agent, state, client.Page{})
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "INCIDENT VERSION ENVIRONMENT STATE CAUSE OPENED", func(row func(...any)) {
				for _, i := range l.Items {
					row(i.ID, fmt.Sprintf("%s@v%d", i.Agent, i.Version), i.Environment, i.State, i.Cause, when(i.OpenedAt))
				}
			})
		})
	})
	return cmd
}

func newIncidentShow(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "show INCIDENT", Short: "Show an incident with its timeline and failing runs", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		in, err := c.Incident(ctx, args[0])
		if err != nil {
			return err
		}
		return r.print(in, func(w io.Writer) { printIncident(w, in) })
	})
	return cmd
}

func printIncident(w io.Writer, in resource.Incident) {
	fmt.Fprintf(w, "%s  %s@v%d in %s: %s\n%s\n", in.ID, in.Agent, in.Version, in.Environment, in.State, in.Summary)
	for _, n := range in.Timeline {
		fmt.Fprintf(w, "  %s  %-10s %s\n", when(n.At), n.Actor.Name, n.Text)
	}
	if len(in.FailedRuns) > 0 {
		fmt.Fprintf(w, "failing runs: %v\n", in.FailedRuns)
	}
	if in.RCA == nil {
		fmt.Fprintln(w, "the root cause is not recorded: aureus incident rca")
	}
	if in.Guardrail == nil {
		fmt.Fprintln(w, "no guardrail is proven: aureus incident guardrail")
	}
}

func newIncidentRCA(e *env) *cobra.Command {
	var rca resource.RCARequest
	cmd := &cobra.Command{
		Use:   "rca INCIDENT --cause TEXT --detection TEXT --prevention TEXT",
		Short: "Record the root cause analysis",
		Args:  cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	for name, about := range map[string]struct {
		to   *string
		text string
	}{
		"cause":      {&rca.Cause, "what was wrong"},
		"detection":  {&rca.Detection, "how it was seen, and why not earlier"},
		"prevention": {&rca.Prevention, "what will stop it"},
	} {
		cmd.Flags().StringVar(about.to, name, "", about.text)
		_ = cmd.MarkFlagRequired(name) // the flag is there
	}
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		in, err := c.RecordRCA(ctx, args[0], rca)
		if err != nil {
			return err
		}
		return r.print(in, func(w io.Writer) { printIncident(w, in) })
	})
	return cmd
}

func newIncidentGuardrail(e *env) *cobra.Command {
	var req resource.GuardrailRequest
	cmd := &cobra.Command{
		Use:   "guardrail INCIDENT --version VERSION --scenario NAME",
		Short: "Prove that a scenario would have caught the bad version",
		Long: `Replay a scenario of a version against the bad version, which must fail it, and
against the version itself, which must pass it. With the root cause recorded the
incident is resolved and the quarantine ends; every later release of the agent
replays the scenario. Exit status 3 when the proof does not hold.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&req.Version, "version", "", "version that holds the scenario")
	cmd.Flags().StringVar(&req.Scenario, "scenario", "", "name of the scenario")
	for _, name := range []string{"version", "scenario"} {
		_ = cmd.MarkFlagRequired(name) // the flag is there
	}
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		in, err := c.ProveGuardrail(ctx, args[0], req)
		if err != nil {
			return err
		}
		return r.print(in, func(w io.Writer) { printIncident(w, in) })
	})
	return cmd
}
