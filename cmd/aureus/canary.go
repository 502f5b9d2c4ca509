package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/fault"
)

func newCanary(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "canary", Short: "What a canary will find, before it starts", Args: cobra.NoArgs,
		Long: `What a canary will find, before it starts. How canaries decide is in
docs/canary.md; a release's own is shown by ` + "`aureus release show`.",
	}
	cmd.AddCommand(newCanaryPlan(e), newCanarySimulate(e))
	return cmd
}

// rateValue is a flag like 2/s, 90/m, 500/h or 100/d, in runs a second.
type rateValue float64

var perSeconds = map[string]float64{"s": 1, "m": 60, "h": 3600, "d": 86400}

// String implements pflag.Value.
func (r *rateValue) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*r), 'g', 4, 64) + "/s"
}

// Set implements pflag.Value.
func (r *rateValue) Set(s string) error {
	number, unit, _ := strings.Cut(s, "/")
	if unit == "" {
		unit = "s"
	}
	n, err := strconv.ParseFloat(number, 64)
	if per := perSeconds[unit]; err == nil && per > 0 && n <= 1e6 && n/per >= slowest {
		*r = rateValue(n / per)
		return nil
	}
	return fault.New(fault.Invalid, "%q is no rate of runs; write 2/s, 90/m, 500/h or 100/d, from 1/d to 1000000/s", s)
}

// Type implements pflag.Value.
func (r *rateValue) Type() string { return "rate" }

// slowest is one run a day: fewer decide nothing.
const slowest = 1.0 / 86400

// share is a flag that holds a probability.
func share(name string, v float64) error {
	if v >= 0 && v <= 1 {
		return nil
	}
	return fault.New(fault.Invalid, "--%s %v is no share; write a number from 0 to 1", name, v)
}
