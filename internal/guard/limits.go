package guard

import (
	"math"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// The defaults of blueprint.Budgets.
const (
	defaultSteps     = 20
	defaultToolCalls = 50
	defaultTokens    = 200_000
	defaultCostUSD   = 5
)

// limits are a run's budgets with their defaults.
type limits struct {
	steps, toolCalls int
	tokens           int64
	cost             resource.MicroUSD
	spend            float64
	rate             int // 0 is no limit
	session, day     blueprint.Use
}

func limitsOf(b blueprint.Budgets) limits {
	l := limits{steps: b.Steps, toolCalls: b.ToolCalls, tokens: b.Tokens, spend: b.Spend, rate: b.CallsPerMinute, session: b.Session, day: b.Day}
	if l.steps == 0 {
		l.steps = defaultSteps
	}
	if l.toolCalls == 0 {
		l.toolCalls = defaultToolCalls
	}
	if l.tokens == 0 {
		l.tokens = defaultTokens
	}
	usd := b.CostUSD
	if usd == 0 {
		usd = defaultCostUSD
	}
	l.cost = resource.MicroUSD(micro(usd))
	return l
}

// micro is f in millionths, saturated.
func micro(f float64) int64 {
	m := math.Round(f * 1e6)
	switch {
	case math.IsNaN(m):
		return math.MaxInt64
	case m >= math.MaxInt64:
		return math.MaxInt64
	case m <= math.MinInt64:
		return math.MinInt64
	}
	return int64(m)
}

// OverBudget names the budget that s is over ("steps", "tokens", "cost"), or "".
// A run may use its budget up; it is over when it has used more.
func (c *Compiled) OverBudget(s State) string {
	switch {
	case s.Steps > c.limits.steps:
		return "steps"
	case s.Tokens > c.limits.tokens:
		return "tokens"
	case s.Cost > c.limits.cost:
		return "cost"
	}
	return ""
}
