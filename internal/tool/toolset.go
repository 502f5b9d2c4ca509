package tool

import (
	"context"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

var _ agentrun.Tools = (*toolset)(nil)

// toolset is the live tools of one version.
type toolset struct {
	a     *Adapters
	tools map[string]blueprint.Tool
	conns map[string]*conn // by server; only servers whose tools are used
}

func newToolset(a *Adapters, m *resource.Manifest) *toolset {
	t := &toolset{a: a, tools: map[string]blueprint.Tool{}, conns: map[string]*conn{}}
	for _, bt := range m.Blueprint.WithExposed().Spec.Tools {
		t.tools[bt.Name] = bt
		for _, s := range m.Blueprint.Spec.Servers {
			if s.Name == bt.Server && t.conns[s.Name] == nil {
				t.conns[s.Name] = &conn{a: a, server: s, strict: blueprint.Strict(s.Name, m.Blueprint.Spec.Tools), pins: pinsOf(m, s.Name), turn: make(chan struct{}, 1)}
			}
		}
	}
	return t
}

func pinsOf(m *resource.Manifest, server string) []resource.ToolPin {
	for _, ad := range m.Adapters {
		if ad.Server == server {
			return ad.Tools
		}
	}
	return nil
}

// reach makes every connection stand and compares the tools.
func (t *toolset) reach(ctx context.Context) error {
	for _, name := range sorted(t.conns) {
		c := t.conns[name]
		if _, err := c.get(ctx); err != nil {
			return err
		}
		c.put()
	}
	return nil
}

func (t *toolset) close() {
	for _, name := range sorted(t.conns) {
		t.conns[name].close()
	}
}

// conn is a version's connection to one server, made again when it is gone.
type conn struct {
	a      *Adapters
	server blueprint.Server
	strict bool
	pins   []resource.ToolPin
	turn   chan struct{} // held while the connection is made or compared

	mu   sync.Mutex
	link *link
	used int // calls in flight
	idle *time.Timer
}

// get gives a connection whose tools are the pinned ones; put gives it back.
func (c *conn) get(ctx context.Context) (*link, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Upstream, "server %q was not reached in time", c.server.Name)
	}
	l := c.take()
	if l == nil {
		var err error
		if l, err = c.a.dial(ctx, c.server, c.strict); err != nil {
			c.put()
			return nil, err
		}
		l.changed.Store(true)
		c.mu.Lock()
		c.link = l
		c.mu.Unlock()
	}
	if err := c.compare(ctx, l); err != nil {
		c.put()
		return nil, err
	}
	return l, nil
}

// take marks the connection as used and returns it when it stands.
func (c *conn) take() *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used++
	if c.idle != nil {
		c.idle.Stop()
	}
	if c.link != nil && !c.link.alive() {
		go c.a.drop(c.link)
		c.link = nil
	}
	return c.link
}

// compare holds the server's tools against the pins after it was reached and
// whenever it says that they changed. Until they agree again no call passes.
func (c *conn) compare(ctx context.Context, l *link) error {
	if !l.changed.Swap(false) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.a.cfg.StartTimeout)
	defer cancel()
	offered, err := l.tools(ctx)
	if err == nil {
		err = drift(c.server.Name, c.pins, offered)
	}
	if err != nil {
		l.changed.Store(true)
	}
	return err
}

// put gives the connection back and starts its idle time.
func (c *conn) put() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used--
	if c.used > 0 || c.a.cfg.IdleTimeout < 0 {
		return
	}
	if c.idle != nil {
		c.idle.Stop()
	}
	c.idle = time.AfterFunc(c.a.cfg.IdleTimeout, c.close)
}

// close ends the connection unless a call uses it and Aureus goes on.
func (c *conn) close() {
	c.a.mu.Lock()
	stopping := c.a.closed
	c.a.mu.Unlock()
	c.mu.Lock()
	l := c.link
	if l == nil || (c.used > 0 && !stopping) {
		c.mu.Unlock()
		return
	}
	c.link = nil
	if c.idle != nil {
		c.idle.Stop()
	}
	c.mu.Unlock()
	if stopping {
		l.cancel()
	}
	c.a.drop(l)
}
