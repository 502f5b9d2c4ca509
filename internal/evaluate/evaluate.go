// Package evaluate measures an agent: every scenario of its suites, repeated,
// graded, with pass^k, and a baseline against a candidate on the same cases.
// Runs are made by internal/simulate, so nothing that they do reaches the world;
// unlike a simulation, an evaluation measures real time.
//
// Start from [Run].
package evaluate

import (
	"context"
	"sync"
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
	MaxRepeats         = 1000
)

// Options of an evaluation.
type Options struct {
	Repeats     int // 0 takes the blueprint's, which is 1 unless it says otherwise
	Concurrency int // 0 is 8
	// Seed of the first repeat; each further repeat adds one. 0 takes the seed of
	// the blueprint's model, if it has one.
	Seed   int64
	Suites []string
	// Progress is called after each run of a case, the baseline's included, from
	// one goroutine at a time; nil is none.
	Progress func(done, total int)
}

// Subject is a version to evaluate.
type Subject struct {
	Manifest *resource.Manifest
	Digest   string
	Model    agentrun.Model
}

// Run evaluates candidate, beside baseline when it is not nil: the candidate's
// cases, each repeated with the same seeds for both. The version passes when the
// share of cases that pass in every repeat reaches the blueprint's passRate. A
// run that fails is part of the report; the error is for a version that cannot
// be evaluated at all, and for an ended ctx.
func Run(ctx context.Context, candidate Subject, baseline *Subject, o Options) (Report, error) {
	bp := &candidate.Manifest.Blueprint
	if err := o.complete(bp); err != nil {
		return Report{}, err
	}
	cases, err := simulate.Cases(bp, o.Suites)
	if err != nil {
		return Report{}, err
	}
	e := &evaluation{Options: o, cases: cases}
	if err := e.add(candidate); err != nil {
		return Report{}, err
	}
	if baseline != nil {
		if err := e.add(*baseline); err != nil {
			return Report{}, err
		}
	}
	if err := e.play(ctx); err != nil {
		return Report{}, err
	}
	return e.report(bp, candidate, baseline), nil
}

func (o *Options) complete(bp *blueprint.Agent) error {
	if o.Repeats == 0 {
		o.Repeats = max(bp.Spec.Evaluation.Repeats, 1)
	}
	if o.Repeats < 1 || o.Repeats > MaxRepeats {
		return fault.New(fault.Invalid, "An evaluation repeats its cases 1 to %d times, not %d.", MaxRepeats, o.Repeats)
	}
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	return nil
}

// evaluation is one evaluation in progress.
type evaluation struct {
	Options
	cases []simulate.Case
	arms  []arm

	mu   sync.Mutex
	done int
}

// arm is a version with its runs: runs[c][r] is repeat r of case c.
type arm struct {
	version *simulate.Version
	model   agentrun.Model
	runs    [][]RunReport
}

func (e *evaluation) add(s Subject) error {
	v, err := simulate.Prepare(s.Manifest, s.Digest)
	if err != nil {
		return err
	}
	if len(e.arms) == 0 {
		e.Seed = v.Seed(e.Seed)
	}
	a := arm{version: v, model: s.Model, runs: make([][]RunReport, len(e.cases))}
	for i := range a.runs {
		a.runs[i] = make([]RunReport, e.Repeats)
	}
	e.arms = append(e.arms, a)
	return nil
}

// play makes every run. The arms of a case run next to each other in time, so
// that a slow spell of a model meets both.
func (e *evaluation) play(ctx context.Context) error {
	arms := len(e.arms)
	total := len(e.cases) * e.Repeats * arms
	return simulate.Each(ctx, total, e.Concurrency, func(ctx context.Context, i int) error {
		a, r, c := &e.arms[i%arms], i/arms%e.Repeats, i/arms/e.Repeats
		p, err := a.version.Play(ctx, a.model, e.cases[c],
			simulate.PlayOptions{Seed: e.Seed + int64(r), Mode: resource.RunEvaluation, Measured: true})
		if err != nil {
			return err
		}
		a.runs[c][r] = RunReport{
			Passed:    p.Report.Passed,
			Outcome:   p.Report.Outcome,
			Message:   p.Report.Message,
			LatencyMs: float64(p.Latency) / float64(time.Millisecond),
			CostUSD:   float64(p.Run.Stats.Cost) / 1e6,
			Grades:    p.Report.Grades,
		}
		e.progress(total)
		return nil
	})
}

func (e *evaluation) progress(total int) {
	if e.Progress == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done++
	e.Progress(e.done, total)
}
