package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newIncidentTriage(e *env) *cobra.Command {
	var severity, assignee, note string
	cmd := &cobra.Command{
		Use:   "triage INCIDENT [--severity sev2] [--assign NAME] [--note TEXT]",
		Short: "Say how bad an incident is and who takes care of it, or add a note",
		Args:  cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&severity, "severity", "", "sev1 (worst), sev2, sev3 or sev4; empty takes it back")
	cmd.Flags().StringVar(&assignee, "assign", "", "who takes care of it; empty is nobody")
	cmd.Flags().StringVar(&note, "note", "", "a line for the timeline")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		req := resource.TriageRequest{Note: note}
		if cmd.Flags().Changed("severity") {
			req.Severity = &severity
		}
		if cmd.Flags().Changed("assign") {
			req.Assignee = &assignee
		}
		in, err := c.TriageIncident(ctx, args[0], req)
		if err != nil {
			return err
		}
		return r.print(in, func(w io.Writer) { printIncident(w, in) })
	})
	return cmd
}

func newIncidentRCA(e *env) *cobra.Command {
	var rca resource.RCARequest
	var due string
	cmd := &cobra.Command{
		Use:   "rca INCIDENT --cause TEXT --detection TEXT --prevention TEXT",
		Short: "Record the root cause analysis",
		Long: `Record the root cause analysis. A later one replaces it until the incident is
resolved. --owner and --due say who sees to the prevention; aureus incident done
reports it, and aureus incident list --overdue finds what was not.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	fl := cmd.Flags()
	for name, about := range map[string]struct {
		to   *string
		text string
	}{
		"cause":      {&rca.Cause, "what was wrong"},
		"detection":  {&rca.Detection, "how it was seen, and why not earlier"},
		"prevention": {&rca.Prevention, "what will stop it"},
	} {
		fl.StringVar(about.to, name, "", about.text)
		_ = cmd.MarkFlagRequired(name) // the flag is there
	}
	fl.StringVar(&rca.Category, "category", "", strings.Join(resource.CauseCategories(), ", "))
	fl.StringArrayVar(&rca.Factors, "factor", nil, "what else contributed; may be repeated")
	fl.StringVar(&rca.Owner, "owner", "", "who sees to the prevention")
	fl.StringVar(&due, "due", "", "by when, as 2026-12-31; needs --owner")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) (err error) {
		if rca.Due, err = dueDay(due); err != nil {
			return err
		}
		in, err := c.RecordRCA(ctx, args[0], rca)
		if err != nil {
			return err
		}
		return r.print(in, func(w io.Writer) { printIncident(w, in) })
	})
	return cmd
}

// dueDay is the end of a day, UTC; 0 for "".
func dueDay(day string) (resource.Millis, error) {
	if day == "" {
		return 0, nil
	}
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0, fault.New(fault.Invalid, "--due %q is no day; write for example 2026-12-31", day)
	}
	return resource.Millis(t.AddDate(0, 0, 1).UnixMilli() - 1), nil
}

func newIncidentDone(e *env) *cobra.Command {
	var what string
	cmd := &cobra.Command{
		Use:   "done INCIDENT --what TEXT",
		Short: "Report that the prevention of the root cause is done",
		Args:  cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&what, "what", "", "what was done")
	_ = cmd.MarkFlagRequired("what") // the flag is there
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		in, err := c.FollowUp(ctx, args[0], what)
		if err != nil {
			return err
		}
		return r.print(in, func(w io.Writer) { printIncident(w, in) })
	})
	return cmd
}
