package tool

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// stdioProtocol is the version of the handshake with child processes. Servers
// that speak a newer one speak it too, and none is asked something before
// "initialize" that it may not know.
const stdioProtocol = "2025-11-25"

// link is one live connection to a server.
type link struct {
	server  blueprint.Server
	strict  bool // the sandbox of a server with tools of a high tier
	session *mcp.ClientSession
	proc    *process // nil over HTTP
	framed  *framed  // nil over HTTP
	done    chan struct{}
	// closing ends the calls in flight when Aureus stops.
	closing context.Context
	cancel  context.CancelFunc
	// changed is set when the server says that its tools changed, until they were
	// compared again.
	changed atomic.Bool
	// broken is set by the first request that the connection failed: the SDK may
	// notice later that it is gone, or never.
	broken atomic.Bool
	// unanswered counts calls in a row that ran into their time.
	unanswered atomic.Int32
	direct     *direct // nil: the SDK makes the calls
	// progress is who listens to the progress of calls, by their ids.
	progress sync.Map
	// updated is who listens to changes of resources, by subscription.
	updated sync.Map
}

// listen hands the progress of a call to f until the returned function is called.
func (l *link) listen(call string, f func(done, total float64)) (stop func()) {
	l.progress.Store(call, f)
	return func() { l.progress.Delete(call) }
}

// progressed takes a server's progress. Its message is text that nothing has
// judged, and goes nowhere.
func (l *link) progressed(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
	call, _ := r.Params.ProgressToken.(string) // anything else is not ours, and may be no key of a map
	if f, ok := l.progress.Load(call); ok {
		f.(func(done, total float64))(r.Params.Progress, r.Params.Total)
	}
}

// dial reaches a server within StartTimeout.
func (a *Adapters) dial(ctx context.Context, s blueprint.Server, strict bool) (*link, error) {
	dctx, cancel := context.WithTimeout(ctx, a.cfg.StartTimeout)
	defer cancel()
	l := &link{server: s, strict: strict, done: make(chan struct{})}
	l.closing, l.cancel = context.WithCancel(context.Background())
	transport, opts, err := a.transport(l)
	if err != nil {
		l.cancel()
		return nil, err
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "aureus", Version: "1"}, &mcp.ClientOptions{
		// No roots: a client that has them overrides the folders a server was started with.
		Capabilities:                &mcp.ClientCapabilities{},
		ProgressNotificationHandler: l.progressed,
		ResourceUpdatedHandler:      l.resourceUpdated,
		ToolListChangedHandler:      func(context.Context, *mcp.ToolListChangedRequest) { l.changed.Store(true) },
		// The SDK would repeat a call to answer a server's question; Aureus never
		// repeats a call that may have an effect.
		MultiRoundTrip: &mcp.MultiRoundTripOptions{Disabled: true},
	})
	l.session, err = client.Connect(dctx, transport, opts)
	if err != nil {
		err = a.dialError(ctx, dctx, l, err)
		a.drop(l)
		return nil, err
	}
	l.direct = newDirect(l, transport, a.cfg.maxFrame())
	go func() {
		_ = l.session.Wait()
		close(l.done)
	}()
	return l, nil
}

// transport prepares the connection of l; a child is started.
func (a *Adapters) transport(l *link) (mcp.Transport, *mcp.ClientSessionOptions, error) {
	switch s := l.server; {
	case s.Stdio != nil:
		p, err := a.cfg.startProcess(s, l.strict)
		if err != nil {
			return nil, nil, err
		}
		if !a.track(p) {
			p.stop(a.cfg.StopGrace)
			return nil, nil, errClosed()
		}
		l.proc, l.framed = p, &framed{ReadCloser: p.stdout}
		return &mcp.IOTransport{Reader: l.framed, Writer: p.stdin, MaxLineLength: int(a.cfg.maxFrame())},
			&mcp.ClientSessionOptions{ProtocolVersion: stdioProtocol}, nil
	case s.HTTP != nil:
		t, err := a.cfg.httpTransport(s)
		return t, nil, err
	}
	return nil, nil, fault.New(fault.Invalid, "server %q has neither stdio nor http; write one of them", l.server.Name)
}

// dialError says why a server could not be reached.
func (a *Adapters) dialError(ctx, dctx context.Context, l *link, err error) error {
	name := l.server.Name
	switch {
	case ctx.Err() != nil:
		return fault.Wrap(ctx.Err(), fault.Upstream, "reaching server %q was cancelled", name)
	case l.framed != nil && l.framed.garbage.Load():
		return fault.New(fault.Upstream, "server %q printed something that is not MCP on stdout; a server on stdio may print its messages only, and logs on stderr", name)
	case dctx.Err() != nil:
		return fault.New(fault.Upstream, "server %q did not answer the MCP handshake within %s; check that its command is an MCP server on stdio, or its URL the MCP endpoint", name, a.cfg.StartTimeout)
	case l.proc != nil:
		l.proc.stop(a.cfg.StopGrace)
		advice := "run its command by hand to see why"
		if l.proc.launch != nil {
			advice += "; when it works there, name what it misses in stdio.sandbox"
		}
		return fault.New(fault.Upstream, "server %q does not speak MCP: %s; %s", name, l.proc.ended(), advice)
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.Wrap(err, fault.Upstream, "server %q at %s could not be reached over MCP; check that it runs and that http.url is its MCP endpoint", name, hostOf(l.server.HTTP.URL))
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "its address"
	}
	return u.Host
}

// drop ends a connection and what serves it. Calls over HTTP may end first.
func (a *Adapters) drop(l *link) {
	defer l.cancel()
	if l.proc != nil {
		l.proc.stop(a.cfg.StopGrace) // first: calls in flight end with the child
		a.untrack(l.proc)
	}
	if l.session == nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		_ = l.session.Close() // a connection that is gone has nothing to say
		close(ended)
	}()
	t := time.NewTimer(a.cfg.StopGrace)
	defer t.Stop()
	select {
	case <-ended:
	case <-t.C: // a server over HTTP may take its time to let a session go; nobody waits for it
	}
}

// alive reports whether the connection still stands.
func (l *link) alive() bool {
	if l.broken.Load() {
		return false
	}
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// lost says what happened to a connection that did not do what was asked. It
// quotes nothing that the server sent.
func (l *link) lost(err error, what string) error {
	why := ""
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		l.broken.Store(true)
	}
	switch {
	case l.framed != nil && l.framed.garbage.Load():
		why = ": it printed something that is not MCP on stdout"
	case errors.Is(err, context.DeadlineExceeded):
		why = " in time"
	case errors.Is(err, context.Canceled):
		why = ": the request was cancelled"
	case l.proc != nil && l.proc.ended() != "":
		why = fmt.Sprintf(": it ended with %s", l.proc.cmd.ProcessState)
	case errors.Is(err, mcp.ErrConnectionClosed):
		why = ": the connection broke"
	}
	return fault.Wrap(err, fault.Upstream, "server %q %s%s", l.server.Name, what, why)
}
