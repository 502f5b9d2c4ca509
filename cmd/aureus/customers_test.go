package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

// customers are live traffic that survives the server: each asks for one order's
// refund after the other, once, and remembers what was answered.
type customers struct {
	w      *world
	cancel context.CancelFunc
	wg     sync.WaitGroup
	next   atomic.Int64
	count  atomic.Int64 // answers

	mu       sync.Mutex
	answered map[string]resource.Outcome // by run
	broken   int                         // requests that the server's end cut off
	refused  []error                     // answers that are errors
}

func (w *world) customers(n int) *customers {
	ctx, cancel := context.WithCancel(w.t.Context())
	c := &customers{w: w, cancel: cancel, answered: map[string]resource.Outcome{}}
	for range n {
		c.wg.Go(func() {
			for ctx.Err() == nil {
				c.ask(ctx)
			}
		})
	}
	w.t.Cleanup(c.stop)
	return c
}

func (c *customers) stop() {
	c.cancel()
	c.wg.Wait()
}

func (c *customers) ask(ctx context.Context) {
	url := c.w.url.Load().(string)
	if url == "" { // the server is down
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
		return
	}
	api, err := client.New(url, c.w.tokens["shop-app"], nil)
	if err != nil {
		c.w.t.Error(err)
		return
	}
	n := int(c.next.Add(1))
	run, err := api.Invoke(ctx, demoAgent, resource.InvokeRequest{Session: fmt.Sprintf("customer-%d", n),
		Input: map[string]any{"message": "I want my money back for order " + refundable(n) + "."}})
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e, ok := err.(*client.Error); {
	case err == nil:
		c.answered[run.ID] = run.Outcome
		c.count.Add(1)
	case ctx.Err() != nil, ok && e.Status == 0:
		c.broken++
	default:
		c.refused = append(c.refused, err)
	}
}
