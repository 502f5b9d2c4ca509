package control

import (
	"context"
	"slices"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

var _ agentrun.SessionJournal = (*Session)(nil)

// Record stores what happened in a session: the steps, the ledger event of a new
// decision, the approval request of a call that waits, and what the session's
// end means for a canary, in one transaction. A session ends with the process, so
// nothing is stored to go on with.
func (s *Session) Record(ctx context.Context, e agentrun.Entry) (approval string, err error) {
	opened := false
	err = s.c.update(ctx, func(t *tx) (err error) {
		if err := t.onTraffic(e.Run, e.Decision); err != nil {
			return err
		}
		if e.Decision != nil {
			cp := agentrun.Checkpoint{Decision: e.Decision, Call: e.Call}
			if err := s.usage.take(t, e.Run.Stats, e.Decision, e.Weighed); err != nil {
				return err
			}
			if err = t.decided(e.Run, cp); err == nil && e.Decision.State == resource.DecisionPending {
				approval, opened, err = s.ask(t, e.Run, cp)
			}
			if err != nil {
				return err
			}
		}
		for _, st := range e.Steps {
			if err := t.PutStep(e.Run.ID, st); err != nil {
				return err
			}
		}
		if err := t.ignored(e.Run, e.Steps); err != nil || !e.Last {
			return err
		}
		run := e.Run
		run.Revision = s.run.Revision + 1
		return t.saveRun(agentrun.Checkpoint{Run: run})
	})
	if err != nil && opened {
		s.take(e.Decision.ArgsDigest, approval)
	}
	return approval, s.c.tellLimited(ctx, e.Run, err)
}

// stillFeared reports whether a request shows each of fears. One that does not is
// left: its yes would be to less.
func (t *tx) stillFeared(id, run string, fears []resource.Fear) (bool, error) {
	a, err := t.Approval(id)
	if err != nil {
		return false, err
	}
	shown := feared(a)
	if !slices.ContainsFunc(fears, func(f resource.Fear) bool { return !slices.Contains(shown, f.Policy) }) {
		return true, nil
	}
	return false, t.leaveApproval(id, run, "the session has moved on, and more policies ask by now")
}

// ask opens the approval request of a call, or gives the one that is open for
// the same arguments.
func (s *Session) ask(t *tx, run resource.Run, cp agentrun.Checkpoint) (id string, opened bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, denied := s.denied[cp.Decision.ArgsDigest]; denied {
		return "", false, nil // people have answered
	}
	if id := s.approvals[cp.Decision.ArgsDigest]; id != "" {
		if same, err := t.stillFeared(id, run.ID, cp.Decision.Fears); err != nil || same {
			return id, false, err
		}
	}
	a, err := t.askCall(run, cp)
	if err != nil {
		return "", false, err
	}
	s.approvals[a.Digest] = a.ID
	return a.ID, true, nil
}
