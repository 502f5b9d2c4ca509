package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// mostDays is how far back the four keys go.
const mostDays = 18250

func newDORA(e *env) *cobra.Command {
	var q client.FiguresQuery
	var days float64
	cmd := &cobra.Command{
		Use:   "dora",
		Short: "Show the four keys of delivery: frequency, lead time, failure rate, time to restore",
		Long: `Show the four keys of software delivery by environment and agent, from the stored
releases and incidents: how often versions get live traffic, how long a change takes
from commit (or push) to promotion, which share of deployments is rolled back, and
how long it takes until a good version serves again, from the decision and from the
first failing run. Times are medians; -o json has means and 90th percentiles too. Drills
are in none of them.`,
		Args: cobra.NoArgs,
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&q.Agent, "agent", "", "only of this agent")
	cmd.Flags().StringVar(&q.Environment, "env", "", "only in this environment")
	cmd.Flags().Float64Var(&days, "days", 30, "length of the window that ends now, in days, at most 18250; parts of one count")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		if !(days > 0 && days <= mostDays) {
			return fault.New(fault.Invalid, "--days %g is not above 0 and at most %d; write for example --days 30", days, mostDays)
		}
		q.From = resource.Millis(time.Now().Add(-time.Duration(days * 24 * float64(time.Hour))).UnixMilli())
		l, err := c.DORA(ctx, q)
		if err != nil {
			return err
		}
		if len(l.Items) == 0 && q.Agent != "" { // nothing was released, or there is no such agent
			if _, err := c.Agent(ctx, q.Agent); err != nil {
				return err
			}
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "ENVIRONMENT AGENT DEPLOYMENTS PER-DAY LEAD-TIME FAILED FAILURE-RATE RESTORED-AFTER-DECISION AFTER-FIRST-FAILURE UNRESTORED", func(row func(...any)) {
				for _, d := range l.Items {
					agent := d.Agent
					if agent == "" {
						agent = "(all)"
					}
					row(d.Environment, agent, d.Deployments, fmt.Sprintf("%.2f", d.PerDay), spreadText(d.LeadTime), d.Failed,
						fmt.Sprintf("%.1f%%", 100*d.ChangeFailureRate), spreadText(d.RestoreDecided), spreadText(d.RestoreFirst), d.Unrestored)
				}
			})
		})
	})
	return cmd
}

// spreadText is the median of a sample, - for none.
func spreadText(s resource.Spread) string {
	if s.Count == 0 {
		return "-"
	}
	d := time.Duration(s.MedianMs) * time.Millisecond
	switch {
	case d >= time.Hour:
		return d.Round(time.Minute).String()
	case d >= time.Minute:
		return d.Round(time.Second).String()
	}
	return d.String()
}

// fourKeys reads the four keys for the metrics.
func (s *stack) fourKeys(ctx context.Context) ([]resource.DORA, error) {
	reader := control.Principal{Actor: resource.System, Roles: []resource.Role{resource.RoleViewer}}
	return s.control.DORA(ctx, reader, control.FiguresQuery{})
}
