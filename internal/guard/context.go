package guard

import (
	"fmt"
	"math"
	"sync"

	"github.com/cedar-policy/cedar-go/types"
)

var (
	emptySet = types.NewSet()
	noFlow   = origins{target: noClass, content: noClass}
)

var noArgs = types.NewRecord(nil)

// contextOf makes the context of a request: of the fields of cedarSchema those
// that a policy of the tool reads. One that was missed would be an error in the
// policy, and an error denies.
func (c *Compiled) contextOf(s State, g *toolGuard, call Call, args types.Record, o origins, spend float64) types.Record {
	m := make(types.RecordMap, len(g.fields))
	for _, name := range g.fields {
		m[types.String(name)] = c.contextField(name, s, g, call, args, o, spend)
	}
	return types.NewRecord(m)
}

func (c *Compiled) contextField(name string, s State, g *toolGuard, call Call, args types.Record, o origins, spend float64) types.Value {
	switch name {
	case "args":
		return args
	case "asked":
		return types.Boolean(g.asked(s))
	case "confidentiality":
		return types.Long(confidentiality(s))
	case "content":
		return o.content.name()
	case "left":
		return c.left(s, call.RecentCalls)
	case "origins":
		return c.memo.record(o)
	case "phase":
		return types.String(s.Phase)
	case "spend":
		return types.Long(micro(spend))
	case "spending":
		return o.spending(g)
	case "tainted":
		return types.Boolean(s.Tainted)
	}
	return o.target.name()
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
	m, err := toRecordMap(args, g.args, g.strict, 0)
	if err != nil {
		return noArgs, err
	}
	for name, v := range m {
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

// originMemo keeps the records of context.origins: a tool's arguments come from
// few combinations of places, and building a record costs more than the rest of
// a request.
type originMemo struct {
	mu   sync.RWMutex
	have map[string]types.Record
}

// maxMemo bounds what is kept; the names of free-form arguments are a caller's.
const maxMemo = 512

func (m *originMemo) record(o origins) types.Record {
	var room [128]byte
	key := room[:0]
	for _, names := range o.byClass {
		for _, n := range names {
			key = append(append(key, n...), 0)
		}
		key = append(key, 1)
	}
	m.mu.RLock()
	r, ok := m.have[string(key)]
	m.mu.RUnlock()
	if ok {
		return r
	}
	r = o.record()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.have) < maxMemo {
		m.have[string(key)] = r
	}
	return r
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
