package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// textOf makes a text function of one that takes what it prints.
func textOf[T any](print func(io.Writer, T), v T) func(io.Writer) {
	return func(w io.Writer) { print(w, v) }
}

// printForecast says what a canary costs and when it decides.
func printForecast(w io.Writer, f resource.CanaryForecast) {
	fmt.Fprintf(w, "canary: %s; deadline %s, alpha %g\n", stepsLine(f.Plan), wait(float64(f.Plan.DeadlineMs)/1000), f.Plan.Alpha)
	fmt.Fprintf(w, "traffic: %s, %s of the runs fail (%s)%s\n", canary.PerTime(f.Traffic.RunsPerSecond), share100(f.Traffic.FailureRate), basis(f.Traffic), lengthsLine(f.Traffic))
	if b := f.Plan.HarmBudget; b != nil && f.Plan.Fit != nil {
		kept := "kept"
		if !f.Plan.Fit.Met {
			kept = "NOT kept"
		}
		fmt.Fprintf(w, "harm budget: at most %d excess failed runs in %s of the releases: %s, at most %.1f, of versions that fail %s\n",
			b.ExcessFailures, share100(b.Confidence), kept, f.Plan.Fit.Excess, share100(f.Plan.Fit.FailureRate))
	}
	if f.Coarse || f.Plan.Fit != nil && f.Plan.Fit.Coarse {
		fmt.Fprintln(w, "coarse: this much traffic, of which little is known for long, is simulated in part, from fewer releases than usual")
	}
	table(w, "FAILS ROLLED-BACK AFTER EXCESS-FAILED-RUNS 9-OF-10-AT-MOST PROMOTED HELD", func(row func(...any)) {
		for _, r := range f.Bad {
			row(share100(r.FailureRate), part(r.RolledBack, r.Releases), wait(r.DelaySeconds), fmt.Sprintf("%.1f", max(r.ExcessMedian, 0)),
				fmt.Sprintf("%.1f", max(r.ExcessP90, 0)), part(r.Promoted, r.Releases), part(r.Held, r.Releases))
		}
	})
	fmt.Fprintf(w, "a healthy version: promoted %s after %s, held %s, rolled back %d of %d\n", part(f.Healthy.Promoted, f.Healthy.Releases),
		wait(f.Healthy.PromoteSeconds), part(f.Healthy.Held, f.Healthy.Releases), f.Healthy.RolledBack, f.Healthy.Releases)
	if f.Healthy.Held*2 > f.Healthy.Releases {
		fmt.Fprintln(w, "This traffic does not decide by the deadline: a person will have to, or the deadline has to be later.")
	}
}

func stepsLine(p resource.CanaryPlan) string {
	var parts []string
	for _, s := range p.Steps {
		parts = append(parts, fmt.Sprintf("%d%% for %d sessions", s.Weight, s.Runs))
	}
	return strings.Join(parts, ", then ")
}

// lengthsLine says how long runs and sessions are, where that is known.
func lengthsLine(t resource.CanaryTraffic) (s string) {
	if t.RunSeconds > 0 {
		s += fmt.Sprintf("; a run takes %.3g s", t.RunSeconds)
	}
	if t.SessionRuns > 1 {
		s += fmt.Sprintf("; a session has %.3g runs", t.SessionRuns)
	}
	return s
}

func basis(t resource.CanaryTraffic) string {
	switch {
	case t.Runs == 0 && t.WindowMs > 0:
		return "assumed: no runs in the last " + wait(float64(t.WindowMs)/1000)
	case t.Runs == 0:
		return "given or assumed"
	}
	return fmt.Sprintf("%d runs in %s", t.Runs, wait(float64(t.WindowMs)/1000))
}

func share100(v float64) string { return strconv.FormatFloat(v*100, 'g', 3, 64) + "%" }

func part(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100*float64(n)/float64(of))
}

// wait is a number of seconds to read: 45s, 2m20s, 3h5m.
func wait(seconds float64) string {
	if seconds <= 0 {
		return "-"
	}
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	return blueprint.Duration(d).Brief()
}
