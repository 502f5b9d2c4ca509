package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

func newIncident(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "incident", Short: "Follow up on rollbacks", Args: cobra.NoArgs}
	cmd.AddCommand(newIncidentList(e), newIncidentShow(e), newIncidentTriage(e), newIncidentRCA(e), newIncidentDone(e),
		newIncidentGuardrail(e), newIncidentRegress(e), newIncidentPostmortem(e))
	return cmd
}

func newIncidentList(e *env) *cobra.Command {
	var f client.IncidentFilter
	var since spanValue
	var overdue bool
	cmd := &cobra.Command{Use: "list", Short: "List incidents, newest first", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.Agent, "agent", "", "only of this agent")
	limit := limitFlag(cmd)
	fl.StringVar(&f.State, "state", "", "open, mitigated or resolved")
	fl.StringVar(&f.Environment, "env", "", "only in this environment")
	fl.StringVar(&f.Severity, "severity", "", "sev1 (worst), sev2, sev3 or sev4")
	fl.StringVar(&f.Assignee, "assignee", "", "only those that this person takes care of")
	fl.Var(&since, "since", "only those opened in this time: 90m, 24h, 7d (default: ever)")
	fl.BoolVar(&overdue, "overdue", false, "only those whose prevention was due and is not reported done")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		if since > 0 {
			f.Since = resource.Millis(time.Now().Add(-time.Duration(since)).UnixMilli())
		}
		if overdue {
			f.DueBefore = resource.Millis(time.Now().UnixMilli())
		}
		l, err := c.Incidents(ctx, f, client.Page{Limit: *limit})
		if err == nil {
			err = listed(ctx, r, c, f.Agent, l)
		}
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "INCIDENT VERSION ENVIRONMENT STATE SEVERITY ASSIGNEE CAUSE OPENED", func(row func(...any)) {
				for _, i := range l.Items {
					row(i.ID, fmt.Sprintf("%s@v%d", i.Agent, i.Version), i.Environment, i.State, i.Severity, i.Assignee, i.Cause, when(i.OpenedAt))
				}
			})
		})
	})
	return cmd
}

func newIncidentShow(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show INCIDENT",
		Short: "Show an incident with its impact, failing runs by cause and timeline",
		Long: `Show an incident: what the bad version did, its failing runs by cause beside the
control arm, and the timeline, put together from the store and the ledger. Each
line names the record that it is made from.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		rep, err := c.IncidentReport(ctx, args[0])
		if err != nil {
			return err
		}
		return r.print(rep, func(w io.Writer) { printReport(w, rep) })
	})
	return cmd
}

func printReport(w io.Writer, rep resource.IncidentReport) {
	printIncident(w, rep.Incident)
	i := rep.Impact
	say(w, "impact: %d of %d runs failed in %d of %d sessions", i.Failed, i.Runs, i.FailedSessions, i.Sessions)
	if i.Control.Runs > 0 {
		say(w, "; %d of %d beside it, so %.1f are its own", i.Control.Failures, i.Control.Runs, i.ExcessFailed)
	}
	if i.GoodAt > 0 {
		say(w, "; a good version had all traffic %s after the decision", time.Duration(i.RestoreMs)*time.Millisecond)
	}
	fmt.Fprintln(w)
	if len(rep.Groups) > 0 {
		table(w, "GROUP RUNS CONTROL STANDS-OUT EXAMPLE WHAT", func(row func(...any)) {
			for _, g := range rep.Groups {
				row(g.ID, g.Runs, g.Control, g.StandsOut, g.Example, g.Title)
			}
		})
	}
	if rep.Grouped < i.Failed {
		say(w, "the groups are of the newest %d of %d failing runs\n", rep.Grouped, i.Failed)
	}
	for _, l := range rep.Lines {
		say(w, "  %s  %-12s %-10s %s %s\n", when(l.At), l.Kind, l.Actor.Name, l.Text, sourceOf(l.Source))
	}
}

func sourceOf(s resource.LineSource) string {
	if s.Kind == "ledger" && s.Index != nil {
		return fmt.Sprintf("[ledger %d]", *s.Index)
	}
	return "[" + s.Kind + " " + s.ID + "]"
}

func printIncident(w io.Writer, in resource.Incident) {
	say(w, "%s  %s@v%d in %s: %s", in.ID, in.Agent, in.Version, in.Environment, in.State)
	for _, s := range []string{in.Severity, in.Assignee} {
		if s != "" {
			say(w, ", %s", s)
		}
	}
	if in.Drill {
		fmt.Fprint(w, ", a drill")
	}
	say(w, "\n%s\n", in.Summary)
	if in.RCA == nil {
		fmt.Fprintln(w, "the root cause is not recorded: aureus incident rca")
	} else {
		printRCA(w, *in.RCA)
	}
	switch g := in.Guardrail; {
	case g == nil && in.Drill: // nothing would catch what was bad on purpose
	case g == nil:
		fmt.Fprintln(w, "no guardrail is proven: aureus incident guardrail")
	default:
		say(w, "guardrail: %s %q, proven %s (evidence %s)\n", g.Kind, g.Name, when(g.At), g.Evidence)
	}
}

func printRCA(w io.Writer, r resource.RCA) {
	say(w, "root cause: %s\n", line(r.Cause))
	if r.Owner != "" {
		say(w, "prevention: %s sees to it", r.Owner)
		if r.Due > 0 {
			say(w, " by %s", time.UnixMilli(int64(r.Due)).UTC().Format(time.DateOnly))
		}
		fmt.Fprintln(w)
	}
	if r.DoneAt > 0 {
		say(w, "prevention done %s: %s\n", when(r.DoneAt), r.Done)
	}
}
