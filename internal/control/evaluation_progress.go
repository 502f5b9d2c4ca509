package control

import (
	"context"
	"sync"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/resource"
)

// evaluating is how far the evaluations of releases in this process are.
type evaluating struct {
	mu sync.Mutex
	at map[string]evaluate.Progress // by release
}

func (e *evaluating) set(release string, p evaluate.Progress) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.at == nil {
		e.at = map[string]evaluate.Progress{}
	}
	e.at[release] = p
}

func (e *evaluating) end(release string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.at, release)
}

func (e *evaluating) of(release string) (evaluate.Progress, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.at[release]
	return p, ok
}

// EvaluationProgress is how far the evaluation in a release's checks is. Viewer.
func (c *Control) EvaluationProgress(ctx context.Context, p Principal, release string) (resource.EvaluationProgress, error) {
	out := resource.EvaluationProgress{Release: release}
	if _, err := c.Release(ctx, p, release); err != nil {
		return out, err
	}
	at, ok := c.evaluating.of(release)
	if !ok {
		return out, nil
	}
	out.Running, out.Done, out.Total, out.Kept, out.Failed = true, at.Done, at.Total, at.Kept, at.Failed
	out.CostUSD, out.ElapsedMs, out.LeftMs = at.CostUSD, at.Elapsed.Milliseconds(), at.Left.Milliseconds()
	return out, nil
}

// evaluateRelease is the evaluation of a release's checks. What it has measured is
// kept, so that it goes on after a restart.
func (c *Control) evaluateRelease(ctx context.Context, w releaseWork, base *resource.Version) (evaluate.Report, error) {
	defer c.evaluating.end(w.rel.ID)
	return c.evaluate(ctx, w.version, base, evaluate.Options{Seed: 1, Journal: keptRuns{c, releaseScope + w.rel.ID},
		Progress: func(p evaluate.Progress) { c.evaluating.set(w.rel.ID, p) }})
}
