package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// canarySim is what `aureus canary simulate` was told and found.
type canarySim struct {
	Seed     uint64         `json:"seed"`
	Traffic  string         `json:"traffic"`
	Baseline float64        `json:"baseline"`
	PBad     float64        `json:"pBad"`
	Rows     []canarySimRow `json:"controllers"`
}

// canarySimRow is one controller with a bad version and with a healthy one.
type canarySimRow struct {
	Name     string                   `json:"name"`
	Settings string                   `json:"settings"`
	Bad      resource.CanarySimulated `json:"bad"`
	Healthy  resource.CanarySimulated `json:"healthy"`
}

func newCanarySimulate(e *env) *cobra.Command {
	o := canarySimOptions{rate: 2}
	var output string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Play thousands of releases, beside Argo Rollouts and Flagger",
		Long: `Play releases of a bad and of a healthy version on the same kind of traffic:
with Aureus, and with Argo Rollouts and Flagger in the settings of their
documentations' examples (Argo Rollouts: Analysis & Progressive Delivery,
background analysis; Flagger: How it works). The peers are given exact figures
at once. -o json prints {"seed","traffic","baseline","pBad","controllers":[{
"name","settings","bad":{"rolledBack","excessMedian","delaySeconds",...},
"healthy":{...}}]}.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return fault.New(fault.Invalid, "--output %q is not text or json", output)
			}
			s, err := o.run(cmd.Context())
			if err != nil {
				return err
			}
			if output == "json" {
				return writeJSON(e.stdout, s)
			}
			printSimulated(e.stdout, s)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "text", "text or json")
	f.Var(&o.rate, "rate", "runs in both arms: 2/s, 90/m, 500/h or 100/d")
	f.Float64Var(&o.baseline, "baseline", 0.01, "share of the serving version's runs that fail")
	f.Float64Var(&o.bad, "p-bad", 0.30, "share of the bad version's runs that fail")
	f.StringVar(&o.steps, "steps", "10,50", "Aureus' weights in percent, each with its sessions after a colon (10:20)")
	f.Float64Var(&o.alpha, "alpha", 0.001, "Aureus' bound on false rollbacks")
	f.StringVar(&o.outage, "outage", "", "a time in which both versions fail in nine of ten runs: 30s-80s after the start")
	f.Float64Var(&o.sessionRuns, "session-runs", 1, "mean runs of a session")
	f.Float64Var(&o.correlation, "correlation", 0, "share of the sessions whose runs all end alike")
	f.DurationVar(&o.late, "late", 0, "mean time until a run's outcome is known, at most 24h")
	f.BoolVar(&o.streams, "streams", true, "compare all six streams, with usual rates in both versions; false is failures alone")
	f.IntVar(&o.releases, "releases", 1000, "releases of each kind, at most 100000")
	f.Uint64Var(&o.seed, "seed", 1, "seed")
	return cmd
}

type canarySimOptions struct {
	rate                     rateValue
	baseline, bad, alpha     float64
	sessionRuns, correlation float64
	steps, outage            string
	late                     time.Duration
	streams                  bool
	releases                 int
	seed                     uint64
}

func (o canarySimOptions) check() error {
	for name, v := range map[string]float64{"baseline": o.baseline, "p-bad": o.bad, "correlation": o.correlation} {
		if err := share(name, v); err != nil {
			return err
		}
	}
	switch {
	case !(o.alpha > 0 && o.alpha < 1):
		return fault.New(fault.Invalid, "--alpha %v is no probability; write a number above 0 and below 1", o.alpha)
	case o.releases < 1 || o.releases > 100_000:
		return fault.New(fault.Invalid, "--releases %d is not from 1 to 100000", o.releases)
	case !(o.sessionRuns >= 1 && o.sessionRuns <= 1000):
		return fault.New(fault.Invalid, "--session-runs %v is not from 1 to 1000", o.sessionRuns)
	}
	return checkLate(o.late)
}

// world is the traffic of a bad version.
func (o canarySimOptions) world() (canary.World, error) {
	w := canary.World{RunsPerSecond: float64(o.rate), Baseline: o.baseline, Bad: o.bad, SessionRuns: o.sessionRuns,
		Correlation: o.correlation, RunSeconds: o.late.Seconds(), Seconds: 3600}
	if o.streams {
		w.Streams = canary.UsualStreams()
	}
	if o.outage == "" {
		return w, nil
	}
	from, to, ok := strings.Cut(o.outage, "-")
	begin, err := time.ParseDuration(from)
	end, err2 := time.ParseDuration(to)
	if !ok || err != nil || err2 != nil || end <= begin {
		return w, fault.New(fault.Invalid, "--outage %q is no time; write from when to when after the start: 30s-80s", o.outage)
	}
	w.Outage = &canary.Outage{From: begin.Seconds(), To: end.Seconds(), Rate: 0.9}
	return w, nil
}

// plan is Aureus' plan.
func (o canarySimOptions) plan() (resource.CanaryPlan, error) {
	c := blueprint.Canary{Alpha: o.alpha}
	if !o.streams {
		c.Streams = []blueprint.CanaryStream{{Name: blueprint.StreamFailures}}
	}
	for s := range strings.SplitSeq(o.steps, ",") {
		weight, runs, given := strings.Cut(strings.TrimSpace(s), ":")
		w, err := strconv.Atoi(weight)
		n, err2 := 0, error(nil)
		if given {
			n, err2 = strconv.Atoi(runs)
		}
		if err != nil || err2 != nil || w < 1 || w > 99 || n < 0 {
			return resource.CanaryPlan{}, fault.New(fault.Invalid, "--steps: %q is no step; write a weight from 1 to 99, and its sessions after a colon: 10:20", s)
		}
		c.Steps = append(c.Steps, blueprint.CanaryStep{Weight: w, Runs: n})
	}
	return canary.Plan(c), nil
}

func (o canarySimOptions) run(ctx context.Context) (canarySim, error) {
	if err := o.check(); err != nil {
		return canarySim{}, err
	}
	w, err := o.world()
	if err != nil {
		return canarySim{}, err
	}
	p, err := o.plan()
	if err != nil {
		return canarySim{}, err
	}
	s := canarySim{Seed: o.seed, Traffic: canary.PerTime(float64(o.rate)), Baseline: o.baseline, PBad: o.bad}
	healthy := w
	healthy.Bad = w.Baseline
	many := w.SessionRuns > 1
	for _, c := range []struct {
		name, settings string
		begin          func() canary.Controller
	}{
		{"Aureus", fmt.Sprintf("%s, alpha %g", stepsLine(p), p.Alpha), func() canary.Controller { return canary.Watch(p, many) }},
		{"Argo Rollouts", "20, 40, 60, 80%, 10m each; success >= 95% each 5m, three below abort", func() canary.Controller { return &canary.Argo{} }},
		{"Flagger", "5% more each 1m up to 50%; success >= 99% each 1m, ten below roll back", func() canary.Controller { return &canary.Flagger{} }},
	} {
		s.Rows = append(s.Rows, canarySimRow{Name: c.name, Settings: c.settings,
			Bad: canary.Simulate(endOfContext(ctx), o.seed, o.releases, w, c.begin), Healthy: canary.Simulate(endOfContext(ctx), o.seed+1, o.releases, healthy, c.begin)})
	}
	return s, ctx.Err()
}

func printSimulated(w io.Writer, s canarySim) {
	fmt.Fprintf(w, "%s; the version that serves fails %s, the bad one %s; %d releases of each kind\n", s.Traffic, share100(s.Baseline), share100(s.PBad), s.Rows[0].Bad.Releases)
	table(w, "CONTROLLER BAD-ROLLED-BACK AFTER EXCESS-FAILED-RUNS 95%-AT-MOST HEALTHY-ROLLED-BACK AT-MOST PROMOTED AFTER", func(row func(...any)) {
		for _, r := range s.Rows {
			row(r.Name, part(r.Bad.RolledBack, r.Bad.Releases), wait(r.Bad.DelaySeconds), fmt.Sprintf("%.1f", r.Bad.ExcessMedian), fmt.Sprintf("%.1f", r.Bad.ExcessP95),
				fmt.Sprintf("%d of %d", r.Healthy.RolledBack, r.Healthy.Releases), fmt.Sprintf("%.2g%%", 100*r.Healthy.RollbackUpper),
				part(r.Healthy.Promoted, r.Healthy.Releases), wait(r.Healthy.PromoteSeconds))
		}
	})
	for _, r := range s.Rows {
		fmt.Fprintf(w, "%s: %s\n", r.Name, r.Settings)
	}
}

// endOfContext asks whether ctx has ended, for a computation that knows no context.
func endOfContext(ctx context.Context) func() bool { return func() bool { return ctx.Err() != nil } }
