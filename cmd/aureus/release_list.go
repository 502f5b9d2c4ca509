package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

func printRelease(w io.Writer, r resource.Release) {
	say(w, "%s  %s@v%d into %s: %s%s\n", r.ID, r.Agent, r.Version, r.Environment, r.State, marks(r))
	if r.Reason != "" {
		say(w, "  %s\n", r.Reason)
	}
	say(w, "  tier %s, approval %s, incident %s\n", r.Tier, dash(r.Approval), dash(r.Incident))
	if len(r.Gates) > 0 {
		table(w, "GATE VERDICT CODE EVIDENCE MESSAGE", func(row func(...any)) {
			for _, g := range r.Gates {
				row(g.Name, g.Verdict, dash(string(g.Code)), short(g.Evidence), g.Message)
			}
		})
	}
	if s := r.Shadow; s != nil {
		say(w, "shadow: %s; of %d copied runs the candidate alone failed %d, what serves alone %d, both %d; %d differ, %d could not be compared\n",
			s.Verdict, s.Runs, s.OnlyCopy, s.OnlyLive, s.Both, s.Differs, s.Skipped)
	}
	if c := r.Canary; c != nil {
		say(w, "canary: %d of %d runs failed, beside it %d of %d; E = %.3g, threshold %.0f\n",
			c.Canary.Failures, c.Canary.Runs, c.Control.Failures, c.Control.Runs, c.EHarm, 1/r.Plan.Alpha)
		printStreams(w, r.Plan, *c)
	}
}

// marks say until when a release is frozen, and what kind it is when it is no ordinary
// one: on the emergency path, or a drill.
func marks(r resource.Release) string {
	until := ""
	if r.State == resource.ReleaseFrozen && r.FrozenUntil != 0 {
		until = " until " + when(r.FrozenUntil)
	}
	switch {
	case r.Drill:
		return until + " (drill)"
	case r.Stage.Hotfix != nil:
		return until + " (HOTFIX)"
	}
	return until
}

func newReleaseList(e *env) *cobra.Command {
	var f client.ReleaseFilter
	cmd := &cobra.Command{Use: "list", Short: "List releases, newest first", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&f.Agent, "agent", "", "only of this agent")
	cmd.Flags().StringVar(&f.Environment, "env", "", "only into this environment")
	limit := limitFlag(cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		l, err := c.Releases(ctx, f, client.Page{Limit: *limit})
		if err == nil {
			err = listed(ctx, r, c, f.Agent, l)
		}
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "RELEASE VERSION ENVIRONMENT STATE TIER AT REASON", func(row func(...any)) {
				for _, x := range l.Items {
					row(x.ID, fmt.Sprintf("%s@v%d", x.Agent, x.Version), x.Environment, string(x.State)+marks(x), x.Tier, when(x.UpdatedAt), oneLine(x.Reason))
				}
			})
		})
	})
	return cmd
}

func newReleaseShow(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "show RELEASE|VERSION", Short: "Show a release with its gates and history", Args: cobra.ExactArgs(1)}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		rel, err := releaseOf(ctx, c, args[0])
		if err != nil {
			return err
		}
		pairs, err := shadowPairs(ctx, c, rel)
		if err != nil {
			return err
		}
		progress, err := evaluationProgress(ctx, c, rel)
		if err != nil {
			return err
		}
		return r.print(rel, func(w io.Writer) {
			printRelease(w, rel)
			printEvaluationProgress(w, progress)
			printPairs(w, pairs)
			if rel.Canary == nil && rel.Baseline != "" && len(rel.Plan.Steps) > 0 && !rel.State.Final() {
				printForecast(w, canary.Forecast(endOfContext(ctx), rel.Plan))
			}
			table(w, "AT EVENT FROM TO BY REASON", func(row func(...any)) {
				for _, h := range rel.History {
					row(when(h.At), h.Event, h.From, h.To, h.Actor.Name, oneLine(h.Reason))
				}
			})
		})
	})
	return cmd
}
