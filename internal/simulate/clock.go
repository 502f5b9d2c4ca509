package simulate

import (
	"sync"
	"time"
)

// epoch is when every simulated run starts, so that a time that reaches a prompt
// or a report is the same on every machine.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// modelStep is what one model call takes on the simulated clock.
const modelStep = 100 * time.Millisecond

// clock is a run's clock. Simulated, it moves only when told to; measured, it
// also moves with the wall, so that fixture delays and the model's real time add
// up to the run's latency.
type clock struct {
	measured bool
	began    time.Time // wall clock, when measured

	mu     sync.Mutex
	offset time.Duration
}

func newClock(measured bool) *clock {
	c := &clock{measured: measured}
	if measured {
		c.began = time.Now()
	}
	return c
}

// elapsed is how long the run has taken on this clock.
func (c *clock) elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.measured {
		return c.offset + time.Since(c.began)
	}
	return c.offset
}

// Now is the time of this clock.
func (c *clock) Now() time.Time { return epoch.Add(c.elapsed()) }

// advance moves the clock by d.
func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}
