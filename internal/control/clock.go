package control

import (
	"time"

	"github.com/aureus-agents/aureus/resource"
)

// A clock that is set must not open what is closed. So there are two: the one on
// the wall, and the time since the start by a clock that nobody sets. What ends
// has ended when either says so. Rates and days go by the one that nobody sets,
// and a day that was counted is not left for an earlier one. What is written down
// has the time on the wall.

// now is the time on the wall.
func (c *Control) now() resource.Millis { return resource.Millis(c.cfg.Now().UnixMilli()) }

// steady is the start and the time since.
func (c *Control) steady() resource.Millis {
	return c.started + resource.Millis(c.cfg.Elapsed().Milliseconds())
}

// latest is the time for what ends: approvals, tokens, allowances.
func (c *Control) latest() resource.Millis { return max(c.now(), c.steady()) }

// earliest is the time to look back from at what has the time on the wall.
func (c *Control) earliest() resource.Millis { return min(c.now(), c.steady()) }

// ended reports whether a request can no longer be answered or used. What has
// happened to it is a clock too: a restart with one that was set back does not
// give more time than there was left.
func (c *Control) ended(a resource.Approval) bool {
	now := max(c.latest(), a.CreatedAt)
	for _, d := range a.Decisions {
		now = max(now, d.At)
	}
	return a.ExpiresAt <= now
}

// days is the beginning of the keys of days.
const days = "day/"

// today is the key of the day's usage (UTC): of the day that it is, or of the
// latest one that was counted when a restart set the clock back.
func (c *Control) today(r Reader, agent, env string) (string, error) {
	last, err := r.LastUsage(agent, env, days)
	return max(last, days+time.UnixMilli(int64(c.steady())).UTC().Format(time.DateOnly)), err
}
