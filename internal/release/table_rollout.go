package release

import (
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// rollout is how a version that passed its smoke tests gets its traffic: shadow,
// preview, canary, soak, each if the stage asks for it.
func rollout() []Row {
	const shadow, preview = resource.ReleaseShadow, resource.ReleasePreview
	ended := func(r resource.Release) bool { return r.ShadowedAt > 0 }
	tried := func(r resource.Release) bool { return r.PreviewedAt > 0 }
	rows := onward(resource.ReleaseSmoke, Smoked, nil, nil)
	rows = append(rows,
		Row{From: shadow, Event: Compared, Guard: "verdict rollback", when: shadowVerdict(canary.Rollback), says: worse,
			To: resource.ReleaseRejected, Effects: []EffectKind{StopShadow, RecordShadow, Notify}},
		Row{From: shadow, Event: Compared, Guard: "verdict promote, for the first time",
			when: func(s situation) bool { return shadowVerdict(canary.Promote)(s) && s.r.ShadowedAt == 0 },
			then: endShadow, says: noWorse, To: shadow, Effects: []EffectKind{StopShadow, RecordShadow, DoGate}},
		Row{From: shadow, Event: Compared, Guard: "verdict hold", when: shadowVerdict(canary.Hold), then: hold, says: undecidedShadow,
			To: resource.ReleasePaused, Effects: []EffectKind{Notify}},
		Row{From: shadow, Event: Compared, Guard: "none of them", To: shadow},
		Row{From: shadow, Event: Deadline, Guard: "the deadline has passed, the shadow goes on",
			when: func(s situation) bool { return deadlinePassed(s) && s.r.ShadowedAt == 0 }, then: hold, says: undecidedShadow,
			To: resource.ReleasePaused, Effects: []EffectKind{Notify}},
		Row{From: shadow, Event: Promote, Guard: "by a human, with a reason", then: endShadow,
			To: shadow, Effects: []EffectKind{StopShadow, RecordShadow, DoGate}},
	)
	rows = append(rows, gated(shadow, "the shadow has ended", ended, nil)...)
	rows = append(rows,
		Row{From: preview, Event: Deadline, Guard: "the deadline has passed, for the first time",
			when: func(s situation) bool { return deadlinePassed(s) && s.r.PreviewedAt == 0 }, then: endPreview,
			says: func(resource.Release, situation) string { return "The preview has had its time." },
			To:   preview, Effects: []EffectKind{DoGate}},
		Row{From: preview, Event: Promote, Guard: "by a human, with a reason", then: endPreview, To: preview, Effects: []EffectKind{DoGate}},
	)
	rows = append(rows, gated(preview, "the preview has ended", tried, []EffectKind{SetWeight})...)
	return append(rows, soaking()...)
}

// gated is what follows the gates that were read again before traffic; leave are
// the effects of leaving from for something without traffic.
func gated(from resource.ReleaseState, guard string, ended func(resource.Release) bool, leave []EffectKind) []Row {
	and := func(f func(situation) bool) func(situation) bool {
		return func(s situation) bool { return ended(s.r) && f(s) }
	}
	rows := []Row{
		{From: from, Event: Gated, Guard: guard + ", the checks are older than evidence may be", when: and(tooOld),
			says: func(resource.Release, situation) string { return "The checks are too old by now: they are made again." },
			To:   resource.ReleaseChecking, Effects: with(leave, DoCheck, ArmProgress)},
		{From: from, Event: Gated, Guard: guard + ", " + gateBlocks, when: and(blocked), says: blockedBy,
			To: resource.ReleaseRejected, Effects: with(leave, Notify)},
	}
	return append(rows, onward(from, Gated, ended, leave)...)
}

// onward is the rest of the rollout, from where every gate passes or warns and
// ended holds; nil holds always.
func onward(from resource.ReleaseState, ev EventKind, ended func(resource.Release) bool, leave []EffectKind) []Row {
	row := func(guard string, when func(situation) bool, to resource.ReleaseState, then func(*resource.Release, situation), effects ...EffectKind) Row {
		r := Row{From: from, Event: ev, Guard: "every gate passes or warns, " + guard, To: to, then: then, Effects: effects, when: when}
		if ended != nil {
			r.when = func(s situation) bool { return ended(s.r) && (when == nil || when(s)) }
		}
		return r
	}
	var rows []Row
	if from == resource.ReleaseSmoke {
		rows = append(rows, row("a shadow comes first", shadowsFirst, resource.ReleaseShadow, startShadow, StartShadow, ArmDeadline))
	}
	if from != resource.ReleasePreview {
		rows = append(rows, row("the rollout is blue-green", previewsFirst, resource.ReleasePreview, startPreview, StartPreview, ArmDeadline, Notify))
	}
	freezes := row(windowOpen, frozen, resource.ReleaseFrozen, freeze, with(leave, ArmThaw)...)
	freezes.says = waitsUntil
	rows = append(rows, freezes)
	if from != resource.ReleasePreview {
		rows = append(rows, row("the rollout has a canary", canaryNext, resource.ReleaseCanary, startCanary, SetWeight, ArmDeadline, ArmProgress))
	}
	return append(rows,
		row("the stage has a soak time", soaksNext, resource.ReleaseSoaking, startSoak, SetStable, ArmDeadline, Notify),
		row("nothing else comes before", nil, resource.ReleasePromoted, nil, SetStable, SignPromotion, Notify),
	)
}

// toAll is row twice: to the soak that the stage asks for, or promoted at once.
func toAll(row Row, effects ...EffectKind) []Row {
	when, then := row.when, row.then
	soaks := row
	soaks.Guard += ", the stage has a soak time"
	soaks.when = func(s situation) bool { return (when == nil || when(s)) && soaksNext(s) }
	soaks.then = func(r *resource.Release, s situation) {
		if then != nil {
			then(r, s)
		}
		startSoak(r, s)
	}
	soaks.To, soaks.Effects = resource.ReleaseSoaking, append([]EffectKind{SetStable, ArmDeadline}, effects...)
	row.To, row.Effects = resource.ReleasePromoted, append([]EffectKind{SetStable, SignPromotion}, effects...)
	return []Row{soaks, row}
}

func with(first []EffectKind, more ...EffectKind) []EffectKind {
	return append(append([]EffectKind{}, first...), more...)
}

func shadowVerdict(v string) func(situation) bool {
	return func(s situation) bool { return s.r.Shadow.Verdict == v }
}

func startShadow(r *resource.Release, s situation) {
	st := canary.StartShadow(*r.Stage.Stage.Rollout.Shadow)
	r.Shadow = &st
	r.Deadline = s.now + term(*r, resource.ReleaseShadow)
}

func endShadow(r *resource.Release, s situation) {
	unhold(r, s)
	r.ShadowedAt = s.now
}

// startPreview: a preview without a time waits for a person.
func startPreview(r *resource.Release, s situation) {
	r.Deadline = 0
	if t := term(*r, resource.ReleasePreview); t > 0 {
		r.Deadline = s.now + t
	}
}

func endPreview(r *resource.Release, s situation) {
	unhold(r, s)
	r.PreviewedAt = s.now
}

func startCanary(r *resource.Release, s situation) {
	st := canary.Start(r.Plan)
	r.Canary, r.Step = &st, 0
	r.Deadline = s.now + term(*r, resource.ReleaseCanary)
}

func startSoak(r *resource.Release, s situation) {
	r.Deadline = s.now + term(*r, resource.ReleaseSoaking)
}

// term is how long a release may be in a state that has a deadline; 0 is for ever.
func term(r resource.Release, state resource.ReleaseState) resource.Millis {
	switch state {
	case resource.ReleaseShadow:
		var p blueprint.Shadow
		if s := r.Stage.Stage.Rollout.Shadow; s != nil {
			p = *s
		}
		return millis(canary.ShadowPlan(p).Deadline.D(0))
	case resource.ReleasePreview:
		return millis(r.Stage.Stage.Rollout.Preview.D(0))
	case resource.ReleaseCanary:
		return resource.Millis(r.Plan.DeadlineMs)
	case resource.ReleaseSoaking:
		return soak(r)
	}
	return 0
}
