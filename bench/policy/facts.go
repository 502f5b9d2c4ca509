package policy

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// facts are a tool's constant attributes, as the guard's documentation has them.
type facts struct {
	server, tier, intent                                string
	zone                                                int64
	permitted                                           bool
	phases, approvalPhases                              []string
	readsOutside, readsPrivate, actsOutside, actsInside bool
}

var zoneRank = map[string]int64{"public": 0, "internal": 1, "confidential": 2, "restricted": 3}

func factsOf(a *blueprint.Agent) map[string]facts {
	out := map[string]facts{}
	for _, t := range a.Spec.Tools {
		f := facts{server: t.Server, tier: string(t.RiskTier), intent: string(t.Intent), zone: zoneRank[string(t.Zone)],
			readsOutside: *t.Labels.ReadsOutside, readsPrivate: *t.Labels.ReadsPrivate, actsOutside: *t.Labels.ActsOutside, actsInside: *t.Labels.ActsInside}
		f.permitted = zoneRank[string(a.Spec.Zone)] >= f.zone && slices.ContainsFunc(a.Spec.Permissions, func(p blueprint.Permission) bool {
			return (slices.Contains(p.Tools, "*") || slices.Contains(p.Tools, t.Name)) && slices.Contains(p.Intents, t.Intent) && zoneRank[string(p.Zone)] >= f.zone
		})
		for _, p := range a.Spec.Workflow.Phases {
			if slices.Contains(p.Tools, t.Name) {
				f.phases = append(f.phases, p.Name)
			}
			for _, tr := range p.Transitions {
				if tr.On == t.Name && tr.Approval {
					f.approvalPhases = append(f.approvalPhases, p.Name)
				}
			}
		}
		out[t.Name] = f
	}
	return out
}

// left is what a run may still use before the call, by the names of the policies.
type left struct {
	toolCalls, steps, tokens, cost, rate, spend int64
	session, day                                use
}

type use struct{ toolCalls, tokens, cost, spend int64 }

func leftOf(r request) left {
	s := r.state
	return left{toolCalls: int64(maxCalls - s.ToolCalls), steps: int64(maxSteps - s.Steps), tokens: maxTokens - s.Tokens,
		cost: maxCost*1_000_000 - int64(s.Cost), rate: int64(maxRate - r.call.RecentCalls), spend: micro(maxSpend - s.Spent),
		session: useOf(sessionBudget, r.call.Session), day: useOf(dayBudget, r.call.Day)}
}

func useOf(b blueprint.Use, u resource.Use) use {
	return use{toolCalls: int64(b.ToolCalls - u.ToolCalls), tokens: b.Tokens - u.Tokens, cost: micro(b.CostUSD) - int64(u.Cost), spend: micro(b.Spend) - micro(u.Spent)}
}

// flow is what the guard finds out of a call's values and its user's words, given
// to the peers: they decide by it and do not work it out.
type flow struct {
	asked                     bool
	target, content, spending string
}

func flowOf(c *guard.Compiled, f facts, r request) flow {
	d, _ := c.Decide(r.state, r.call)
	out := flow{asked: f.intent == "read" || len(r.state.Asks) > 0, target: d.Target, content: d.Content, spending: "none"}
	for _, a := range d.Arguments {
		if r.call.Tool == "refund" && a.Name == "amount" {
			out.spending = a.Class
		}
	}
	return out
}

func micro(f float64) int64 { return int64(f*1e6 + 0.5) }

// spendOf is what a call would spend, in micro units.
func spendOf(r request) int64 {
	if r.call.Tool != "refund" {
		return 0
	}
	return micro(r.call.Args["amount"].(float64))
}
