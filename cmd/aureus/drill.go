package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newDrill(e *env) *cobra.Command {
	var req resource.DrillRequest
	var wait bool
	cmd := &cobra.Command{
		Use:   "drill AGENT",
		Short: "Rehearse a rollback with a version that is bad on purpose",
		Long: `Rehearse a rollback with a version that is bad on purpose. The server makes it of
the version that serves in the environment, gives it traffic of the drill's own in
a canary, and measures how soon it is off again. No session of anybody meets it,
its effects are captured, and what serves goes on serving. What was measured is
signed as evidence of kind drill. Never in the last environment.
With --wait, exit status: 0 passed, 1 missed or cancelled.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&req.Environment, "env", "staging", "environment; never the last one of the agent's pipeline")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, for the record")
	cmd.Flags().BoolVar(&wait, "wait", false, "follow the drill until it ends")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		d, err := c.StartDrill(ctx, args[0], req)
		if err == nil && wait {
			d, err = followDrill(ctx, c, d)
		}
		if err != nil {
			return err
		}
		if err := r.print(d, func(w io.Writer) { printDrill(w, d) }); err != nil || !wait {
			return err
		}
		return drillEnd(d)
	})
	cmd.AddCommand(newDrillList(e))
	return cmd
}

func newDrillList(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "list AGENT", Short: "List an agent's drills with what they measured, newest first", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	limit := limitFlag(cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		l, err := c.Drills(ctx, args[0], client.Page{Limit: *limit})
		if err == nil {
			err = listed(ctx, r, c, args[0], l)
		}
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "DRILL ENVIRONMENT VERSION STATE RECOVERY TARGET FAILED-RUNS RUNS AT BY", func(row func(...any)) {
				for _, d := range l.Items {
					row(d.ID, d.Environment, fmt.Sprintf("v%d", d.Version), d.State, recovery(d), millis(d.Within), d.FailedRuns, d.Runs, when(d.StartedAt), d.By.Name)
				}
			})
		})
	})
	return cmd
}

// followDrill returns when the drill has ended.
func followDrill(ctx context.Context, c *client.Client, d resource.Drill) (resource.Drill, error) {
	for d.State == resource.DrillRunning {
		select {
		case <-ctx.Done():
			return d, fault.New(fault.Failed, "stopped waiting; drill %s goes on", d.ID)
		case <-time.After(150 * time.Millisecond):
		}
		var err error
		if d, err = c.Drill(ctx, d.ID); err != nil {
			return d, err
		}
	}
	return d, nil
}

// drillEnd says by the error how a drill that was followed has ended.
func drillEnd(d resource.Drill) error {
	if d.State == resource.DrillPassed {
		return nil
	}
	return fault.New(fault.Failed, "drill %s was %s: %s; `aureus release show %s` has the details", d.ID, d.State, d.Why, d.ID)
}

func printDrill(w io.Writer, d resource.Drill) {
	say(w, "%s  drill of %s in %s with v%d: %s\n", d.ID, d.Agent, d.Environment, d.Version, d.State)
	if d.State == resource.DrillRunning {
		return
	}
	say(w, "  recovery %s, target %s; %d failed runs of %d\n", recovery(d), millis(d.Within), d.FailedRuns, d.Runs)
	say(w, "  first failed run %s, decided %s, all traffic good %s, verified again %s\n",
		moment(d.FirstFailedAt), moment(d.DecidedAt), moment(d.GoodAt), moment(d.VerifiedAt))
	say(w, "  incident %s, evidence %s\n", dash(d.Incident), dash(d.Evidence))
}

// recovery is a drill's time to recovery, - for none.
func recovery(d resource.Drill) string {
	if d.RecoveryMs == 0 {
		return "-"
	}
	return millis(d.RecoveryMs)
}

func millis(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }

// moment is a time to the millisecond, - for never.
func moment(m resource.Millis) string {
	if m == 0 {
		return "-"
	}
	return time.UnixMilli(int64(m)).UTC().Format("15:04:05.000Z")
}
