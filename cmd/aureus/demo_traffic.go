package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aureus-agents/aureus/client"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/resource"
)

// traffic is live traffic: customers who want their money back, one order after
// another.
type traffic struct {
	client *client.Client
	cancel context.CancelFunc
	wg     sync.WaitGroup
	next   atomic.Int64
	fast   atomic.Bool
	failed atomic.Value // error: an invocation that was not answered
}

// demoCustomers is how many customers talk to the agent at once.
const demoCustomers = 8

func startTraffic(ctx context.Context, c *client.Client, customers int, next int64) *traffic {
	ctx, cancel := context.WithCancel(ctx)
	t := &traffic{client: c, cancel: cancel}
	t.next.Store(next)
	for range customers {
		t.wg.Add(1)
		go func() {
			defer t.wg.Done()
			t.customer(ctx)
		}()
	}
	return t
}

// busy says whether customers come one right after the other, or now and then.
func (t *traffic) busy(on bool) {
	if t != nil {
		t.fast.Store(on)
	}
}

func (t *traffic) stop() {
	if t == nil {
		return
	}
	t.cancel()
	t.wg.Wait()
}

// customer asks for refunds until ctx ends or every order was asked for. An answer
// that does not come is kept: no customer may notice a release or a rollback.
func (t *traffic) customer(ctx context.Context) {
	for ctx.Err() == nil {
		n := int(t.next.Add(1))
		if n >= refunddesk.Orders {
			return
		}
		_, err := t.client.Invoke(ctx, demoAgent, resource.InvokeRequest{Session: fmt.Sprintf("customer-%d", n),
			Input: map[string]any{"message": "I want my money back for order " + refunddesk.OrderID(n) + ", please."}})
		if err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
			t.failed.CompareAndSwap(nil, err)
		}
		if !t.fast.Load() {
			select {
			case <-ctx.Done():
			case <-time.After(400 * time.Millisecond):
			}
		}
	}
}

// err is the first invocation that was not answered.
func (t *traffic) err() error {
	if err, ok := t.failed.Load().(error); ok {
		return err
	}
	return nil
}
