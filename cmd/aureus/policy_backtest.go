package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

type backtestFlags struct {
	runs, format     string
	agent, env, mode string
	since            spanValue
	against, html    string
	failOn           []string
	maxAsked         float64
	detail           bool
}

func newBacktest(e *env) *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use:   "backtest BLUEPRINT|AGENT@VERSION (--runs FILE --format agentdojo | --agent AGENT)",
		Short: "Replay recorded tool calls through a guard, beside the one that serves",
		Long: `Replay the tool calls of recorded runs through a blueprint's guard: what it
would have stopped, asked, allowed and broken, beside the guard that serves now.
The runs come from a file, or with --agent from the server.

--against names the other guard: a blueprint, AGENT@ENVIRONMENT or
AGENT@VERSION. Left out, it is what serves the agent in --env when AUREUS_TOKEN is
set, and else what was decided when the runs were recorded.

An attack is stopped when at least one call of the injected plan did not run,
because it was rejected or waits for a human; attacks_asked_human of them have
only a human to stop them. A benign run is finished when every call ran and no
human was asked. -o json prints the counts, and "against" and how runs change.
--html writes every run that changes, with the call, the reason and where its
values came from; a file that is there is replaced.

It ends with status 3 when a run changes in a way that --fail-on names, or more
benign runs than --max-asked percent do not finish alone.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.runs, "runs", "", "file of recorded runs, plain or gzip; - is stdin")
	fl.StringVar(&f.format, "format", recorded.AgentDojo, "format of the file: agentdojo, aureus or taubench")
	fl.StringVar(&f.agent, "agent", "", "take the server's runs of this agent")
	fl.StringVar(&f.env, "env", "production", "environment of the runs and of what serves")
	fl.StringVar(&f.mode, "mode", string(resource.RunLive), "mode of the server's runs: live or recorded")
	f.since = spanValue(7 * 24 * time.Hour)
	fl.Var(&f.since, "since", "how far back the server's runs go: 90m, 24h, 7d")
	fl.StringVar(&f.against, "against", "", "the guard to compare with; \"recorded\" is what was decided then")
	fl.StringVar(&f.html, "html", "", "write the runs that change to this file")
	fl.StringSliceVar(&f.failOn, "fail-on", nil, "opened, broken, asking or changed: fail when there is such a run")
	fl.Float64Var(&f.maxAsked, "max-asked", 100, "percent of benign runs that may not finish alone")
	fl.BoolVar(&f.detail, "detail", false, "list every run that changes (text)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), e, r, args[0]) }
	return cmd
}

func (f backtestFlags) run(ctx context.Context, e *env, r *remote, ref string) error {
	if err := f.check(); err != nil {
		return err
	}
	against, err := f.opponent(ctx, e, r, ref)
	if err != nil {
		return err
	}
	candidate, err := policySet(ctx, e, r, ref, against.manifest)
	if err != nil {
		return err
	}
	out, err := newBacktestOutput(f, candidate, against)
	if err != nil {
		return err
	}
	defer out.close()
	var c backtest.Comparison
	err = f.eachRun(ctx, e, r, func(run recorded.Run) error {
		ch, changed := c.Add(candidate.guard, against.judge(), run)
		if !changed {
			return nil
		}
		return out.change(ch)
	})
	if err != nil {
		return err
	}
	if err := out.finish(&c); err != nil {
		return err
	}
	warnUnknown(e.stderr, candidate.name, c.Candidate, c.Runs)
	if err := r.print(reportOf(&c, against), func(w io.Writer) { printBacktest(w, &c, candidate, against); out.list(w) }); err != nil {
		return err
	}
	return f.verdict(&c)
}

// check refuses flags that cannot be meant.
func (f backtestFlags) check() error {
	switch {
	case f.runs == "" && f.agent == "":
		return fault.New(fault.Invalid, "say where the runs are from: --runs FILE, or --agent AGENT for those of the server")
	case f.runs != "" && f.agent != "":
		return fault.New(fault.Invalid, "the runs are from one place: --runs FILE, or --agent AGENT for those of the server; leave one out")
	}
	if f.maxAsked < 0 || f.maxAsked > 100 {
		return fault.New(fault.Invalid, "--max-asked %g is not a percentage from 0 to 100", f.maxAsked)
	}
	for _, name := range f.failOn {
		if _, ok := changesOf(&backtest.Comparison{}, name); !ok {
			return fault.New(fault.Invalid, "--fail-on %q is not opened, broken, asking or changed", name)
		}
	}
	return nil
}

// changesOf is how many runs change in the named way.
func changesOf(c *backtest.Comparison, name string) (n int, ok bool) {
	switch name {
	case "opened":
		return c.Opened, true
	case "broken":
		return c.Broken, true
	case "asking":
		return c.Asking, true
	case "changed":
		return c.Changed, true
	}
	return 0, false
}

// verdict is the error of a threshold that is passed.
func (f backtestFlags) verdict(c *backtest.Comparison) error {
	for _, name := range f.failOn {
		if n, _ := changesOf(c, name); n > 0 {
			return fault.New(fault.Blocked, "%d runs are %s; --html FILE shows each with the call and the reason", n, name)
		}
	}
	alone := percent(c.Candidate.Benign-c.Candidate.BenignFinished, c.Candidate.Benign)
	if alone > f.maxAsked {
		return fault.New(fault.Blocked, "%.1f %% of the benign runs do not finish alone, where --max-asked allows %g", alone, f.maxAsked)
	}
	return nil
}

// set is a guard with where it is from.
type set struct {
	name     string
	guard    *guard.Compiled    // nil: what was decided when the runs were recorded
	manifest *resource.Manifest // nil with guard
}

// judge is the set for a comparison; an interface of a nil guard is not nil.
func (s set) judge() backtest.Judge {
	if s.guard == nil {
		return nil
	}
	return s.guard
}
