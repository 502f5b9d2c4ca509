package control

import (
	"context"
	"maps"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// The kinds of jobs that are not a release's.
const (
	jobExpireApproval = "approval.expire"
	jobRemindApproval = "approval.remind"
	jobResumeRun      = "run.resume"
	jobNotify         = "notify"
	jobCloseWaiting   = "runs.close"
)

// HandleJob does the effects of releases, approvals and runs; the worker calls
// it. Every job may run more than once: its result is written only if what it is
// about has not moved on.
func (c *Control) HandleJob() JobHandler {
	handlers := map[string]func(context.Context, Job) (func(*tx) error, error){
		jobExpireApproval: c.expireApproval,
		jobRemindApproval: c.remindApproval,
		jobResumeRun:      c.resumeRun,
		jobNotify:         c.deliver,
		jobCloseWaiting:   c.endWaiting,
		jobMissing:        c.countMissing,
		jobPlayDrill:      c.playDrill,
		jobEndDrill:       c.endLate,
	}
	maps.Copy(handlers, c.releaseHandlers())
	return func(ctx context.Context, j Job) (func(Tx) error, error) {
		h, ok := handlers[j.Kind]
		if !ok {
			return nil, fault.New(fault.Invalid, "there is no job of kind %q", j.Kind)
		}
		commit, err := h(ctx, j)
		if err != nil || commit == nil {
			return nil, err
		}
		return c.inTx(commit), nil
	}
}

// errEarly has a job that came before its time, because a clock was set back,
// tried again later.
var errEarly = fault.New(fault.Unavailable, "it is too early for this job; it is tried again")

// stepJob makes a job handler of one step of a release.
func (c *Control) stepJob(want resource.ReleaseState,
	work func(context.Context, releaseWork) (func(*tx, resource.Release) (release.Event, error), error)) func(context.Context, Job) (func(*tx) error, error) {
	return func(ctx context.Context, j Job) (func(*tx) error, error) { return c.releaseStep(ctx, j, want, work) }
}
