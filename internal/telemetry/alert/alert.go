// Package alert decides which alert rules of a blueprint fire on the monitor's
// figures. Pure: it reads no clock and sends nothing.
//
// Start from [Evaluate].
package alert

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Defaults of an alert rule.
const (
	DefaultWindow  = 5 * time.Minute
	DefaultMinRuns = 10
)

// Firing is an alert that fires.
type Firing struct {
	Rule        string          `json:"rule"`
	Metric      string          `json:"metric"`
	Kind        string          `json:"kind"` // above or spike
	Agent       string          `json:"agent"`
	Environment string          `json:"environment"`
	Digest      string          `json:"digest,omitempty"`
	Value       float64         `json:"value"`    // of the window
	Bound       float64         `json:"bound"`    // that it is over
	Previous    float64         `json:"previous"` // of the window before
	Runs        int64           `json:"runs"`
	At          resource.Millis `json:"at"`
	Text        string          `json:"text"`
}

// Window is the rule's window with its default.
func Window(a blueprint.Alert) time.Duration { return a.Window.D(DefaultWindow) }

// Evaluate returns the rules that fire at now, in order of name: current holds the
// figures of the rules' window, previous those of the window before it. A rule
// with Above fires when its figure is over that; one with Spike when it is over
// Spike times the figure of the window before, which must have enough runs too
// and a figure that is not 0 (from nothing every rise is infinite: use Above).
// Too few runs and an unknown metric never fire. A rule fires once, for Above
// first.
func Evaluate(rules []blueprint.Alert, now resource.Millis, current, previous resource.Figures) []Firing {
	var firing []Firing
	for _, r := range rules {
		value, ok := Figure(r.Metric, current)
		if !ok || current.Runs < int64(minRuns(r)) {
			continue
		}
		before, _ := Figure(r.Metric, previous)
		f := Firing{Rule: r.Name, Metric: r.Metric, Agent: current.Agent, Environment: current.Environment, Digest: current.Digest,
			Value: value, Previous: before, Runs: current.Runs, At: now}
		switch {
		case r.Above != nil && value > *r.Above:
			f.Kind, f.Bound = "above", *r.Above
		case r.Spike != nil && previous.Runs >= int64(minRuns(r)) && before > 0 && value > *r.Spike*before:
			f.Kind, f.Bound = "spike", *r.Spike*before
		default:
			continue
		}
		f.Text = text(r, f)
		firing = append(firing, f)
	}
	slices.SortStableFunc(firing, func(a, b Firing) int { return cmp.Compare(a.Rule, b.Rule) })
	return firing
}

func minRuns(r blueprint.Alert) int {
	if r.MinRuns > 0 {
		return r.MinRuns
	}
	return DefaultMinRuns
}

func text(r blueprint.Alert, f Firing) string {
	n := func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
	where := f.Agent + " in " + f.Environment
	if f.Kind == "spike" {
		return fmt.Sprintf("%s: %s of %s is %s over the last %s (%d runs), more than %s times the %s before",
			r.Name, f.Metric, where, n(f.Value), Window(r), f.Runs, n(*r.Spike), n(f.Previous))
	}
	return fmt.Sprintf("%s: %s of %s is %s over the last %s (%d runs), above %s", r.Name, f.Metric, where, n(f.Value), Window(r), f.Runs, n(f.Bound))
}

// Figure reads the figure that an alert's metric names; ok is false for a metric
// that is not known. Rates are per run, costPerRun is in US dollars.
func Figure(metric string, f resource.Figures) (value float64, ok bool) {
	perRun := func(n float64) float64 {
		if f.Runs == 0 {
			return 0
		}
		return n / float64(f.Runs)
	}
	switch metric {
	case "errorRate":
		return f.ErrorRate, true
	case "retryRate":
		return f.RetryRate, true
	case "p50Ms":
		return f.P50Ms, true
	case "p95Ms":
		return f.P95Ms, true
	case "p99Ms":
		return f.P99Ms, true
	case "costPerRun":
		return perRun(float64(f.Cost) / 1e6), true
	case "crvFailureRate":
		return perRun(float64(f.CRVFailures)), true
	case "denialRate":
		return perRun(float64(f.Denials)), true
	case "escalationRate":
		return f.EscalationRate, true
	}
	return 0, false
}
