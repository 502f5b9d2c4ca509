package canary

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Watcher is Aureus as a [Controller]: the plan's steps and the verdicts of
// Observe.
type Watcher struct {
	plan     resource.CanaryPlan
	state    resource.CanaryState
	step     int
	verdict  string
	sessions map[int]resource.CanarySession // of more than one run; nil when all have one
	drawn    []Drawn                        // that the state does not know yet
	work     *meter                         // nil is unbounded
}

// Watch begins a canary in a simulation, with all streams of the plan on; many
// says that sessions have more than one run.
func Watch(p resource.CanaryPlan, many bool) *Watcher {
	p = withRates(p)
	s := Start(p)
	list := streams(p)
	for i, st := range list {
		list[i] = on(st, 0, MinLimitRuns)
	}
	s.Streams = divide(list)
	w := &Watcher{plan: p, state: s, verdict: Continue}
	if many {
		w.sessions = map[int]resource.CanarySession{}
	}
	return w
}

// State is the canary's state.
func (w *Watcher) State() resource.CanaryState { return w.state }

// Weight implements [Controller].
func (w *Watcher) Weight(float64) int { return w.plan.Steps[w.step].Weight }

// Verdict implements [Controller]. At the deadline an undecided canary holds, and
// when the simulation has cost what it may.
func (w *Watcher) Verdict(at float64) string {
	w.work.run()
	if w.verdict == Continue && (at*1000 >= float64(w.plan.DeadlineMs) || w.work.usedUp()) {
		return Hold
	}
	return w.verdict
}

// Drawn implements [Controller].
func (w *Watcher) Drawn(isCanary bool, weight int) {
	w.drawn = append(w.drawn, Drawn{isCanary, weight})
}

// Tell implements [Controller].
func (w *Watcher) Tell(t Told) {
	if w.verdict != Continue {
		return
	}
	o := outcome{t.Canary, t.Failed, t.Weight, Seen{Streams: t.Streams, Draw: int64(t.Session) + 1, Later: !t.First}}
	if n := int(o.Draw - Known(w.state)); n > 0 {
		o.Drawn, w.drawn = w.drawn[:n], w.drawn[n:]
	}
	if w.sessions != nil {
		w.remember(t.Session, &o)
	}
	observe(w.plan, &w.state, o)
	w.work.outcome(Known(w.state) - w.state.Settled)
	done := StepDone(w.plan, w.state, w.step)
	switch {
	case w.state.Verdict == Rollback, done && LastStep(w.plan, w.step) && w.state.Verdict == Promote:
		w.verdict = w.state.Verdict
	case done && !LastStep(w.plan, w.step):
		w.state, w.step = NextStep(w.state), w.step+1
	}
}

// remember does what See does, for outcomes whose streams are known.
func (w *Watcher) remember(session int, o *outcome) {
	before, again := w.sessions[session]
	after := resource.CanarySession{Step: w.step, Failed: slices.Clone(before.Failed)}
	if again {
		o.Again, o.Before, o.Closed, after.Step = true, before.Failed, before.Step != w.step, before.Step
	}
	if o.fails(blueprint.StreamFailures) {
		after.Failed = append(after.Failed, blueprint.StreamFailures)
	}
	for _, name := range o.Streams {
		if o.fails(name) {
			after.Failed = append(after.Failed, name)
		}
	}
	w.sessions[session] = after
}
