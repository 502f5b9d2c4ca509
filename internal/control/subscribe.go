package control

import (
	"context"
	"sync"

	"github.com/aureus-agents/aureus/resource"
)

// hub hands committed events to whoever listens in this process.
type hub struct {
	mu   sync.Mutex
	subs map[chan resource.Event]struct{}
}

func (h *hub) publish(e resource.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.subs {
		select {
		case ch <- e:
		default: // a slow reader misses events
		}
	}
}

// Subscribe delivers lifecycle events as they are committed, until ctx ends; the
// channel is closed then. A slow reader misses events and is never waited for.
// Viewer.
func (c *Control) Subscribe(ctx context.Context, p Principal) (<-chan resource.Event, error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	return c.subscribe(ctx), nil
}

func (c *Control) subscribe(ctx context.Context) <-chan resource.Event {
	ch := make(chan resource.Event, 256)
	c.hub.mu.Lock()
	if c.hub.subs == nil {
		c.hub.subs = map[chan resource.Event]struct{}{}
	}
	c.hub.subs[ch] = struct{}{}
	c.hub.mu.Unlock()
	context.AfterFunc(ctx, func() {
		c.hub.mu.Lock()
		defer c.hub.mu.Unlock()
		delete(c.hub.subs, ch)
		close(ch)
	})
	return ch
}
