package control

import (
	"context"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// spec is a run to make with l. The rate limit counts the calls that every run
// of the agent made in the environment within the last minute, and those that
// other runs are about to make: what is counted is stored only with the decision.
func (c *Control) spec(ctx context.Context, l *loadedVersion, run resource.Run, j *journal) agentrun.Spec {
	s := agentrun.Spec{Run: run, Manifest: l.version.Manifest, Guard: l.guard, Chain: l.chain, Success: l.success}
	limit := l.version.Manifest.Blueprint.Spec.Budgets.CallsPerMinute
	if limit == 0 {
		return s
	}
	j.place = run.Agent + " " + run.Environment
	s.RecentCalls = func() int {
		beside := j.beginDecision()
		n := limit // a count that cannot be read counts as used up
		_ = c.view(ctx, func(r Reader) error {
			got, err := r.RecentCalls(run.Agent, run.Environment, c.now()-60_000)
			if err == nil {
				n = got
			}
			return err
		})
		return n + beside
	}
	return s
}

// beginDecision says how many other calls of the agent are being decided, and
// counts this one among them until its decision is stored.
func (j *journal) beginDecision() (beside int) {
	j.endDecision()
	j.c.mu.Lock()
	defer j.c.mu.Unlock()
	beside = j.c.deciding[j.place]
	j.c.deciding[j.place]++
	j.deciding = true
	return beside
}

// endDecision takes the run's call from those that are being decided.
func (j *journal) endDecision() {
	if !j.deciding {
		return
	}
	j.deciding = false
	j.c.mu.Lock()
	defer j.c.mu.Unlock()
	if j.c.deciding[j.place]--; j.c.deciding[j.place] == 0 {
		delete(j.c.deciding, j.place)
	}
}
