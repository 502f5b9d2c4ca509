package evaluate

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// errStop ends the runs in progress when the evaluation has decided to stop;
// evaluation.stopped says why.
var errStop = errors.New("the evaluation stopped")

// The pauses before a run is made again whose model did not answer, beyond what
// the model's client has tried by itself. A dead model is no failure of the agent.
var outagePauses = []time.Duration{time.Second, 4 * time.Second}

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

// one is one run: a kept one, or a new one that is kept.
func (e *evaluation) one(ctx context.Context, a *arm, c, r int) (run RunReport, kept bool, err error) {
	if e.Journal == nil && e.Cache == nil {
		run, err = e.measure(ctx, a, c, r)
		return run, false, err
	}
	key := e.key(a, c, r)
	for _, k := range []Keep{e.Journal, e.Cache} {
		if k == nil {
			continue
		}
		if run, kept, err = k.Load(ctx, key); kept || err != nil {
			return run, kept, err
		}
	}
	if run, err = e.measure(ctx, a, c, r); err != nil {
		return run, false, err
	}
	for _, k := range []Keep{e.Journal, e.Cache} {
		if k != nil && err == nil {
			err = k.Save(ctx, key, run)
		}
	}
	return run, false, err
}

// measure makes a run, again when its model did not answer.
func (e *evaluation) measure(ctx context.Context, a *arm, c, r int) (RunReport, error) {
	for try := 0; ; try++ {
		p, err := a.version.Play(ctx, a.model, e.cases[c],
			simulate.PlayOptions{Seed: e.Seed + int64(r), Mode: resource.RunEvaluation, Measured: true, Helpers: e.Helpers})
		if err != nil {
			return RunReport{}, err
		}
		if p.Outage == nil {
			return runOf(p), nil
		}
		if try == len(outagePauses) {
			return RunReport{}, e.gaveUp(p.Outage)
		}
		if err := e.Wait(ctx, outagePauses[try]); err != nil {
			return RunReport{}, err
		}
	}
}

// runOf is what a report keeps of a run.
func runOf(p simulate.Played) RunReport {
	r := RunReport{
		Passed:     p.Report.Passed,
		Outcome:    p.Report.Outcome,
		Message:    p.Report.Message,
		LatencyMs:  float64(p.Latency) / float64(time.Millisecond),
		CostUSD:    float64(p.Run.Stats.Cost) / 1e6,
		Tokens:     p.Run.Stats.PromptTokens + p.Run.Stats.CompletionTokens,
		Model:      p.Run.Stats.ModelVersion,
		Grades:     p.Report.Grades,
		Score:      scoreOf(p.Report),
		Output:     shownOutput(p.Run.Output),
		Transcript: transcriptOf(p),
	}
	for _, g := range p.Report.Grades {
		if g.Judge != nil {
			r.JudgeUSD += float64(g.Judge.Cost) / 1e6
		}
	}
	for _, s := range p.Run.Steps {
		if s.Tool != nil {
			r.Calls = append(r.Calls, s.Tool.Tool+" "+short(s.Tool.Decision.ArgsDigest))
		}
	}
	return r
}

// short is the head of a digest, enough to tell two apart.
func short(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(len(hex), 12)]
}

// scoreOf is the mean of the grades.
func scoreOf(s simulate.ScenarioReport) float64 {
	if len(s.Grades) == 0 {
		if s.Passed {
			return 1
		}
		return 0
	}
	sum := 0.0
	for _, g := range s.Grades {
		sum += g.Value()
	}
	return sum / float64(len(s.Grades))
}

// ended books a run, and looks at the cases that are whole with it, in their order.
func (e *evaluation) ended(place int, run RunReport, kept bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped != nil {
		return errStop
	}
	e.left[place]--
	why := e.advance()
	e.book(run, kept)
	switch {
	case why != "":
		e.stopLocked(StoppedEarly, why)
	case e.overCost() && e.tally.Done < e.tally.Total:
		e.stopLocked(StoppedBudget, e.budgetMessage())
	default:
		return nil
	}
	return errStop
}

// advance counts the cases that have every run, and says when the answer is clear.
// The caller holds the lock.
func (e *evaluation) advance() (clear string) {
	for e.whole < len(e.left) && e.left[e.whole] == 0 {
		e.whole++
		e.moved.Broadcast()
		if !e.StopEarly || e.whole == len(e.cases) {
			continue
		}
		if why := e.clear.after(e, e.order[e.whole-1]); why != "" {
			return why
		}
	}
	return ""
}

// stop says why the evaluation ends, the first time that it is said.
func (e *evaluation) stop(reason, message string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopLocked(reason, message)
}

func (e *evaluation) stopLocked(reason, message string) {
	if e.stopped == nil {
		e.stopped = &Stopped{Reason: reason, Measured: e.whole, Planned: len(e.cases), Message: message}
	}
}

// gaveUp ends the evaluation because of a model that does not answer.
func (e *evaluation) gaveUp(cause error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped == nil {
		e.outage = cause
		e.stopLocked(StoppedOutage, outageMessage(e.whole, len(e.cases)))
	}
	return errStop
}
