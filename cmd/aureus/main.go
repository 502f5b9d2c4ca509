// Command aureus is the control plane and its command line. Each file holds one
// subcommand: flags become a config, the config is run. Only this package wires
// the parts together.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/aureus-agents/aureus/internal/screen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program but the process: it returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	in = &stdin{ctx: ctx, source: in}
	out, errs := screen.NewWriter(stdout), screen.NewWriter(stderr)
	cmd := newRoot(&env{stdin: in, stdout: out, stderr: errs, rawOut: stdout, rawErr: stderr, getenv: os.Getenv})
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(out)
	cmd.SetErr(errs)
	code := report(errs, execute(ctx, cmd))
	_, _ = out.Flush(), errs.Flush() // there is nobody left to tell
	return code
}
