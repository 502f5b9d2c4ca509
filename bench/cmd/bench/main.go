// Command bench measures Aureus beside its peers and prints a table. It exits
// with status 1 when something could not be measured or a comparison was not
// equal; a missed target is a line in the table and no failure.
//
//	go -C bench run ./cmd/bench [-only guard,backtest,ledger,live,evaluation,gateway,canary,rollback] [-json FILE] [-cold]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/aureus-agents/aureus/bench/attacks"
	"github.com/aureus-agents/aureus/bench/canaries"
	"github.com/aureus-agents/aureus/bench/ledger"
	"github.com/aureus-agents/aureus/bench/live"
	"github.com/aureus-agents/aureus/bench/measure"
	"github.com/aureus-agents/aureus/bench/policy"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "guard,backtest,ledger,live,evaluation,gateway,canary,rollback", "what to measure")
	file := flags.String("json", "", "also write the figures to this file")
	cold := flags.Bool("cold", false, "also build with an empty cache (some CPU-minutes)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := attacks.Root()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "aureus-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	parts := map[string]func() ([]measure.Figure, error){
		"guard":      func() ([]measure.Figure, error) { return policy.Run(ctx, root) },
		"backtest":   func() ([]measure.Figure, error) { return attacks.Speed(root) },
		"ledger":     func() ([]measure.Figure, error) { return ledger.Run(ctx, dir) },
		"live":       func() ([]measure.Figure, error) { return live.Run(ctx, root, dir, *cold) },
		"evaluation": func() ([]measure.Figure, error) { return live.Evaluation(ctx, root, dir) },
		"gateway":    func() ([]measure.Figure, error) { return live.Gateway(ctx, root, dir) },
		"rollback":   func() ([]measure.Figure, error) { return live.Rollback(ctx, root, dir) },
		"canary":     func() ([]measure.Figure, error) { return canaries.Run(), nil },
	}
	names := strings.Split(*only, ",")
	for _, name := range names {
		if parts[name] == nil {
			return fmt.Errorf("there is no part %q; -only takes guard, backtest, ledger, live, evaluation, gateway, canary and rollback", name)
		}
	}
	report, failed := measure.NewReport(), error(nil)
	for _, name := range names {
		fmt.Fprintf(stderr, "measuring %s\n", name)
		figures, err := parts[name]()
		report.Figures = append(report.Figures, figures...)
		failed = errors.Join(failed, err)
	}
	if err := report.Print(stdout); err != nil {
		return err
	}
	if *file != "" {
		failed = errors.Join(failed, write(report, *file))
	}
	return failed
}

func write(r *measure.Report, name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(r.WriteJSON(f), f.Close())
}
