package agentrun

import (
	"context"
	"log/slog"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// leave ends a call's way. The last one of a session that is over records its end.
func (s *Session) leave(ctx context.Context) {
	s.mu.Lock()
	s.working--
	if s.working > 0 || (s.l.run.Outcome == resource.OutcomeRunning && !s.closing) {
		s.mu.Unlock()
		return
	}
	if s.closing {
		close(s.idle)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	if err := s.finish(context.WithoutCancel(ctx)); err != nil {
		s.l.log.Error("the end of a session was not recorded; it is tried again when the session is closed", "error", publicMessage(err))
	}
}

// Flush records what calls came back with and was not recorded with a later
// decision. It does nothing when there is nothing.
func (s *Session) Flush(ctx context.Context) error {
	s.mu.Lock()
	held := s.done
	s.done = nil
	run := s.l.run
	skip := len(held) == 0 || s.recorded
	s.mu.Unlock()
	if skip {
		return nil
	}
	if _, err := s.journal.Record(ctx, Entry{Run: run, Steps: held}); err != nil {
		s.putBack(held)
		return err
	}
	return nil
}

// End ends the session once no call is being dealt with any more, and returns
// its run without steps. It may be called again when its end could not be stored.
func (s *Session) End(ctx context.Context) (resource.Run, error) {
	s.mu.Lock()
	first := !s.closing
	s.closing = true
	if first && s.working == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	select {
	case <-s.idle:
	case <-ctx.Done():
		return s.l.spec.Run, fault.Wrap(ctx.Err(), fault.Unavailable, "the calls of the session did not end in time")
	}
	err := s.finish(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.l.run, err
}

// finish records the end, once.
func (s *Session) finish(ctx context.Context) error {
	s.mu.Lock()
	l := s.l
	if s.recorded {
		s.mu.Unlock()
		return nil
	}
	l.stint = l.Now()
	if l.run.Outcome == resource.OutcomeRunning {
		l.end(resource.OutcomeSuccess, "", "")
	}
	e := Entry{Run: l.run, Last: true, Steps: append(s.done, l.run.Steps...)}
	e.Run.Steps = nil
	s.done, l.run.Steps, s.recorded = nil, nil, true
	s.mu.Unlock()
	if _, err := s.journal.Record(ctx, e); err != nil {
		s.mu.Lock()
		s.done, s.recorded = e.Steps, false
		s.mu.Unlock()
		return err
	}
	l.log.Info("session ended", "outcome", e.Run.Outcome, "code", e.Run.Code, "toolCalls", e.Run.Stats.ToolCalls, slog.Int64("latencyMs", e.Run.LatencyMs))
	return nil
}
