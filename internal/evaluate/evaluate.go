// Package evaluate measures an agent: every scenario of its suites, repeated,
// graded, with pass^k and pass@k, and a baseline against a candidate on the same
// cases. Runs are made by internal/simulate, so nothing that they do reaches the
// world; unlike a simulation, an evaluation measures real time.
//
// What a comparison may claim is in paired.go (every case measured) and
// sequential.go (stopped early): pure functions of counts.
//
// Start from [Run].
package evaluate

import (
	"context"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// The defaults and bounds of an evaluation.
const (
	DefaultConcurrency = 8
	MaxConcurrency     = 1024
	MaxRepeats         = 1000
)

// Options of an evaluation. What the zero value of a field leaves open is taken
// from the blueprint's spec.evaluation where that has it.
type Options struct {
	Repeats     int // 0 takes the blueprint's, which is 1 unless it says otherwise
	Concurrency int // runs at once; 0 is 8
	// Seed of the first repeat; each further repeat adds one. 0 takes the seed of
	// the blueprint's model, if it has one.
	Seed   int64
	Suites []string
	// StopEarly plays the cases in an order drawn from the seed and stops when the
	// answer is clear; false takes the blueprint's.
	StopEarly bool
	Margin    *float64                    // nil takes the blueprint's
	OnUnclear blueprint.UnclearAction     // "" takes the blueprint's, which is block
	Budget    *blueprint.EvaluationBudget // nil takes the blueprint's
	Limits    *blueprint.EvaluationLimits // nil takes the blueprint's
	// Helpers are what judges, custom graders and simulated users need.
	Helpers simulate.Helpers
	// Served is what a model's endpoint says it serves, as part of what a kept run
	// depends on, for judges and users with a model of their own; nil is the name in
	// the blueprint. [Subject.ModelVersion] is the agent's.
	Served func(ctx context.Context, m blueprint.Model) (string, error)
	// Journal keeps the runs of this evaluation, so that it goes on after a crash;
	// nil keeps none.
	Journal Keep
	// Cache keeps runs for other evaluations; nil keeps none.
	Cache Keep
	// Progress is called after each run of a case, the baseline's included, from
	// one goroutine at a time; nil is none.
	Progress func(Progress)
	// Now is the time; nil is time.Now.
	Now func() time.Time
	// Wait waits for d, or until ctx is done and returns its error; nil waits by
	// the clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// Keep keeps finished runs under what they depend on. Save returns when the run
// survives a crash. Safe for concurrent use; an error ends the evaluation.
type Keep interface {
	Load(ctx context.Context, key string) (run RunReport, found bool, err error)
	Save(ctx context.Context, key string, run RunReport) error
}

// Subject is a version to evaluate.
type Subject struct {
	Manifest *resource.Manifest
	Digest   string
	Model    agentrun.Model
	// ModelVersion is what the model's endpoint says it serves, as part of what a
	// kept run depends on; "" is the name in the blueprint.
	ModelVersion string
}

// Run evaluates candidate, beside baseline when it is not nil: the candidate's
// cases, each repeated with the same seeds for both. The version passes when the
// share of cases that pass in every repeat reaches the blueprint's passRate; when it
// stopped early, when that is shown of all cases. A
// run that fails is part of the report, and so is an evaluation that stopped
// before its end ([Report.Stopped], [Report.Outage]); the error is for a version
// that cannot be evaluated at all, for a run that cannot be kept, and for an ended
// ctx.
func Run(ctx context.Context, candidate Subject, baseline *Subject, o Options) (Report, error) {
	bp := &candidate.Manifest.Blueprint
	if err := o.complete(bp); err != nil {
		return Report{}, err
	}
	cases, err := simulate.Cases(bp, o.Suites)
	if err != nil {
		return Report{}, err
	}
	e := &evaluation{Options: o, bp: bp, cases: cases}
	if err := e.add(candidate); err != nil {
		return Report{}, err
	}
	if baseline != nil {
		if err := e.add(*baseline); err != nil {
			return Report{}, err
		}
	}
	if err := e.prepare(ctx); err != nil {
		return Report{}, err
	}
	if err := e.play(ctx); err != nil {
		return Report{}, err
	}
	return e.report(candidate, baseline)
}

func (o *Options) complete(bp *blueprint.Agent) error {
	spec := bp.Spec.Evaluation.Resolved()
	if o.Repeats == 0 {
		o.Repeats = spec.Repeats
	}
	if o.Repeats < 1 || o.Repeats > MaxRepeats {
		return fault.New(fault.Invalid, "An evaluation repeats its cases 1 to %d times, not %d.", MaxRepeats, o.Repeats)
	}
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	o.Concurrency = min(o.Concurrency, MaxConcurrency)
	o.StopEarly = o.StopEarly || spec.StopEarly
	if o.Margin == nil {
		o.Margin = spec.Margin
	}
	if o.Margin != nil && (*o.Margin <= 0 || *o.Margin > 1) {
		return fault.New(fault.Invalid, "A margin is a share over 0 up to 1, 0.05 for 5 of 100 cases, not %v.", *o.Margin)
	}
	if o.OnUnclear == "" {
		o.OnUnclear = spec.OnUnclear
	}
	switch o.OnUnclear {
	case blueprint.UnclearBlock, blueprint.UnclearAsk, blueprint.UnclearPass:
	default:
		return fault.New(fault.Invalid, "An unclear comparison can block, ask or pass, not %q.", o.OnUnclear)
	}
	if o.Budget == nil {
		o.Budget = spec.Budget
	}
	if o.Limits == nil {
		o.Limits = spec.Limits
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
