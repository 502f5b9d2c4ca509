package tool

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
)

// maxVerdict bounds the bytes that a grader's program may print.
const maxVerdict = 1 << 20

// Graders runs the programs of command graders: each run in a process and a
// strict sandbox of its own, without a network, as a tool server with nothing in
// its blueprint's sandbox gets. The program's own file, and files beside Aureus
// that its arguments name, can be read; nothing can be changed. Safe for
// concurrent use.
type Graders struct{ cfg Config }

// NewGraders makes the runner.
func NewGraders(cfg Config) *Graders { return &Graders{cfg.withDefaults()} }

var _ simulate.Commands = (*Graders)(nil)

// Run implements [simulate.Commands].
func (g *Graders) Run(ctx context.Context, command []string, stdin []byte) ([]byte, error) {
	p, err := g.cfg.startProcess(blueprint.Server{Name: "grader " + command[0], Stdio: &blueprint.StdioServer{Command: command}}, true)
	if err != nil {
		return nil, err
	}
	defer p.stop(g.cfg.StopGrace)
	go func() {
		_, _ = p.stdin.Write(stdin) // a program that reads none of it may still answer
		_ = p.stdin.Close()
	}()
	type read struct {
		text []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(p.stdout, maxVerdict+1))
		done <- read{text, err}
	}()
	var out read
	select {
	case out = <-done:
	case <-ctx.Done():
		return nil, g.late(ctx, p, command[0])
	}
	switch {
	case out.err != nil:
		return nil, fault.Wrap(out.err, fault.Upstream, "what the grader %s printed cannot be read", command[0])
	case len(out.text) > maxVerdict:
		return nil, fault.New(fault.TooLarge, "the grader %s printed more than %d bytes", command[0], maxVerdict)
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		return nil, g.late(ctx, p, command[0])
	}
	if !p.cmd.ProcessState.Success() {
		return nil, fault.New(fault.Upstream, "the grader %s failed: %s", command[0], p.ended())
	}
	return out.text, nil
}

// late says that a program did not end in its time, and makes its end a short one.
func (g *Graders) late(ctx context.Context, p *process, name string) error {
	p.stop(10 * time.Millisecond)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.New(fault.Upstream, "the grader %s did not end in its time", name)
	}
	return ctx.Err()
}
