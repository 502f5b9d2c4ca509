package control

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// Session is an agent that Aureus does not run, at work: a run whose tool calls
// come from its client. It keeps the version that it began with, and ends with
// the process. It is safe for concurrent use.
type Session struct {
	c      *Control
	loaded *loadedVersion
	run    resource.Run // as it began
	usage  *usage
	calls  *agentrun.Session

	mu        sync.Mutex
	approvals map[string]string         // requests that were not used yet, by the digest of the arguments
	denied    map[string]agentrun.Grant // a no stays a no for the session
	ended     bool
}

// OpenSession begins a session of an agent that serves in an environment. The
// version is picked as for an invocation, and its tools are reached. The input,
// when there is one, is what the user said. The same callers as for Invoke.
func (c *Control) OpenSession(ctx context.Context, p Principal, agent string, r InvokeRequest) (*Session, error) {
	run, err := c.newRun(p, agent, r)
	if err != nil {
		return nil, err
	}
	run.Gateway = true
	run, loaded, err := c.begin(ctx, run, r.Session != "")
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // of the request that began it
	tools, err := c.cfg.Adapters.Open(ctx, loaded.version.Manifest, loaded.version.Digest)
	if err != nil {
		if _, ended := c.endUnstarted(ctx, &journal{c: c, revision: run.Revision}, run, err); ended != nil {
			return nil, ended
		}
		return nil, err
	}
	s := &Session{c: c, loaded: loaded, run: run, usage: c.usageOf(loaded, run), approvals: map[string]string{}, denied: map[string]agentrun.Grant{}}
	runner := &agentrun.Runner{Tools: tools, Now: c.cfg.Now, Logger: c.cfg.Logger}
	if s.calls, err = runner.NewSession(c.spec(ctx, loaded, s.usage), s); err != nil {
		return nil, err
	}
	c.runs.Add(1)
	return s, nil
}

// Run is the session's run as it began, without steps.
func (s *Session) Run() resource.Run { return s.run }

// Version is the name of the version that the session is on.
func (s *Session) Version() string { return s.loaded.version.Name }

// Tools are the tools of the session's version, as they were pinned.
func (s *Session) Tools() []agentrun.PinnedTool {
	return agentrun.PinnedTools(s.loaded.version.Manifest)
}

// Servers are the servers of the session's version.
func (s *Session) Servers() []blueprint.Server {
	return s.loaded.version.Manifest.Blueprint.Spec.Servers
}

// Flush stores what calls came back with and was not stored with a later decision.
func (s *Session) Flush(ctx context.Context) error { return s.calls.Flush(ctx) }

// End ends the session once its calls are done: its outcome is stored and counts
// for a canary, and what it still waits for is withdrawn. It may be called again
// after an error; a run whose end was never stored is ended at the next start.
func (s *Session) End(ctx context.Context) (resource.Run, error) {
	run, err := s.calls.End(ctx)
	s.mu.Lock()
	open := s.approvals
	if !s.ended {
		s.ended = true
		s.c.runs.Done()
	}
	s.mu.Unlock()
	if err != nil || len(open) == 0 {
		return run, err
	}
	return run, s.c.update(ctx, func(t *tx) error {
		for _, digest := range slices.Sorted(maps.Keys(open)) {
			if err := t.leaveApproval(open[digest], s.run.ID, "the session ended"); err != nil {
				return err
			}
		}
		return nil
	})
}
