package control

import (
	"context"

	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// releaseHandlers are the handlers of the jobs of releases, by kind.
func (c *Control) releaseHandlers() map[string]func(context.Context, Job) (func(*tx) error, error) {
	handlers := map[release.EffectKind]func(context.Context, Job) (func(*tx) error, error){
		release.DoCheck:        c.stepJob(resource.ReleaseChecking, c.checkRelease),
		release.DoDeploy:       c.stepJob(resource.ReleaseDeploying, c.deployRelease),
		release.DoSmoke:        c.stepJob(resource.ReleaseSmoke, c.smokeRelease),
		release.DoGate:         c.gateRelease,
		release.VerifyGood:     c.stepJob(resource.ReleaseRollingBack, c.verifyGood),
		release.ArmThaw:        c.thaw,
		release.ArmDeadline:    c.deadline,
		release.ArmProgress:    c.progress,
		release.WatchGood:      c.watched,
		release.RecordShadow:   c.recordShadow,
		release.RecordVerdict:  c.recordVerdict,
		release.RecordRollback: c.recordRollback,
	}
	out := map[string]func(context.Context, Job) (func(*tx) error, error){jobShadow: c.shadowRun}
	for kind, h := range handlers {
		out["release."+string(kind)] = h
	}
	return out
}
