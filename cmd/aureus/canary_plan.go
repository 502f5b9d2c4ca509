package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

func newCanaryPlan(e *env) *cobra.Command {
	var rate rateValue
	var baseline float64
	var environment string
	var excess int
	var late time.Duration
	cmd := &cobra.Command{
		Use:   "plan BLUEPRINT|VERSION",
		Short: "Say what the canary of a version costs and when it decides",
		Long: `Say what the canary of a version costs and when it decides, from simulated
releases of versions that fail at different rates. The traffic is --rate and
--baseline; for a VERSION they default to what the server saw of the version
that serves over the last day, else to 1/s and 0.01. The plan of a VERSION is
the one of its pipeline for --env where that has one, else the blueprint's. A
harm budget, the plan's or --excess, has the steps computed. Outcomes are taken
to come --late on average, and sessions to have one run. Much traffic of which
little is known yet is simulated in part, and the forecast says so.
-o json prints {"plan","traffic","healthy","bad":[{"failureRate","rolledBack",
"excessMedian",...}]}.
Exit status 1 when no steps keep the harm budget.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	f := cmd.Flags()
	f.Var(&rate, "rate", "runs in both arms: 2/s, 90/m, 500/h or 100/d")
	f.Float64Var(&baseline, "baseline", 0, "share of the serving version's runs that fail")
	f.StringVar(&environment, "env", "production", "environment of the traffic")
	f.IntVar(&excess, "excess", 0, "harm budget: at most this many excess failed runs; steps are computed")
	f.DurationVar(&late, "late", 0, "mean time until a run's outcome is known, at most 24h")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := share("baseline", baseline); err != nil {
			return err
		}
		if err := checkLate(late); err != nil {
			return err
		}
		if cmd.Flags().Changed("excess") && excess < 1 {
			return fault.New(fault.Invalid, "--excess %d is no harm budget; write how many excess failed runs are borne, from 1", excess)
		}
		c, err := canaryOf(cmd.Context(), r, args[0], environment)
		if err != nil {
			return err
		}
		if excess > 0 {
			c.plan.HarmBudget, c.plan.Steps = &blueprint.HarmBudget{ExcessFailures: excess}, nil
		}
		t := c.traffic
		if rate > 0 {
			t.RunsPerSecond, t.Runs, t.WindowMs = float64(rate), 0, 0
		}
		if cmd.Flags().Changed("baseline") {
			t.FailureRate, t.Runs, t.WindowMs = baseline, 0, 0
		}
		if late > 0 {
			t.RunSeconds = late.Seconds()
		}
		p := canary.Plan(c.plan)
		p.Traffic = &t
		forecast := canary.Forecast(endOfContext(cmd.Context()), canary.Fit(endOfContext(cmd.Context()), p))
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		return sayForecast(r, forecast)
	}
	return cmd
}

// maxLate bounds --late. Nobody runs a canary whose outcomes take longer.
const maxLate = 24 * time.Hour

func checkLate(late time.Duration) error {
	if late < 0 || late > maxLate {
		return fault.New(fault.Invalid, "--late %s is not from 0s to %s", late, blueprint.Duration(maxLate).Brief())
	}
	return nil
}

// canaryPlanned is a canary as a blueprint has it, and the traffic that it will get.
type canaryPlanned struct {
	plan    blueprint.Canary
	traffic resource.CanaryTraffic
}

// canaryOf reads a blueprint's file, or asks the server for a version.
func canaryOf(ctx context.Context, r *remote, ref, environment string) (c canaryPlanned, err error) {
	c.traffic = resource.CanaryTraffic{RunsPerSecond: 1, FailureRate: canary.AssumedFailureRate}
	if _, err := os.Stat(ref); err == nil || !strings.Contains(ref, "@") {
		a, _, err := readBlueprint(r.env, ref)
		if err == nil {
			c.plan = a.Spec.Release.Canary
		}
		return c, err
	}
	cl, err := r.client()
	if err != nil {
		return c, err
	}
	v, err := cl.Version(ctx, ref)
	if err != nil {
		return c, err
	}
	if c.plan, err = planned(ctx, cl, v, environment); err != nil {
		return c, err
	}
	const window = 24 * time.Hour
	agent, _, _ := strings.Cut(ref, "@")
	now := time.Now()
	list, err := cl.Figures(ctx, client.FiguresQuery{Agent: agent, Environment: environment, From: resource.Millis(now.Add(-window).UnixMilli()), To: resource.Millis(now.UnixMilli())})
	if err != nil {
		return c, err
	}
	c.traffic.WindowMs = window.Milliseconds()
	for _, f := range list.Items {
		if f.Digest == v.Digest || f.Runs <= c.traffic.Runs {
			continue
		}
		c.traffic = resource.CanaryTraffic{Runs: f.Runs, RunsPerSecond: float64(f.Runs) / window.Seconds(), FailureRate: f.ErrorRate, WindowMs: window.Milliseconds()}
	}
	return c, nil
}

// planned is the plan that a release of a version into an environment would have.
func planned(ctx context.Context, cl *client.Client, v resource.Version, environment string) (blueprint.Canary, error) {
	b := v.Manifest.Blueprint
	list, err := cl.Pipelines(ctx)
	if err != nil {
		return blueprint.Canary{}, err
	}
	st, err := pipeline.StageOf(pipeline.For(list.Items, v.Agent, b.Metadata.Owner), environment, false)
	switch {
	case err != nil:
		return blueprint.Canary{}, err
	case st.Stage.Rollout.Strategy != blueprint.StrategyCanary:
		return blueprint.Canary{}, fault.New(fault.Invalid, "a release of %s into %s has no canary: the pipeline %s rolls it out %s",
			v.Name, environment, st.Pipeline, st.Stage.Rollout.Strategy)
	case st.Stage.Rollout.Canary != nil:
		return *st.Stage.Rollout.Canary, nil
	}
	return b.Spec.Release.Canary, nil
}

func sayForecast(r *remote, f resource.CanaryForecast) error {
	if err := r.print(f, textOf(printForecast, f)); err != nil {
		return err
	}
	if b := f.Plan.HarmBudget; b != nil && !f.Plan.Fit.Met {
		return fault.New(fault.Failed, "no steps keep the harm budget of %d excess failed runs; the most careful ones take up to %.1f", b.ExcessFailures, f.Plan.Fit.Excess)
	}
	return nil
}
