package model

import (
	"context"
	"time"
)

// WaitFunc waits for d, or until ctx is done and returns its error.
type WaitFunc func(ctx context.Context, d time.Duration) error

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// backoff is the time before a retry: exponential, spread over its upper half,
// and never less than the server asks for; bounded by MaxDelay.
func (c *client) backoff(retry int, asked time.Duration) time.Duration {
	d := c.cfg.MaxDelay
	if retry < 20 {
		d = min(c.cfg.BaseDelay<<retry, c.cfg.MaxDelay)
	}
	d = d/2 + time.Duration(c.cfg.Jitter()*float64(d/2))
	return min(max(d, asked), c.cfg.MaxDelay)
}
