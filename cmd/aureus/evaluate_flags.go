package main

import (
	"math"
	"slices"

	"github.com/spf13/pflag"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
)

// The flags of evaluate that do not go with everything that can be evaluated.
var (
	flagsOfFiles     = []string{"on-unclear", "concurrency", "suite", "requests-per-minute", "tokens-per-minute", "budget-usd", "budget-time", "resume"}
	flagsOfRecorded  = []string{"agent", "data", "server", "output", "recorded"}
	flagsOfPromptfoo = []string{"import-promptfoo", "repeats", "seed", "concurrency", "suite", "stop-early", "server", "output", "html", "markdown", "junit", "evidence"}
)

// check refuses what cannot be meant, and what would not be looked at.
func (f *evaluateFlags) check(fs *pflag.FlagSet, args []string) error {
	if err := f.bounds(fs); err != nil {
		return err
	}
	switch {
	case f.recorded && f.promptfoo != "":
		return fault.New(fault.Invalid, "--recorded and --import-promptfoo are two evaluations; leave one out")
	case (f.recorded || f.promptfoo != "") && len(args) > 0:
		return fault.New(fault.Invalid, "%s would not be evaluated: --recorded and --import-promptfoo say what is; leave one of the two out", args[0])
	case f.recorded:
		return onlyFlags(fs, "--recorded", func(name string) bool { return slices.Contains(flagsOfRecorded, name) })
	case f.promptfoo != "":
		return onlyFlags(fs, "--import-promptfoo", func(name string) bool { return slices.Contains(flagsOfPromptfoo, name) })
	case len(args) != 1:
		return fault.New(fault.Invalid, "name a blueprint file or a version, or say --recorded")
	case !isFile(args[0]):
		return onlyFlags(fs, "a registered version", func(name string) bool { return !slices.Contains(flagsOfFiles, name) })
	}
	return nil
}

// bounds refuses numbers that are none of their kind; 0 is no bound.
func (f *evaluateFlags) bounds(fs *pflag.FlagSet) error {
	usd := f.budget.CostUSD
	switch {
	case !(usd >= 0 && usd <= math.MaxFloat64):
		return fault.New(fault.Invalid, "--budget-usd %v is no amount; write a number above 0, such as 2.50", usd)
	case f.budgetTime < 0:
		return fault.New(fault.Invalid, "--budget-time %s is no length of time; write one above 0, such as 10m", f.budgetTime)
	case f.limits.RequestsPerMinute < 0:
		return fault.New(fault.Invalid, "--requests-per-minute %d is no limit; write a number above 0", f.limits.RequestsPerMinute)
	case f.limits.TokensPerMinute < 0:
		return fault.New(fault.Invalid, "--tokens-per-minute %d is no limit; write a number above 0", f.limits.TokensPerMinute)
	case f.Concurrency < 1 || f.Concurrency > evaluate.MaxConcurrency:
		return fault.New(fault.Invalid, "--concurrency %d is not from 1 to %d", f.Concurrency, evaluate.MaxConcurrency)
	case fs.Changed("repeats") && (f.Repeats < 1 || f.Repeats > evaluate.MaxRepeats):
		return fault.New(fault.Invalid, "--repeats %d is not from 1 to %d", f.Repeats, evaluate.MaxRepeats)
	case math.IsNaN(f.margin):
		return fault.New(fault.Invalid, "--margin NaN is no share; write a number such as 0.05")
	}
	return nil
}

// onlyFlags refuses a flag that was given and does not go with what.
func onlyFlags(fs *pflag.FlagSet, what string, goes func(name string) bool) (err error) {
	fs.Visit(func(fl *pflag.Flag) {
		if err == nil && !goes(fl.Name) {
			err = fault.New(fault.Invalid, "--%s does not go with %s, and would do nothing; leave it out", fl.Name, what)
		}
	})
	return err
}
