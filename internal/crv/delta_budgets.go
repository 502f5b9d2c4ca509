package crv

import (
	"cmp"
	"math"

	"github.com/aureus-agents/aureus/blueprint"
)

// use compares what several runs may use together; 0 is no limit, the highest.
func (d *differ) use(of string, a, b blueprint.Use) {
	for _, f := range []struct {
		name    string
		was, is float64
	}{
		{"toolCalls", float64(a.ToolCalls), float64(b.ToolCalls)},
		{"tokens", float64(a.Tokens), float64(b.Tokens)},
		{"costUSD", a.CostUSD, b.CostUSD},
		{"spend", a.Spend, b.Spend},
	} {
		d.bound("budgets."+of+"."+f.name, f.was, f.is)
	}
}

// bound adds the change of a limit that 0 takes away.
func (d *differ) bound(path string, was, is float64) {
	switch from, to := cmp.Or(was, math.Inf(1)), cmp.Or(is, math.Inf(1)); {
	case to > from:
		d.add("budget", "changed", path, num(was), num(is), blueprint.TierHigh, true)
	case to < from:
		d.add("budget", "changed", path, num(was), num(is), blueprint.TierMedium, false)
	}
}

// asking compares how people are asked: more questions, or more time to use an
// answer, is the looser side.
func (d *differ) asking(old, now blueprint.Asking) {
	a, b := old.Resolved(), now.Resolved()
	for _, f := range []struct {
		name     string
		was, is  float64
		from, to string
	}{
		{"maxOpen", float64(a.MaxOpen), float64(b.MaxOpen), num(float64(a.MaxOpen)), num(float64(b.MaxOpen))},
		{"perHour", float64(a.PerHour), float64(b.PerHour), num(float64(a.PerHour)), num(float64(b.PerHour))},
		{"timeout", float64(a.Timeout), float64(b.Timeout), a.Timeout.String(), b.Timeout.String()},
	} {
		switch {
		case f.is > f.was:
			d.add("budget", "changed", "approvals."+f.name, f.from, f.to, blueprint.TierHigh, true)
		case f.is < f.was:
			d.add("budget", "changed", "approvals."+f.name, f.from, f.to, blueprint.TierMedium, false)
		}
	}
}
