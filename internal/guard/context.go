package guard

import (
	"fmt"
	"sync"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

var (
	emptySet = types.NewSet()
	noFlow   = origins{target: noClass, content: noClass}
)

var noArgs = types.NewRecord(nil)

// facts are what policies may know of a call beside the entities. Those of a live
// call come from the run's state and its arguments; exploration enumerates them,
// and what it leaves open there is a variable of Cedar's partial evaluation.
type facts struct {
	phase                     string
	tainted                   bool
	confidentiality           int64
	asked                     bool
	target, content, spending class
	args, left, origins       types.Value
	spend                     types.Value
}

// context makes the context of a request: of the fields of cedarSchema those in
// fields. A policy that reads another one fails, and an error denies.
func (f *facts) context(fields []string) types.Record {
	m := make(types.RecordMap, len(fields))
	for _, name := range fields {
		m[types.String(name)] = f.field(name)
	}
	return types.NewRecord(m)
}

func (f *facts) field(name string) types.Value {
	switch name {
	case "args":
		return f.args
	case "asked":
		return types.Boolean(f.asked)
	case "confidentiality":
		return types.Long(f.confidentiality)
	case "content":
		return f.content.name()
	case "left":
		return f.left
	case "origins":
		return f.origins
	case "phase":
		return types.String(f.phase)
	case "spend":
		return f.spend
	case "spending":
		return f.spending.name()
	case "tainted":
		return types.Boolean(f.tainted)
	}
	return f.target.name()
}

// contextOf makes the context of a live call, of the fields that a policy of its
// tool reads.
func (c *Compiled) contextOf(s State, g *toolGuard, call Call, args types.Record, o origins, spend float64) types.Record {
	f := facts{phase: s.Phase, tainted: s.Tainted, confidentiality: confidentiality(s),
		target: o.target, content: o.content, spending: o.spending(g), args: args}
	for _, name := range g.fields {
		switch name { // what costs more than it is often read
		case "asked":
			f.asked = g.asked(s)
		case "left":
			f.left = c.left(s, call)
		case "origins":
			f.origins = c.memo.record(o)
		case "spend":
			f.spend = types.Long(micro(spend))
		}
	}
	return f.context(g.fields)
}

// spending is the class of the amount that the call spends.
func (o origins) spending(g *toolGuard) class {
	f, ok := o.of[g.tool.Spends]
	if !ok {
		return noClass
	}
	return f.class
}

// argsOf is context.args: the arguments that the tool's policies read, each with
// its value, where it comes from and what it does.
func (g *toolGuard) argsOf(args map[string]any, o origins) (types.Record, error) {
	return g.argsTyped(args, g.args, o)
}

// argsTyped is argsOf for the arguments in want.
func (g *toolGuard) argsTyped(args map[string]any, want resolved.RecordType, o origins) (types.Record, error) {
	if len(want) == 0 {
		return noArgs, nil
	}
	m, err := toRecordMap(args, want, g.strict, 0)
	if err != nil {
		return noArgs, err
	}
	for name, v := range m {
		f, ok := o.of[string(name)]
		if !ok { // an empty list or object has no value that could come from anywhere
			f = argFlow{class: noClass, role: roleQuantity}
		}
		m[name] = argShape(v, f.class.name(), types.String(f.role.String()))
	}
	return types.NewRecord(m), nil
}

// argShape is one argument in context.args.
func argShape(value, origin, role types.Value) types.Record {
	return types.NewRecord(types.RecordMap{"value": value, "origin": origin, "role": role})
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
