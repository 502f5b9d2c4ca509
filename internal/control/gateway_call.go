package control

import (
	"context"
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// Waiting says how a call waits for people.
type Waiting struct {
	// For is how long the call waits; 0 does not wait.
	For time.Duration
	// Asked is called once when the call begins to wait, in a goroutine whose
	// context ends with the waiting; nil: nobody is told. When it returns false, the
	// call waits no longer.
	Asked func(ctx context.Context, approval string, d resource.Decision) (wait bool)
}

// Call decides a call, records the decision, makes the call when it is allowed,
// and takes in what came back. A call that people have to allow waits; one that
// waited in vain is answered with Pending, and succeeds when it is made again
// with the same arguments after the approval. An error means that the call was
// not made.
func (s *Session) Call(ctx context.Context, c agentrun.Asked, w Waiting) (agentrun.Answer, error) {
	a, err := s.calls.Call(ctx, c)
	if err != nil || !a.Pending {
		return a, err
	}
	g, err := s.await(ctx, a, w)
	if err != nil || g == nil {
		return a, err
	}
	c.Attempt, c.Grant, c.User = a.Attempt, g, ""
	return s.calls.Call(ctx, c)
}

// recheck bounds the time until an answer is seen whose event was missed.
const recheck = time.Second

// await waits for people's answer to a pending call; nil when none came in time.
func (s *Session) await(ctx context.Context, a agentrun.Answer, w Waiting) (*agentrun.Grant, error) {
	ctx, cancel := context.WithTimeout(ctx, w.For)
	defer cancel()
	events := s.c.subscribe(ctx)
	g, err := s.answered(a)
	if g != nil || err != nil {
		return g, err
	}
	if w.Asked != nil {
		go func() {
			if !w.Asked(ctx, a.Approval, a.Decision) {
				cancel()
			}
		}()
	}
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		select {
		case e, ok := <-events:
			if ok && e.SubjectID != a.Approval {
				continue
			}
		case <-tick.C:
		case <-ctx.Done():
			return nil, nil
		}
		if g, err := s.answered(a); g != nil || err != nil {
			return g, err
		}
	}
}

// answered is people's answer to a pending call, nil while there is none. A yes
// is used up by it, so of two calls with the same arguments one is made.
func (s *Session) answered(a agentrun.Answer) (*agentrun.Grant, error) {
	digest := a.Decision.ArgsDigest
	s.mu.Lock()
	g, denied := s.denied[digest]
	open := s.approvals[digest] == a.Approval
	s.mu.Unlock()
	if denied {
		return &g, nil
	}
	if !open {
		return nil, nil // the same call took it; this one asks anew when it is made again
	}
	// Nothing of the session may be held here: other calls of it are recorded
	// meanwhile, in the order of the store.
	answered := false
	err := s.c.view(context.Background(), func(r Reader) error {
		stored, err := r.Approval(a.Approval)
		answered = stored.State != resource.ApprovalPending
		return err
	})
	if err != nil || !answered || !s.take(digest, a.Approval) {
		return nil, err
	}
	err = s.c.update(context.Background(), func(t *tx) (err error) { g, err = t.useApproval(a.Approval, s.run.ID); return err })
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		s.approvals[digest] = a.Approval
		return nil, err
	case g.Denied:
		s.denied[digest] = g
	}
	return &g, nil
}

// take takes a request from those that were not used; false when it is not there.
func (s *Session) take(digest, approval string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.approvals[digest] != approval {
		return false
	}
	delete(s.approvals, digest)
	return true
}

// NeedsApproval is what the client of a call is told that waited in vain.
func NeedsApproval(a agentrun.Answer) string {
	return fmt.Sprintf("%s It needs approval %s, which an approver gives in the console or with: aureus approve %s --reason TEXT. Then make the same call again.",
		a.Text, a.Approval, a.Approval)
}
