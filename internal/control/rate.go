package control

import (
	"context"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// spec is a run to make with l. The rate limit counts the calls that every run
// of the agent made in the environment within the last minute, and those that
// are about to be made: what is counted is stored only with the decision.
// beginDecision says how many others are, and counts this one among them.
func (c *Control) spec(ctx context.Context, l *loadedVersion, run resource.Run, beginDecision func() int) agentrun.Spec {
	s := agentrun.Spec{Run: run, Manifest: l.version.Manifest, Guard: l.guard, Chain: l.chain, Success: l.success}
	limit := l.version.Manifest.Blueprint.Spec.Budgets.CallsPerMinute
	if limit == 0 {
		return s
	}
	s.RecentCalls = func() int {
		beside := beginDecision()
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

// rateKey is what a rate limit is kept for.
func rateKey(run resource.Run) string { return run.Agent + " " + run.Environment }

// beginDecision says how many other calls of an agent are being decided in its
// environment, and counts one more until its decision is stored.
func (c *Control) beginDecision(place string) (beside int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	beside = c.deciding[place]
	c.deciding[place]++
	return beside
}

func (c *Control) endDecision(place string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deciding[place]--; c.deciding[place] == 0 {
		delete(c.deciding, place)
	}
}

// beginDecision is Control.beginDecision for a run that decides one call at a time.
func (j *journal) beginDecision() (beside int) {
	j.endDecision()
	j.deciding = true
	return j.c.beginDecision(j.place)
}

// endDecision takes the run's call from those that are being decided.
func (j *journal) endDecision() {
	if j.deciding {
		j.deciding = false
		j.c.endDecision(j.place)
	}
}
