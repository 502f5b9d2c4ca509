package guard

import (
	"math"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// noLimit is what is left of a budget that bounds nothing.
const noLimit = math.MaxInt64

// leftOpen is what is left of a session or a day without any limit.
var leftOpen = leftRecord(noLimit, noLimit, noLimit, noLimit)

func leftRecord(calls, tokens, cost, spend types.Long) types.Record {
	return types.NewRecord(types.RecordMap{"toolCalls": calls, "tokens": tokens, "costMicroUSD": cost, "spend": spend})
}

// left is what the run, its session and the day may still use.
func (c *Compiled) left(s State, call Call) types.Record {
	l := c.limits
	rate := int64(noLimit)
	switch {
	case l.rate > 0 && call.Uncounted:
		rate = 0
	case l.rate > 0:
		rate = int64(l.rate) - int64(call.RecentCalls)
	}
	return types.NewRecord(types.RecordMap{
		"toolCalls": types.Long(l.toolCalls - s.ToolCalls), "steps": types.Long(l.steps - s.Steps),
		"tokens": types.Long(l.tokens - s.Tokens), "costMicroUSD": types.Long(l.cost - s.Cost), "rate": types.Long(rate),
		// Below the largest number, so that a call of any size can be over it.
		"spend":   types.Long(min(micro(l.spend-s.Spent), noLimit-1)),
		"session": leftOf(l.session, call.Session, call.Uncounted), "day": leftOf(l.day, call.Day, call.Uncounted),
	})
}

// leftOf is what is left of a budget of several runs. What cannot be counted is
// used up.
func leftOf(l blueprint.Use, used resource.Use, uncounted bool) types.Record {
	if l == (blueprint.Use{}) {
		return leftOpen
	}
	rest := func(limit, used int64) types.Long {
		switch {
		case limit == 0:
			return noLimit
		case uncounted || used < 0:
			return -1
		}
		return types.Long(limit - used)
	}
	spend := rest(micro(l.Spend), micro(used.Spent))
	if l.Spend > 0 {
		spend = min(spend, noLimit-1)
	}
	return leftRecord(rest(int64(l.ToolCalls), int64(used.ToolCalls)), rest(l.Tokens, used.Tokens), rest(micro(l.CostUSD), int64(used.Cost)), spend)
}

// OverUse names what the session or the day of a run used more of than it may
// ("tokens", "cost"), with whose budget it is, or "". A run may not begin another
// model call then.
func (c *Compiled) OverUse(call Call) string {
	for _, b := range []struct {
		of    string
		limit blueprint.Use
		used  resource.Use
	}{{"session", c.limits.session, call.Session}, {"day", c.limits.day, call.Day}} {
		switch {
		case b.limit.Tokens > 0 && (call.Uncounted || b.used.Tokens > b.limit.Tokens):
			return b.of + ".tokens"
		case b.limit.CostUSD > 0 && (call.Uncounted || int64(b.used.Cost) > micro(b.limit.CostUSD)):
			return b.of + ".costUSD"
		}
	}
	return ""
}

// Counts reports whether a budget of several runs bounds this agent, so that what
// they used has to be read for each decision.
func (c *Compiled) Counts() (rate, session, day bool) {
	return c.limits.rate > 0, c.limits.session != (blueprint.Use{}), c.limits.day != (blueprint.Use{})
}
