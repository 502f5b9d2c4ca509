package release

import (
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// What the stage of a release asks for. A release whose stage says nothing has a
// canary when it has a plan for one, and gets all traffic at once otherwise.

// Names of what a hotfix can go without.
const (
	SkipCanary = "canary"
	SkipShadow = "shadow"
	SkipSoak   = "soak"
	SkipFreeze = "freeze"
)

// Strategy is how the release gets its traffic.
func Strategy(r resource.Release) blueprint.Strategy {
	s := r.Stage.Stage.Rollout.Strategy
	if s == "" {
		s = blueprint.StrategyAllAtOnce
		if len(r.Plan.Steps) > 0 {
			s = blueprint.StrategyCanary
		}
	}
	if s == blueprint.StrategyCanary && r.Stage.Skips(SkipCanary) {
		s = blueprint.StrategyAllAtOnce
	}
	return s
}

// maxAge is how old the checks may be when the version gets traffic.
func maxAge(r resource.Release) resource.Millis {
	return millis(r.Stage.Stage.EvidenceMaxAge.D(24 * time.Hour))
}

func soak(r resource.Release) resource.Millis { return millis(r.Stage.Stage.Soak.D(0)) }

// ProgressDeadline is how long a step may make no progress; 0 is for ever.
func ProgressDeadline(r resource.Release) resource.Millis {
	return millis(r.Stage.Stage.ProgressDeadline.D(0))
}

func millis(d time.Duration) resource.Millis { return resource.Millis(d.Milliseconds()) }

// Guards about the rollout.

func frozen(s situation) bool { return s.ev.FrozenUntil > 0 }

func shadowsFirst(s situation) bool {
	return s.r.Stage.Stage.Rollout.Shadow != nil && !s.r.Stage.Skips(SkipShadow) && s.r.ShadowedAt == 0 && s.ev.Serving
}

func previewsFirst(s situation) bool {
	return Strategy(s.r) == blueprint.StrategyBlueGreen && s.r.PreviewedAt == 0
}

func canaryNext(s situation) bool {
	return Strategy(s.r) == blueprint.StrategyCanary && s.ev.Serving
}

func soaksNext(s situation) bool { return soak(s.r) > 0 && !s.r.Stage.Skips(SkipSoak) }

// tooOld: what the checks found may not hold any more.
func tooOld(s situation) bool { return s.now-s.r.CheckedAt >= maxAge(s.r) }

// noProgress: nothing has happened to the release for too long.
func noProgress(s situation) bool {
	d := ProgressDeadline(s.r)
	return d > 0 && s.now-s.r.UpdatedAt >= d
}

func deadlinePassed(s situation) bool { return s.r.Deadline > 0 && s.now >= s.r.Deadline }
