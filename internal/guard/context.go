package guard

import (
	"fmt"
	"math"

	"github.com/cedar-policy/cedar-go/types"
)

var (
	emptySet  = types.NewSet()
	noFlow    = origins{target: noClass, content: noClass}
	noOrigins = noFlow.record()
)

var noArgs = types.NewRecord(nil)

// contextOf makes the context of a request; it fits cedarSchema by construction.
func (c *Compiled) contextOf(s State, g *toolGuard, call Call, args types.Record, o origins, spend float64) types.Record {
	from := noOrigins
	if g.origins {
		from = o.record()
	}
	return types.NewRecord(types.RecordMap{
		"args": args, "phase": types.String(s.Phase), "tainted": types.Boolean(s.Tainted),
		"confidentiality": types.Long(confidentiality(s)), "left": c.left(s, call.RecentCalls),
		"spend": types.Long(micro(spend)), "origins": from,
		"asked": types.Boolean(g.asked(s)), "target": o.target.name(), "content": o.content.name(), "spending": o.spending(g),
	})
}

// spending is the class of the amount that the call spends.
func (o origins) spending(g *toolGuard) types.String {
	f, ok := o.of[g.tool.Spends]
	if !ok {
		return noClass.name()
	}
	return f.class.name()
}

// argsOf is context.args: the arguments that the tool's policies read, each with
// its value, where it comes from and what it does.
func (g *toolGuard) argsOf(args map[string]any, o origins) (types.Record, error) {
	if len(g.args) == 0 {
		return noArgs, nil
	}
	values, err := toRecord(args, g.args, g.strict, 0)
	if err != nil {
		return noArgs, err
	}
	m := make(types.RecordMap, values.Len())
	for name, v := range values.All() {
		f, ok := o.of[string(name)]
		if !ok { // an empty list or object has no value that could come from anywhere
			f = argFlow{class: noClass, role: roleQuantity}
		}
		m[name] = types.NewRecord(types.RecordMap{"value": v, "origin": f.class.name(), "role": types.String(f.role.String())})
	}
	return types.NewRecord(m), nil
}

// left is what the run may still use.
func (c *Compiled) left(s State, recent int) types.Record {
	l := c.limits
	rate := int64(math.MaxInt64)
	if l.rate > 0 {
		rate = int64(l.rate) - int64(recent)
	}
	return types.NewRecord(types.RecordMap{
		"toolCalls": types.Long(l.toolCalls - s.ToolCalls), "steps": types.Long(l.steps - s.Steps),
		"tokens": types.Long(l.tokens - s.Tokens), "costMicroUSD": types.Long(l.cost - s.Cost), "rate": types.Long(rate),
		// Below the largest number, so that a call of any size can be over it.
		"spend": types.Long(min(micro(l.spend-s.Spent), math.MaxInt64-1)),
	})
}

// record is context.origins.
func (o origins) record() types.Record {
	m := make(types.RecordMap, classes)
	for class, names := range o.byClass {
		m[classNames[class]] = emptySet
		if len(names) > 0 {
			m[classNames[class]] = stringSet(names)
		}
	}
	return types.NewRecord(m)
}

// spendOf is what the call spends: the number in the argument that the tool
// names. An amount that is no number, or is negative and would give budget back,
// cannot be counted and is refused.
func (g *toolGuard) spendOf(args map[string]any) (float64, error) {
	name := g.tool.Spends
	if name == "" {
		return 0, nil
	}
	raw, ok := args[name]
	if !ok || raw == nil {
		return 0, fmt.Errorf("argument %q, which is counted as spending, is missing", name)
	}
	f, _, _, ok := number(raw)
	if !ok {
		return 0, fmt.Errorf("argument %q, which is counted as spending, is not a number", name)
	}
	if f < 0 {
		return 0, fmt.Errorf("argument %q, which is counted as spending, is negative", name)
	}
	return f, nil
}
