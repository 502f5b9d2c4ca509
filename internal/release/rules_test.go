package release

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// The rules that the model checker holds every reachable world and transition to.
// They say what has to hold, from what an observer outside saw, and not how the
// table gets there.

// edge is one transition of release i.
type edge struct {
	c        stageCase
	i        int
	from, to *world
	ev       Event
	effects  []Effect
}

func (e edge) has(k EffectKind) bool {
	return slices.ContainsFunc(e.effects, func(x Effect) bool { return x.Kind == k })
}

// wrongEdge says which rule a transition breaks, "" for none.
func wrongEdge(e edge) string {
	was, is := e.from.rel[e.i], e.to.rel[e.i]
	switch {
	case is.Revision != was.Revision+1:
		return fmt.Sprintf("revision went from %d to %d", was.Revision, is.Revision)
	case anyJobOf(e.effects) != (is.Attempt == was.Attempt+1):
		return fmt.Sprintf("attempt went from %d to %d", was.Attempt, is.Attempt)
	case was.State == resource.ReleaseRejected || was.State == resource.ReleaseCancelled || was.State == resource.ReleaseRolledBack:
		return "something follows a final state"
	case was.State == resource.ReleasePromoted && is.State != resource.ReleaseRollingBack:
		return "a promoted release can only be rolled back"
	case was.State == resource.ReleaseRollingBack && is.State != resource.ReleaseRolledBack:
		return "a rollback has to end"
	case was.State == resource.ReleasePaused && is.State == resource.ReleasePaused && len(e.effects) > 0:
		return "a hold has effects"
	case is.State == resource.ReleasePaused && traffic(e.effects):
		return "a hold changes traffic"
	case e.ev.Kind == Promote && (e.ev.Actor != human || e.ev.Reason == ""):
		return "promoted by somebody who may not, or without a reason"
	}
	for _, rule := range []func(edge) string{wrongTarget, wrongTraffic, wrongEnd} {
		if what := rule(e); what != "" {
			return what
		}
	}
	return ""
}

func traffic(effects []Effect) bool {
	return slices.ContainsFunc(effects, func(e Effect) bool {
		return slices.Contains([]EffectKind{SetWeight, SetStable, RestoreGood, StopTraffic, StartPreview}, e.Kind)
	})
}

func anyJobOf(effects []Effect) bool {
	return slices.ContainsFunc(effects, func(e Effect) bool { return e.Kind.Job() })
}

// wrongTarget: each state is entered only by what leads there.
func wrongTarget(e edge) string {
	was, is, ev := e.from.rel[e.i], e.to.rel[e.i], e.ev
	f := e.to.facts[e.i]
	passed := len(ev.Gates) > 0 && !blocked(situation{ev: ev})
	resumed := ev.Kind == Resume
	s := situation{r: was, now: e.from.now}
	if is.State == was.State {
		return ""
	}
	ok := true
	switch is.State {
	case resource.ReleasePending:
		ok = resumed && ev.Busy
	case resource.ReleaseChecking:
		waits := was.PausedFrom == resource.ReleasePending && ev.Busy
		ok = ev.Kind == Begin || resumed && !waits || (ev.Kind == Thawed || ev.Kind == Gated) && tooOld(s)
	case resource.ReleaseAwaiting:
		ok = resumed || ev.Kind == Checked && passed && ev.Quorum > 0 && (was.ApprovedAt == 0 || ev.Again) && is.ApprovedAt == 0 && e.has(AskApproval)
	case resource.ReleaseFrozen:
		ok = resumed || ev.FrozenUntil > 0 && f.checked && (!f.asked || f.approved)
	case resource.ReleaseDeploying:
		ok = f.checked && (!f.asked || f.approved) && (resumed || ev.FrozenUntil == 0)
		ok = ok && !(ev.Kind == Thawed && tooOld(s))
	case resource.ReleaseSmoke:
		ok = resumed || ev.Kind == Deployed && passed
	case resource.ReleaseShadow:
		// A person who ends a held shadow takes it back to where its gates are read.
		ok = resumed || ev.Kind == Promote && InShadow(was) ||
			ev.Kind == Smoked && passed && e.c.stage.Rollout.Shadow != nil && e.c.hotfix == nil && ev.Serving && was.ShadowedAt == 0
	case resource.ReleasePreview:
		ok = resumed || ev.Kind == Promote && at(was, resource.ReleasePreview) ||
			(ev.Kind == Smoked || ev.Kind == Gated) && passed && e.c.stage.Rollout.Strategy == blueprint.StrategyBlueGreen && was.PreviewedAt == 0
	case resource.ReleasePaused:
		ok = ev.Kind == Pause || ev.Kind == Deadline && deadlinePassed(s) && is.PausedFrom != resource.ReleasePreview ||
			ev.Kind == Stalled && noProgress(s) || ev.Kind == Compared && is.Shadow.Verdict == canary.Hold ||
			ev.Kind == Soaked && deadlinePassed(s) && undecided(ev.Gates)
	case resource.ReleaseRejected:
		ok = ev.Kind == Denied || ev.Kind == Expired || ev.Kind == Compared && is.Shadow.Verdict == canary.Rollback ||
			slices.Contains([]EventKind{Checked, Deployed, Smoked, Gated}, ev.Kind) && !passed
	case resource.ReleaseCancelled:
		ok = ev.Kind == Cancel && !IsSoaking(was) || ev.Kind == Supersede && !hasTraffic(was)
	case resource.ReleaseRollingBack:
		ok = ev.Kind == Rollback || ev.Kind == Unhealthy && IsSoaking(was) || ev.Kind == Outcome && is.Canary.Verdict == canary.Rollback ||
			ev.Kind == Soaked && deadlinePassed(s) && !passed && !undecided(ev.Gates)
		ok = ok && hasTraffic(was) && e.has(RestoreGood) && e.has(OpenIncident) && e.has(QuarantineBad) && e.has(VerifyGood)
	}
	if !ok {
		return fmt.Sprintf("%s may not be entered so", is.State)
	}
	return ""
}

// undecided: nothing fails, and something was not measured.
func undecided(gates []resource.Gate) bool {
	failing := slices.ContainsFunc(gates, func(g resource.Gate) bool { return g.Verdict == resource.Block })
	return !failing && (len(gates) == 0 || slices.ContainsFunc(gates, func(g resource.Gate) bool { return g.Verdict == resource.Pending }))
}

// hasTraffic reports whether routed sessions meet the version of a release.
func hasTraffic(r resource.Release) bool {
	return InCanary(r) || IsSoaking(r) || r.State == resource.ReleasePromoted
}

// wrongTraffic: more traffic comes only with every evidence, and never while a
// freeze window is open.
func wrongTraffic(e edge) string {
	was, is := e.from.rel[e.i], e.to.rel[e.i]
	f, ev := e.to.facts[e.i], e.ev
	d, before := e.to.d, e.from.d
	version := e.i + 1
	more := d.stable == version && before.stable != version || d.candidate == version && d.weight > 0 && (before.candidate != version || d.weight > before.weight)
	if !more {
		if d.weight > before.weight {
			return "the weight grew without a step"
		}
		return ""
	}
	st, skips := e.c.stage, e.c.hotfix != nil
	canaried := Strategy(was) == blueprint.StrategyCanary
	fromCanary := InCanary(was)
	switch {
	case ev.FrozenUntil > 0:
		return "traffic while a freeze window is open"
	case e.from.quarantined[version]:
		return "a version in quarantine gets traffic"
	case !f.checked || !f.smoked || f.asked && !f.approved:
		return fmt.Sprintf("traffic with %+v: checks, approval if asked, and smoke tests are needed", f)
	case f.rolledBack:
		return "a version that was rolled back gets traffic"
	case was.State == resource.ReleasePaused && ev.Kind != Promote:
		return "a hold changes traffic"
	case st.Rollout.Shadow != nil && !skips && e.c.serving && !f.shadowed && before.stable == e.from.baseline[e.i] && before.stable != none:
		return "traffic before the shadow has ended"
	case st.Rollout.Strategy == blueprint.StrategyBlueGreen && !f.previewed:
		return "traffic before the preview has ended"
	case is.State == resource.ReleaseCanary && (!canaried || !(ev.Serving || fromCanary)):
		return "a canary that nobody asked for, or beside nothing"
	case fromCanary && is.State == resource.ReleaseCanary && (is.Step != was.Step+1 || was.Canary.AtStep+1 < was.Plan.Steps[was.Step].Runs):
		return "the next step before this one had its runs"
	case d.stable == version && canaried && ev.Kind != Outcome && ev.Kind != Promote && ev.Serving:
		return "all traffic at once where a canary is asked for"
	case d.stable == version && fromCanary && !f.judged:
		return "all traffic before the canary had its runs and its verdict"
	}
	return ""
}

// wrongEnd: promoted is promoted, and what was to happen at once happens at once.
func wrongEnd(e edge) string {
	was, is, ev := e.from.rel[e.i], e.to.rel[e.i], e.ev
	f := e.to.facts[e.i]
	soaks := e.c.stage.Soak > 0 && e.c.hotfix == nil
	toAll := e.has(SetStable)
	switch {
	case (is.State == resource.ReleaseSoaking || is.State == resource.ReleasePromoted) && e.to.d.stable != e.i+1:
		return "it is to have all traffic, and another version has it"
	case toAll && soaks != (is.State == resource.ReleaseSoaking):
		return "the soak that the stage asks for is left out, or one that it does not ask for is made"
	case is.State == resource.ReleasePromoted && was.State != is.State && (!e.has(SignPromotion) || soaks && !f.soaked):
		return "promoted without a signature, or before the soak has passed"
	case is.State == resource.ReleasePromoted && IsSoaking(was) && ev.Kind == Soaked && !deadlinePassed(situation{r: was, now: e.from.now}):
		return "promoted before the soak has had its time"
	case is.State != resource.ReleasePromoted && e.has(SignPromotion):
		return "a promotion is signed and the release is not promoted"
	case ev.Kind == Outcome && InCanary(was) && is.Canary.Verdict == canary.Rollback && is.State != resource.ReleaseRollingBack:
		return "harm, and no rollback"
	case ev.Kind == Unhealthy && is.State != resource.ReleaseRollingBack:
		return "an unhealthy soak, and no rollback"
	case was.ShadowedAt == 0 && is.ShadowedAt > 0 && !f.shadowed:
		return "the shadow ends without its verdict"
	case was.PreviewedAt == 0 && is.PreviewedAt > 0 && !(ev.Kind == Promote || ev.Kind == Deadline && deadlinePassed(situation{r: was, now: e.from.now})):
		return "the preview ends before its time"
	case ev.Kind == Gated && !(was.State == resource.ReleaseShadow && was.ShadowedAt > 0 || was.State == resource.ReleasePreview && was.PreviewedAt > 0):
		return "gates are read before what they end has ended"
	case ev.Kind == Gated && tooOld(situation{r: was, now: e.from.now}) != (is.State == resource.ReleaseChecking):
		return "checks are made again that are fresh, or used that are too old"
	case ev.Kind == Resume && was.PausedFrom == resource.ReleasePending && ev.Busy != (is.State == resource.ReleasePending):
		return "a release that waits begins beside another one, or does not begin"
	case ev.Kind == Thawed && (ev.FrozenUntil > 0) != (is.State == resource.ReleaseFrozen):
		return "thawed while a window is open, or frozen when none is"
	case ev.Kind == Approved && is.ApprovedAt == 0:
		return "the approval is forgotten"
	case ev.Kind == Unverified && !e.has(StopTraffic), ev.Kind == Verified && !e.has(ResumeTraffic):
		return "the end of a rollback leaves traffic as it was"
	}
	return ""
}

// wrongWorld says which rule a world breaks, "" for none.
func wrongWorld(c stageCase, w *world) string {
	moving, soaks, canaries, shadows, previews, rolling := 0, none, none, none, none, none
	for i := range w.started {
		r := w.rel[i]
		if w.moving(i) && r.State != resource.ReleaseRollingBack {
			moving++ // what serves may be rolled back meanwhile
		}
		switch {
		case IsSoaking(r):
			soaks = i
		case InCanary(r):
			canaries = i
		case InShadow(r) && r.ShadowedAt == 0:
			shadows = i
		case at(r, resource.ReleasePreview):
			previews = i
		case r.State == resource.ReleaseRollingBack:
			rolling = i
		}
		if (r.State == resource.ReleasePaused) != (r.PausedFrom != "") {
			return fmt.Sprintf("%s with PausedFrom %q", r.State, r.PausedFrom)
		}
		if what := w.stuck(c, i); what != "" {
			return what
		}
	}
	d := w.d
	switch {
	case moving > 1:
		return "two releases move at once"
	case (soaks != none) != d.soaking || soaks != none && d.stable != soaks+1:
		return fmt.Sprintf("soaking is %d, traffic says %+v", soaks, d)
	case (canaries != none) != (d.weight > 0):
		return fmt.Sprintf("canary is %d, traffic says %+v", canaries, d)
	case canaries != none && (d.candidate != canaries+1 || d.release != canaries || d.weight != w.rel[canaries].Plan.Steps[w.rel[canaries].Step].Weight):
		return fmt.Sprintf("the weight is not that of step %d: %+v", w.rel[canaries].Step, d)
	case d.shadow != none && d.shadow != shadows,
		shadows != none && w.rel[shadows].State == resource.ReleaseShadow && d.shadow != shadows:
		return fmt.Sprintf("shadow is %d, traffic says %+v", shadows, d)
	case previews != none && w.rel[previews].State == resource.ReleasePreview && w.rel[previews].PreviewedAt == 0 && (d.candidate != previews+1 || d.release != previews),
		d.candidate != none && d.release != previews && d.release != canaries:
		return fmt.Sprintf("preview is %d, traffic says %+v", previews, d)
	case (rolling != none) != d.paused:
		return fmt.Sprintf("rolling back is %d, traffic says %+v", rolling, d)
	case d.stable == none && !d.stopped && w.taken > 0:
		return "nothing serves, and nobody stopped it"
	case d.stable > 0 && !d.stopped && w.quarantined[d.stable] && w.facts[d.stable-1].rolledBack:
		return "a version that was rolled back serves"
	}
	return ""
}

// stuck: everything that is not final waits for something that comes: a job of
// this attempt, live traffic, or people who were asked.
func (w *world) stuck(c stageCase, i int) string {
	r := w.rel[i]
	need := uint32(0)
	switch r.State {
	case resource.ReleaseChecking:
		need = jobBit(DoCheck)
	case resource.ReleaseFrozen:
		need = jobBit(ArmThaw)
	case resource.ReleaseDeploying:
		need = jobBit(DoDeploy)
	case resource.ReleaseSmoke:
		need = jobBit(DoSmoke)
	case resource.ReleaseShadow:
		if need = jobBit(ArmDeadline); r.ShadowedAt > 0 {
			need = jobBit(DoGate)
		}
	case resource.ReleasePreview:
		if need = jobBit(ArmDeadline); r.PreviewedAt > 0 {
			need = jobBit(DoGate)
		} else if c.stage.Rollout.Preview == 0 {
			need = 0 // a person was told
		}
	case resource.ReleaseCanary, resource.ReleaseSoaking:
		need = jobBit(ArmDeadline)
	case resource.ReleaseRollingBack:
		need = jobBit(VerifyGood)
	}
	progress := slices.Contains([]resource.ReleaseState{resource.ReleaseChecking, resource.ReleaseDeploying, resource.ReleaseSmoke, resource.ReleaseCanary}, r.State)
	if progress && c.stage.ProgressDeadline > 0 {
		need |= jobBit(ArmProgress)
	}
	if w.armed[i]&need != need {
		return fmt.Sprintf("release %d is stuck in %s: nothing was armed that it waits for", i+1, r.State)
	}
	return ""
}
