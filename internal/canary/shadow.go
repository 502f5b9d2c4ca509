package canary

import (
	"math"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Hold is the verdict of a shadow that compared what it was to compare and shows
// neither: people decide.
const Hold = "hold"

// The levels of a shadow, which costs no customer anything: a false rejection
// wastes a release, and what gets through meets the canary.
const (
	ShadowAlpha = 0.01
	ShadowBeta  = 0.05
)

// The defaults of a blueprint's shadow.
const (
	defaultShadowRuns = 50
	defaultMaxWorse   = 0.02
)

// MostSkipped is the share of copies that may be left out of the comparison of a
// shadow that goes on by itself. What is left out may fail more often than what is
// compared, and nobody has seen it.
const MostSkipped = 0.1

// shadowBets are the fractions of the largest bet that the mixtures are made of.
var shadowBets = []float64{0.1, 0.25, 0.5, 0.75, 0.9}

// ShadowPlan fills the defaults of a shadow: 50 runs, every live run, 0.02.
func ShadowPlan(s blueprint.Shadow) blueprint.Shadow {
	if s.Runs <= 0 {
		s.Runs = defaultShadowRuns
	}
	if s.Percent <= 0 || s.Percent > 100 {
		s.Percent = 100
	}
	if !(s.MaxWorse > 0 && s.MaxWorse < 1) {
		s.MaxWorse = defaultMaxWorse
	}
	if s.Deadline <= 0 {
		s.Deadline = blueprint.Duration(defaultDeadline)
	}
	return s
}

// StartShadow is the state before any run was compared.
func StartShadow(p blueprint.Shadow) resource.ShadowState {
	return resource.ShadowState{Wanted: int64(ShadowPlan(p).Runs), LogHarm: make([]float64, len(shadowBets)),
		LogSafe: make([]float64, len(shadowBets)), EHarm: 1, ESafe: 1, Verdict: Continue}
}

// MoreShadow wants as many runs again from a shadow that was undecided.
func MoreShadow(p blueprint.Shadow, s resource.ShadowState) resource.ShadowState {
	if s.Verdict == Hold {
		s.Wanted, s.Verdict = s.Runs+int64(ShadowPlan(p).Runs), Continue
	}
	return s
}

// Compare moves s by one live run and its copy; s is not changed. A copy that
// could not be compared is counted and says nothing. A verdict that was reached
// stays.
//
// Pairs have to come in an order that has nothing to do with how a copy ends, and
// whether one is compared must not depend on how it ends either: else slow or
// skipped failures make a version look good.
//
// What is judged is the mean d of +1 for a run that fails in the copy alone, -1
// for one that fails live alone and 0 for the rest. Two e-processes bet on it,
// each a uniform mixture of bets (Waudby-Smith and Ramdas, Estimating means of
// bounded random variables by betting, JRSS B 86(1), 2024): against d <= MaxWorse,
// and at 1/[ShadowAlpha] the version is rejected; against d >= MaxWorse, and at
// 1/[ShadowBeta] it goes on. Both may be looked at after each run. When the wanted
// runs were compared and neither has decided, it goes on if the difference that
// was seen is within MaxWorse, and is held if it is not. With more than
// [MostSkipped] of the copies left out it is held instead of going on.
func Compare(p blueprint.Shadow, s resource.ShadowState, r resource.ShadowResult) resource.ShadowState {
	p = ShadowPlan(p)
	if len(s.LogHarm) != len(shadowBets) || len(s.LogSafe) != len(shadowBets) {
		s = StartShadow(p) // a zero state
	}
	if s.Verdict != Continue && s.Verdict != "" {
		return s
	}
	if r.Error != "" {
		s.Skipped++
		return s
	}
	s.Runs++
	if len(r.Differs) > 0 {
		s.Differs++
	}
	d := 0.0
	switch {
	case r.CopyFailed && r.LiveFailed:
		s.Both++
	case r.CopyFailed:
		s.OnlyCopy++
		d = 1
	case r.LiveFailed:
		s.OnlyLive++
		d = -1
	}
	s.LogHarm, s.LogSafe = slices.Clone(s.LogHarm), slices.Clone(s.LogSafe)
	for i, bet := range shadowBets {
		s.LogHarm[i] += math.Log1p(bet / (1 + p.MaxWorse) * (d - p.MaxWorse))
		s.LogSafe[i] += math.Log1p(bet / (1 - p.MaxWorse) * (p.MaxWorse - d))
	}
	s.EHarm, s.ESafe = mixture(s.LogHarm), mixture(s.LogSafe)
	s.Verdict = shadowVerdict(p, s)
	return s
}

func shadowVerdict(p blueprint.Shadow, s resource.ShadowState) string {
	switch {
	case s.EHarm >= Bound(ShadowAlpha):
		return Rollback
	case s.ESafe >= Bound(ShadowBeta) && !TooManySkipped(s):
		return Promote
	case s.Runs < s.Wanted:
		return Continue
	case TooManySkipped(s):
		return Hold
	case float64(s.OnlyCopy-s.OnlyLive) <= p.MaxWorse*float64(s.Runs):
		return Promote
	}
	return Hold
}

// TooManySkipped reports whether more than [MostSkipped] of the copies could not be
// compared.
func TooManySkipped(s resource.ShadowState) bool {
	return float64(s.Skipped) > MostSkipped*float64(s.Runs+s.Skipped)
}
