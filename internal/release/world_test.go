package release

import (
	"math"
	"slices"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// The model checker's world: two releases of one agent into one environment,
// what serves there, freeze windows, quarantine and time. It does with the effects
// of the machine what internal/control does with them.

const none = -1

// snap is a snapshot of a version; 0 is the version that served before both.
type snap struct {
	version           int
	verified, retired bool
}

// serves is the routing entry.
type serves struct {
	stable, candidate, release, shadow int
	weight                             int
	soaking, paused, stopped           bool
}

// facts is what an observer outside the machine remembers of a release.
type facts struct {
	begun, checked, asked, approved, smoked bool
	shadowed, previewed                     bool // the shadow and the preview were ended by what may end them
	judged                                  bool // its canary had its runs and the verdict promote, or a human promoted
	soaked                                  bool // its soak had its time and passed, or a human promoted
	rolledBack                              bool
}

type world struct {
	now         resource.Millis
	rel         [2]resource.Release
	facts       [2]facts
	armed       [2]uint32 // jobs enqueued at the current attempt, as bits of jobBit
	baseline    [2]int    // the version that served when the release began
	started     int       // releases
	d           serves
	snaps       [3]snap
	taken       int
	frozen      bool
	quarantined [3]bool

	from *world
	by   string
	deep int
}

func (w *world) path() string {
	if w.from == nil {
		return ""
	}
	return w.from.path() + " | " + w.by
}

// stageCase is a stage to explore with.
type stageCase struct {
	name    string
	stage   blueprint.Stage
	plan    resource.CanaryPlan
	hotfix  *blueprint.Hotfix
	serving bool // something serves at first
}

const day = blueprint.Duration(24 * 3600e9)

func stageCases() []stageCase {
	shadow := &blueprint.Shadow{Runs: 10, MaxWorse: 0.001, Deadline: day}
	withPlan, noPlan := shortPlan, resource.CanaryPlan{}
	withPlan.Steps = []blueprint.CanaryStep{{Weight: 10, Runs: 2}, {Weight: 50, Runs: 1}}
	stage := func(s blueprint.Strategy, sh *blueprint.Shadow, preview, soak, progress blueprint.Duration) blueprint.Stage {
		return blueprint.Stage{Name: "production", Soak: soak, ProgressDeadline: progress,
			Rollout: blueprint.Rollout{Strategy: s, Shadow: sh, Preview: preview}}
	}
	all := &blueprint.Hotfix{Skip: []string{SkipCanary, SkipShadow, SkipSoak, SkipFreeze}}
	return []stageCase{
		{"all at once", stage(blueprint.StrategyAllAtOnce, nil, 0, 0, day), noPlan, nil, true},
		{"hotfix", stage(blueprint.StrategyCanary, shadow, 0, day, day), withPlan, all, true},
		{"nothing serves, soak", stage(blueprint.StrategyAllAtOnce, shadow, 0, day, 0), noPlan, nil, false},
		{"nothing serves, canary", stage(blueprint.StrategyCanary, shadow, 0, 0, 0), withPlan, nil, false},
		{"blue-green with a time", stage(blueprint.StrategyBlueGreen, nil, day, 0, day), noPlan, nil, true},
		{"blue-green that waits, soak", stage(blueprint.StrategyBlueGreen, nil, 0, day, 0), noPlan, nil, true},
		{"shadow, all at once", stage(blueprint.StrategyAllAtOnce, shadow, 0, 0, day), noPlan, nil, true},
		{"shadow, soak", stage(blueprint.StrategyAllAtOnce, shadow, 0, day, 0), noPlan, nil, true},
		{"shadow, blue-green with a time", stage(blueprint.StrategyBlueGreen, shadow, day, 0, 0), noPlan, nil, true},
		{"canary by the plan alone", blueprint.Stage{}, withPlan, nil, true},
		{"canary, soak", stage(blueprint.StrategyCanary, nil, 0, day, day), withPlan, nil, true},
		{"shadow, canary", stage(blueprint.StrategyCanary, shadow, 0, 0, day), withPlan, nil, true},
	}
}

func startWorld(c stageCase) *world {
	w := &world{now: 1, d: serves{stable: none, candidate: none, release: none, shadow: none}}
	if c.serving {
		w.d.stable = 0
		w.snaps[0], w.taken = snap{version: 0, verified: true}, 1
	}
	for i := range w.rel {
		w.rel[i] = resource.Release{ID: "r" + strconv.Itoa(i+1), Agent: "a", Version: i + 2, Environment: "production", State: resource.ReleasePending,
			Revision: 1, Plan: c.plan, Tier: blueprint.TierHigh, UpdatedAt: 1, EnteredAt: 1,
			Stage: resource.ReleaseStage{Pipeline: "p", Stage: c.stage, Hotfix: c.hotfix}}
	}
	w.started = 1
	w.baseline[0] = w.d.stable
	return w
}

func (w *world) serving() bool { return w.d.stable != none && !w.d.stopped }

// jobBit has a bit for every job.
func jobBit(k EffectKind) uint32 {
	for i, j := range []EffectKind{DoCheck, ArmThaw, DoDeploy, DoSmoke, DoGate, VerifyGood, ArmDeadline, ArmProgress} {
		if j == k {
			return 1 << i
		}
	}
	return 0
}

// jobOf is the job that an event is the result of.
var jobOf = map[EventKind]EffectKind{Checked: DoCheck, Thawed: ArmThaw, Deployed: DoDeploy, Smoked: DoSmoke, Gated: DoGate, Deadline: ArmDeadline,
	Soaked: ArmDeadline, Stalled: ArmProgress, Verified: VerifyGood, Unverified: VerifyGood}

// apply does the effects on release i, whose move is done.
func (w *world) apply(i int, effects []Effect) {
	version := i + 1
	jobs := uint32(0)
	anyJob := false
	for _, e := range effects {
		if e.Kind.Job() {
			anyJob = true
			if e.Kind != ArmDeadline || w.rel[i].Deadline > 0 {
				jobs |= jobBit(e.Kind)
			}
		}
		switch e.Kind {
		case StartShadow:
			w.d.shadow = i
		case StopShadow:
			if w.d.shadow == i {
				w.d.shadow = none
			}
		case StartPreview:
			w.d.candidate, w.d.weight, w.d.release = version, 0, i
		case SetWeight:
			if e.Weight > 0 {
				w.d.candidate, w.d.weight, w.d.release = version, e.Weight, i
			} else if w.d.release == i && w.d.candidate == version {
				w.d.candidate, w.d.weight, w.d.release = none, 0, none
			}
		case SetStable:
			w.snaps[w.taken] = snap{version: version}
			w.taken++
			w.d = serves{stable: version, candidate: none, release: i, soaking: true, shadow: w.d.shadow}
		case SignPromotion:
			for j := range w.taken {
				if w.snaps[j].version == version {
					w.snaps[j].verified = true
				}
			}
			w.d.soaking, w.d.release = false, none
		case RestoreGood:
			w.restore(i)
		case QuarantineBad:
			w.quarantined[version] = true
		case ResumeTraffic:
			w.d.paused, w.d.release = false, none
		case StopTraffic:
			w.d.paused, w.d.stopped, w.d.release = false, true, none
		}
	}
	if anyJob {
		w.armed[i] = jobs
	}
}

func (w *world) restore(i int) {
	good := none
	for j := w.taken - 1; j >= 0; j-- {
		s := &w.snaps[j]
		switch {
		case s.version == i+1:
			s.retired = true
		case good == none && s.verified && !s.retired && (!w.quarantined[s.version] || w.d.stable == s.version):
			good = s.version
		}
	}
	w.d = serves{stable: good, candidate: none, release: i, shadow: none, paused: true, stopped: good == none}
	other := &w.rel[1-i]
	if other.State == resource.ReleaseShadow || other.State == resource.ReleasePreview {
		w.hold(1 - i)
	}
}

// dropBase is a rollback of the version that served before both releases; what was
// about to go beside it is held.
func (w *world) dropBase() {
	w.snaps[0].retired = true
	w.d = serves{stable: none, candidate: none, release: none, shadow: none, stopped: true}
	for i := range w.started {
		if s := w.rel[i].State; s == resource.ReleaseShadow || s == resource.ReleasePreview {
			w.hold(i)
		}
	}
}

// hold pauses a release by the system.
func (w *world) hold(i int) {
	if r, effects, err := Next(w.rel[i], Event{Kind: Pause, Reason: "r"}, w.now); err == nil {
		r.History = nil
		w.rel[i] = r
		w.armed[i] = 0
		w.apply(i, effects)
	}
}

// moving reports whether a release is under way and does not merely wait.
func (w *world) moving(i int) bool {
	r := w.rel[i]
	return i < w.started && !r.State.Final() && !at(r, resource.ReleasePending)
}

// key tells worlds apart by everything that decides what can happen next. Times
// count by what they mean: a deadline that has passed, checks that are too old.
func (w *world) key() string {
	b := make([]byte, 0, 160)
	flag := func(fs ...bool) {
		n := byte(0)
		for _, f := range fs {
			n <<= 1
			if f {
				n |= 1
			}
		}
		b = append(b, n)
	}
	small := func(ns ...int) {
		for _, n := range ns {
			b = append(b, byte(n+2))
		}
	}
	small(w.d.stable, w.d.candidate, w.d.release, w.d.shadow, w.d.weight, w.started, w.taken)
	flag(w.d.soaking, w.d.paused, w.d.stopped, w.frozen, w.quarantined[0], w.quarantined[1], w.quarantined[2])
	for j := range w.taken {
		small(w.snaps[j].version)
		flag(w.snaps[j].verified, w.snaps[j].retired)
	}
	for i := range w.started {
		r, f := w.rel[i], w.facts[i]
		b = append(b, string(r.State)...)
		b = append(b, '/')
		b = append(b, string(r.PausedFrom)...)
		if r.State.Final() && r.State != resource.ReleasePromoted {
			continue // nothing of it matters any more
		}
		s := situation{r: r, now: w.now}
		small(r.Step, w.baseline[i])
		flag(r.ApprovedAt > 0, r.ShadowedAt > 0, r.PreviewedAt > 0, r.Deadline > 0, deadlinePassed(s), tooOld(s), noProgress(s), r.Attempt > 0)
		flag(f.begun, f.checked, f.asked, f.approved, f.smoked, f.shadowed, f.previewed, f.judged)
		flag(f.soaked, f.rolledBack)
		b = append(b, byte(w.armed[i]), byte(w.armed[i]>>8))
		if c := r.Canary; c != nil && InCanary(r) {
			small(int(c.Canary.Runs), int(c.Control.Runs), c.AtStep)
			b = append(b, c.Verdict...)
			for _, e := range []float64{c.EHarm, c.ESafe, c.EAbs} {
				b = strconv.AppendUint(b, math.Float64bits(e)>>16, 36)
			}
		}
		if c := r.Shadow; c != nil && InShadow(r) {
			small(int(c.Runs), int(c.OnlyCopy), int(c.OnlyLive), int(c.Skipped), int(c.Wanted))
			b = append(b, c.Verdict...)
		}
	}
	return string(b)
}

// The bounds of the exploration: outcomes of a canary, and pairs of a shadow.
const (
	mostOutcomes = 4
	mostPairs    = 12
)

// step is something that can happen to a release: an event, or a few in a row.
type step struct {
	name string
	ev   Event
	then []Event
}

// The pairs of a shadow come in rows that reach each of its verdicts.
var (
	same    = Event{Kind: Compared}
	worseBy = Event{Kind: Compared, Pair: resource.ShadowResult{CopyFailed: true}}
	skipped = Event{Kind: Compared, Pair: resource.ShadowResult{Error: "e"}}
)

// steps are the events for release i: every result that a job can have at the
// current attempt, whether or not the job was enqueued, everything that live
// traffic and people do, at any moment.
func (w *world) steps(i int) []step {
	r := w.rel[i]
	gates := func(name string, k EventKind, fresh bool) []step {
		out := []step{{name: name + " block", ev: Event{Kind: k, Gates: blocking, Serving: w.serving()}},
			{name: name + " nothing", ev: Event{Kind: k, Serving: w.serving()}}}
		if !w.quarantined[i+1] && (!fresh || w.d.stable == w.baseline[i]) {
			out = append(out, step{name: name + " pass", ev: Event{Kind: k, Gates: passing, Serving: w.serving()}})
		}
		return out
	}
	var out []step
	add := func(name string, ev Event) { out = append(out, step{name: name, ev: ev}) }
	if !w.moving(1 - i) {
		add("begin", Event{Kind: Begin})
	}
	for _, s := range gates("checked", Checked, false) {
		out = append(out, s)
		s.ev.Quorum, s.name = 2, s.name+", people asked"
		out = append(out, s)
		s.ev.Again, s.name = true, s.name+" again"
		out = append(out, s)
	}
	add("checked pending", Event{Kind: Checked, Gates: waiting})
	out = append(out, gates("deployed", Deployed, true)...)
	out = append(out, gates("smoked", Smoked, true)...)
	out = append(out, gates("gated", Gated, true)...)
	out = append(out, gates("soaked", Soaked, false)...)
	add("soaked pending", Event{Kind: Soaked, Gates: waiting})
	if c := r.Canary; c == nil || c.Canary.Runs+c.Control.Runs < mostOutcomes {
		weight := max(w.d.weight, 1)
		add("canary fails", Event{Kind: Outcome, IsCanary: true, Failed: true, Weight: weight})
		add("canary succeeds", Event{Kind: Outcome, IsCanary: true, Weight: weight})
		add("control fails", Event{Kind: Outcome, Failed: true, Weight: weight})
	}
	if c := r.Shadow; c == nil || c.Runs+c.Skipped < mostPairs {
		if c == nil || c.Skipped == 0 {
			add("pair skipped", skipped)
		}
		out = append(out, step{"ten pairs the same", same, slices.Repeat([]Event{same}, 9)},
			step{"ten pairs worse", worseBy, slices.Repeat([]Event{worseBy}, 9)},
			step{"two of ten pairs worse", worseBy, append([]Event{worseBy}, slices.Repeat([]Event{same}, 8)...)})
	}
	for _, k := range []EventKind{Approved, Denied, Expired, Thawed, Unhealthy, Deadline, Stalled, Pause, Cancel, Verified, Unverified} {
		add(string(k), Event{Kind: k})
	}
	if !w.quarantined[i+1] {
		add("resume", Event{Kind: Resume, Busy: w.moving(1 - i)})
		add("promote", Event{Kind: Promote, Actor: human, Reason: "r"})
	}
	add("promote by an agent", Event{Kind: Promote, Actor: agent, Reason: "r"})
	add("promote without a reason", Event{Kind: Promote, Actor: human})
	if r.State != resource.ReleasePromoted || w.d.stable == i+1 && w.d.weight == 0 && !w.d.soaking && !w.d.paused {
		add("rollback", Event{Kind: Rollback, Actor: human, Reason: "r"})
	}
	for j := range out {
		if w.frozen && !r.Stage.Skips(SkipFreeze) {
			out[j].ev.FrozenUntil = w.now + 1
		}
	}
	return out
}

// known moves what an observer knows by an event that was taken.
func (f facts) known(was, is resource.Release, ev Event) facts {
	passed := len(ev.Gates) > 0 && !blocked(situation{ev: ev})
	byHuman := ev.Kind == Promote && ev.Actor == human && ev.Reason != ""
	switch ev.Kind {
	case Begin:
		f.begun = true
	case Checked:
		f.checked, f.asked, f.smoked = passed, f.asked || ev.Quorum > 0, false
		f.approved = f.approved && !ev.Again
	case Approved:
		f.approved = true
	case Smoked:
		f.smoked = passed
	case Compared:
		f.shadowed = f.shadowed || is.Shadow.Verdict == canary.Promote
	case Gated:
		f.smoked = f.smoked && (passed || is.State == resource.ReleaseChecking)
	case Outcome:
		c := is.Canary
		last := was.Step == len(was.Plan.Steps)-1 && c.AtStep >= was.Plan.Steps[was.Step].Runs
		f.judged = c.Verdict == canary.Promote && last
	case Deadline:
		f.previewed = f.previewed || was.State == resource.ReleasePreview
	case Soaked:
		f.soaked = passed
	case Promote:
		switch {
		case InShadow(was):
			f.shadowed = f.shadowed || byHuman
		case at(was, resource.ReleasePreview):
			f.previewed = f.previewed || byHuman
		case InCanary(was):
			f.judged = byHuman
		case IsSoaking(was):
			f.soaked = byHuman
		}
	case Rollback, Unhealthy:
		f.rolledBack = true
	}
	if is.State == resource.ReleaseRollingBack {
		f.rolledBack = true
	}
	return f
}
