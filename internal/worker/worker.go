// Package worker does the jobs that transactions left behind: it runs the store's
// jobs with control's handler, turns a panic into an error that is tried again,
// and logs every attempt, never a payload.
//
// Start from [Run].
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// Jobs is a store's side: it does jobs until ctx ends, at most workers at a time,
// and commits what the handler returns together with the job's completion. After
// ctx ended, jobs that run have grace to finish. observe is called after every attempt.
type Jobs interface {
	RunJobs(ctx context.Context, do control.JobHandler, workers int, grace time.Duration,
		observe func(j control.Job, attempt int, took time.Duration, err error)) error
}

// Options of a worker.
type Options struct {
	Workers int           // jobs at a time; 0 is 8
	Grace   time.Duration // for jobs that run when ctx ends; 0 is 20 s
	Logger  *slog.Logger  // nil: discard
}

func (o Options) withDefaults() Options {
	if o.Workers == 0 {
		o.Workers = 8
	}
	if o.Grace == 0 {
		o.Grace = 20 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Run does jobs until ctx ends and the ones that run have stopped.
func Run(ctx context.Context, jobs Jobs, do control.JobHandler, o Options) error {
	o = o.withDefaults()
	if o.Workers < 0 || o.Grace < 0 {
		return fault.New(fault.Invalid, "the worker needs a positive number of workers and grace, not %d and %s", o.Workers, o.Grace)
	}
	return jobs.RunJobs(ctx, guarded(do), o.Workers, o.Grace, func(j control.Job, attempt int, took time.Duration, err error) {
		report(ctx, o.Logger, j, attempt, took, err)
	})
}

// guarded turns a panic of the handler into an error.
func guarded(do control.JobHandler) control.JobHandler {
	return func(ctx context.Context, j control.Job) (commit func(control.Tx) error, err error) {
		defer func() {
			if v := recover(); v != nil {
				commit = nil
				err = fault.Wrap(fmt.Errorf("panic: %v\n%s", v, debug.Stack()), fault.Internal, "the job %s failed because of a defect; it is tried again", j.Key)
			}
		}()
		return do(ctx, j)
	}
}

// report logs one attempt. An error that the store tries again after is a warning.
func report(ctx context.Context, log *slog.Logger, j control.Job, attempt int, took time.Duration, err error) {
	attrs := []slog.Attr{slog.String("kind", j.Kind), slog.String("key", j.Key), slog.Int("attempt", attempt), slog.Duration("took", took)}
	level, text := slog.LevelInfo, "job done"
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		text = "job interrupted; it is done at the next start"
	case fault.Is(err, fault.Invalid):
		level, text = slog.LevelError, "job given up"
	default:
		level, text = slog.LevelWarn, "job failed"
	}
	if err != nil {
		attrs = append(attrs, slog.String("code", string(fault.CodeOf(err))), slog.String("error", err.Error()))
	}
	log.LogAttrs(ctx, level, text, attrs...)
}
