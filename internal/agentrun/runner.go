package agentrun

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The bounds of a run that no blueprint sets.
const (
	MaxDenials   = 3        // consecutive refused calls after which a run ends denied
	MaxMalformed = 3        // consecutive calls with unreadable arguments after which it ends in error
	MaxFailures  = 3        // consecutive calls that no server answered after which it ends in error
	MaxRepairs   = 2        // rounds that a model gets to correct what a check blocked
	MaxShown     = 64 << 10 // bytes of one tool result that the model is shown; CRV and the guard see all of it
)

// DefaultDuration bounds a run whose blueprint sets no budgets.duration.
const DefaultDuration = 5 * time.Minute

// DefaultCallTimeout bounds a tool call, its retries included, when the tool
// sets no timeout.
const DefaultCallTimeout = 30 * time.Second

// Runner makes runs. Every field but Logger is required. It holds no state of
// a run and is safe for concurrent use.
type Runner struct {
	Model   Model
	Tools   Tools
	Journal Journal
	Now     func() time.Time
	Logger  *slog.Logger // nil: discard
}

// Run makes the run of s from its start. The run it returns has ended or, when a
// human has to answer first, has the outcome waiting. An error means that
// progress could not be made durable (or that s cannot be run at all): the run
// stopped before the effect that was to be recorded, and is returned as far as
// it came.
func (r *Runner) Run(ctx context.Context, s Spec) (resource.Run, error) {
	l, err := r.newLoop(s)
	if err != nil {
		return s.Run, err
	}
	if err := l.begin(); err != nil {
		return s.Run, err
	}
	return l.drive(ctx, nil)
}

// Resume goes on with a run from its last checkpoint. A run that waits takes g
// as the answer to its first pending call: approved, the guard decides again
// with the approval; denied, the model is told why. A run that was interrupted
// goes on where it was; an approved call that may or may not have reached its
// server is made again only when it reads.
func (r *Runner) Resume(ctx context.Context, s Spec, c Checkpoint, g Grant) (resource.Run, error) {
	l, err := r.newLoop(s)
	if err != nil {
		return c.Run, err
	}
	switch c.Run.Outcome {
	case resource.OutcomeWaiting, resource.OutcomeRunning:
	default:
		return c.Run, fault.New(fault.Conflict, "run %s has ended with outcome %s and cannot go on; start a new run", c.Run.ID, c.Run.Outcome)
	}
	waiting := c.Run.Outcome == resource.OutcomeWaiting
	if waiting && len(c.Pending) == 0 {
		return c.Run, fault.New(fault.Corrupt, "the checkpoint of run %s waits for a human but holds no call; start a new run", c.Run.ID)
	}
	if len(c.Messages) == 0 {
		return c.Run, fault.New(fault.Corrupt, "the checkpoint of run %s holds no conversation; start a new run", c.Run.ID)
	}
	l.restore(c)
	if !waiting {
		return l.drive(ctx, nil)
	}
	return l.drive(ctx, &g)
}

func (r *Runner) newLoop(s Spec) (*loop, error) {
	if s.Manifest == nil || s.Guard == nil {
		return nil, fault.New(fault.Internal, "run %s has no version or no guard; nothing was run", s.Run.ID)
	}
	log := r.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &loop{Runner: r, spec: s, bp: &s.Manifest.Blueprint, run: s.Run,
		log: log.With("run", s.Run.ID, "agent", s.Run.Agent)}, nil
}

// begin sets up a new run.
func (l *loop) begin() error {
	input, err := inputText(l.run.Input)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "the input of the run has no exact JSON form; write large numbers as strings")
	}
	l.stint = l.Now()
	if l.run.StartedAt == 0 {
		l.run.StartedAt = resource.Millis(l.stint.UnixMilli())
	}
	l.run.Outcome = resource.OutcomeRunning
	l.guard = l.spec.Guard.Start(input)
	l.messages = []Message{{Role: "system"}, {Role: "user", Content: input}}
	return nil
}

// restore takes over a checkpoint.
func (l *loop) restore(c Checkpoint) {
	l.stint = l.Now()
	l.run = c.Run
	l.run.Outcome = resource.OutcomeRunning
	l.run.Approval = ""
	l.run.Steps = slices.Clone(c.Run.Steps)
	l.next = len(l.run.Steps)
	l.messages = slices.Clone(c.Messages)
	l.guard = c.Guard
	l.pending = slices.Clone(c.Pending)
	l.progress = c.Progress
	if c.InFlight != nil {
		l.recoverInFlight(*c.InFlight)
	}
}
