package evaluate

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/simulate"
)

// evaluation is one evaluation in progress.
type evaluation struct {
	Options
	bp      *blueprint.Agent
	cases   []simulate.Case
	digests []string // of cases
	helpers []string // of what else judges cases and plays their users
	order   []int    // order[p] is the case at place p
	arms    []arm
	started time.Time

	mu      sync.Mutex
	moved   *sync.Cond // whole has grown
	tally   Progress
	left    []int // runs to make of the case at each place
	whole   int   // the cases at the places below it have every run
	clear   clarity
	stopped *Stopped
	outage  error
}

// arm is a version with its runs: runs[c][r] is repeat r of case c.
type arm struct {
	version *simulate.Version
	digest  string
	served  string // the model's version
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
	a := arm{version: v, digest: s.Digest, served: s.ModelVersion, model: s.Model, runs: make([][]RunReport, len(e.cases))}
	if a.served == "" {
		a.served = s.Manifest.Blueprint.Spec.Model.Name
	}
	for i := range a.runs {
		a.runs[i] = make([]RunReport, e.Repeats)
	}
	e.arms = append(e.arms, a)
	return nil
}

// prepare sets up the places. Outcomes are looked at by place and not as they
// arrive: what ends first is no random draw.
func (e *evaluation) prepare(ctx context.Context) error {
	if err := e.digestCases(); err != nil {
		return err
	}
	if err := e.digestHelpers(ctx); err != nil {
		return err
	}
	e.order, e.left = make([]int, len(e.cases)), make([]int, len(e.cases))
	for p := range e.order {
		e.order[p], e.left[p] = p, e.Repeats*len(e.arms)
	}
	if e.StopEarly {
		rng := rand.New(rand.NewPCG(uint64(e.Seed), 0xca5e5))
		rng.Shuffle(len(e.order), func(i, j int) { e.order[i], e.order[j] = e.order[j], e.order[i] })
	}
	e.tally = Progress{Total: len(e.cases) * e.Repeats * len(e.arms), Planned: len(e.cases)}
	e.moved = sync.NewCond(&e.mu)
	e.clear = newClarity(e)
	e.limit()
	return nil
}

// play makes every run. The arms of a case run next to each other in time, so
// that a slow spell of a model meets both.
func (e *evaluation) play(ctx context.Context) error {
	e.started = e.Now()
	arms := len(e.arms)
	work, cancel := e.bounded(ctx)
	defer cancel()
	err := simulate.Each(work, e.tally.Total, e.Concurrency, func(ctx context.Context, i int) error {
		place := i / arms / e.Repeats
		if err := e.turn(ctx, place); err != nil {
			return err
		}
		a, r, c := &e.arms[i%arms], i/arms%e.Repeats, e.order[place]
		run, kept, err := e.one(ctx, a, c, r)
		if err != nil {
			return err
		}
		a.runs[c][r] = run
		return e.ended(place, run, kept)
	})
	if errors.Is(err, errBudget) {
		e.stop(StoppedBudget, e.budgetMessage())
		return nil
	}
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// ahead is how many places may be begun beyond the first that is not whole, when
// every whole one may be the last.
func ahead(concurrency int) int { return concurrency }

// turn waits until a place may be begun: runs far ahead of the first case that is
// not whole would be made in vain.
func (e *evaluation) turn(ctx context.Context, place int) error {
	if !e.StopEarly {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		e.mu.Lock() // or the wake-up could come between the look at ctx and the wait
		defer e.mu.Unlock()
		e.moved.Broadcast()
	})
	defer stop()
	for place >= e.whole+ahead(e.Concurrency) && ctx.Err() == nil {
		e.moved.Wait()
	}
	return ctx.Err()
}
