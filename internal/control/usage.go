package control

import (
	"context"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// usage counts what the runs of an agent use together: within a minute, in a
// session, on a day. A decision is made with counts that are read before it and
// made again, with those of the moment, in the transaction that records it: what
// is left is taken once, however many runs and processes reach for it.
type usage struct {
	c     *Control
	guard *guard.Compiled
	run   resource.Run // its agent, environment and session
	// recorded are the run's own figures as far as they are in the counts.
	recorded resource.RunStats
}

// spec is a run to make with l, counted by u.
func (c *Control) spec(ctx context.Context, l *loadedVersion, u *usage) agentrun.Spec {
	return agentrun.Spec{Run: u.run, Manifest: l.version.Manifest, Guard: l.guard, Chain: l.chain, Success: l.success, Inputs: l.inputs,
		Count: func(stats resource.RunStats, call *guard.Call) { u.before(ctx, stats, call) }}
}

func (c *Control) usageOf(l *loadedVersion, run resource.Run) *usage {
	return &usage{c: c, guard: l.guard, run: run, recorded: run.Stats}
}

// before fills a call that is about to be decided. What cannot be counted counts
// as used up.
func (u *usage) before(ctx context.Context, stats resource.RunStats, call *guard.Call) {
	call.Now = u.c.latest()
	if !u.counts() {
		return
	}
	if err := u.c.view(ctx, func(r Reader) error { return u.read(r, stats, call) }); err != nil {
		call.Uncounted = true
	}
}

func (u *usage) counts() bool {
	rate, session, day := u.guard.Counts()
	return rate || session || day
}

// read fills in the counts that bound the agent.
func (u *usage) read(r Reader, stats resource.RunStats, call *guard.Call) (err error) {
	rate, session, day := u.guard.Counts()
	own := u.own(stats)
	if rate {
		if call.RecentCalls, err = r.RecentCalls(u.run.Agent, u.run.Environment, u.c.steady()-60_000); err != nil {
			return err
		}
	}
	if session {
		if call.Session, err = r.Usage(u.run.Agent, u.run.Environment, u.session()); err != nil {
			return err
		}
		call.Session = call.Session.Plus(own)
	}
	if day {
		today, err := u.c.today(r, u.run.Agent, u.run.Environment)
		if err != nil {
			return err
		}
		if call.Day, err = r.Usage(u.run.Agent, u.run.Environment, today); err != nil {
			return err
		}
		call.Day = call.Day.Plus(own)
	}
	return nil
}

func (u *usage) session() string { return "session/" + u.run.Session }

// own is what the run used and is not in the counts yet.
func (u *usage) own(stats resource.RunStats) resource.Use {
	was := u.recorded
	return resource.Use{Tokens: stats.PromptTokens + stats.CompletionTokens - was.PromptTokens - was.CompletionTokens, Cost: stats.Cost - was.Cost}
}

// take makes an approved decision anew with the counts of this transaction and
// adds what it uses; *agentrun.Again when it would be another one.
func (u *usage) take(t *tx, stats resource.RunStats, d *resource.Decision, w agentrun.Weighed) error {
	more := u.own(stats)
	if d != nil && d.State == resource.DecisionApproved {
		if err := u.confirm(t, stats, w); err != nil {
			return err
		}
		if err := t.CountCall(u.run.Agent, u.run.Environment, u.c.steady()); err != nil {
			return err
		}
		more.ToolCalls, more.Spent = 1, d.After.Spent-d.Before.Spent
	}
	if more == (resource.Use{}) {
		return nil
	}
	if _, session, _ := u.guard.Counts(); session {
		if err := t.AddUsage(u.run.Agent, u.run.Environment, u.session(), more); err != nil {
			return err
		}
	}
	today, err := u.c.today(t, u.run.Agent, u.run.Environment)
	if err != nil {
		return err
	}
	return t.AddUsage(u.run.Agent, u.run.Environment, today, more)
}

// confirm is *agentrun.Again when the counts have moved so far that the call
// would not be approved any more.
func (u *usage) confirm(t *tx, stats resource.RunStats, w agentrun.Weighed) error {
	if !u.counts() {
		return nil
	}
	call := w.Call
	if err := u.read(t, stats, &call); err != nil {
		return err
	}
	if call.RecentCalls == w.Call.RecentCalls && call.Session == w.Call.Session && call.Day == w.Call.Day {
		return nil
	}
	if d, _ := u.guard.Decide(w.State, call); d.State != resource.DecisionApproved {
		return &agentrun.Again{}
	}
	return nil
}
