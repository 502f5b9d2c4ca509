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

func newFigures(e *env) *cobra.Command {
	var q client.FiguresQuery
	var window time.Duration
	cmd := &cobra.Command{
		Use:   "figures [AGENT]",
		Short: "Show the monitor's figures by version and environment",
		Args:  cobra.MaximumNArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&q.Environment, "env", "", "only in this environment")
	cmd.Flags().DurationVar(&window, "window", 24*time.Hour, "length of the window that ends now, such as 30m or 168h")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		if len(args) == 1 {
			q.Agent = args[0]
		}
		q.From = resource.Millis(time.Now().Add(-window).UnixMilli())
		l, err := c.Figures(ctx, q)
		if err == nil {
			err = listed(ctx, r, c, q.Agent, l)
		}
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "VERSION ENVIRONMENT RUNS SUCCESS RETRIES P50 P95 P99 COST COST/SUCCESS CRV DENIALS ESCALATED ROLLBACKS MTTR", func(row func(...any)) {
				for _, f := range l.Items {
					row(fmt.Sprintf("%s@v%d", f.Agent, f.Version), f.Environment, f.Runs, fmt.Sprintf("%.1f%%", 100*f.SuccessRate),
						fmt.Sprintf("%.1f%%", 100*f.RetryRate), ms(f.P50Ms), ms(f.P95Ms), ms(f.P99Ms), usd(f.Cost), usd(f.CostPerSuccess),
						f.CRVFailures, f.Denials, fmt.Sprintf("%.1f%%", 100*f.EscalationRate), f.Rollbacks, ms(float64(f.MTTRMs)))
				}
			})
		})
	})
	return cmd
}

func ms(v float64) string { return fmt.Sprintf("%.0fms", v) }

func usd(v resource.MicroUSD) string { return fmt.Sprintf("$%.4f", float64(v)/1e6) }
