package guard

import (
	"maps"
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/eval"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// What a run has read so far, as far as it limits where values can come from.
const (
	knowsTrusted uint8 = 1 << iota // a result that outsiders do not write into
	knowsRecords                   // an outside result with fields
	knowsOutside                   // any outside result
	knowsAll     = knowsTrusted | knowsRecords | knowsOutside
)

// maxClasses bounds the calls of one tool that are told apart. Above it the
// arguments are left open as a whole, which concludes less and nothing wrong.
const maxClasses = 6000

// maxTracked arguments of one tool, five bits each in a key.
const maxTracked = 12

// rule is a policy as exploration sees it.
type rule struct {
	*policy
	reads     reads
	stateOnly bool // its answer is the same for all calls in one state
}

// space is the calls of one tool, reduced to what its policies and the
// properties can tell apart.
type space struct {
	g               *toolGuard
	rules           []rule // the tool's policies, then the properties that are about it
	own             int    // how many of them are the tool's policies
	byState, byCall []int  // which of those read the state only, and which more
	args            []tracked
	calls           []callClass
	open            bool // arguments are open as a whole
	memo            map[ruleKey]tri
	sums            map[maskPair]summary
}

// tracked is an argument of which a rule reads more than the value.
type tracked struct {
	name     string
	optional bool
	inArgs   bool // in context.args
	reads    argReads
	roles    []role
}

// callClass is one abstract call.
type callClass struct {
	asked                     bool
	target, content, spending class
	args                      []argClass // in the order of space.args
	argsKey                   uint64
	needs                     uint8 // what the run must have read
	record, origins           types.Value
}

// argClass is what an abstract call says of a tracked argument.
type argClass struct {
	absent bool
	class  class
	role   role
}

var openLeft = func() types.Record {
	m := types.RecordMap{}
	for name := range leftShape {
		m[name] = eval.Variable("left." + name)
	}
	return types.NewRecord(m)
}()

var openSpend = eval.Variable("spend")

// spaceOf makes the space of g's tool; props are the properties about it.
func (c *Compiled) spaceOf(g *toolGuard, props []*Property) *space {
	sp := &space{g: g, memo: map[ruleKey]tri{}, sums: map[maskPair]summary{}}
	for _, p := range g.policies {
		sp.rules = append(sp.rules, ruleOf(p))
	}
	sp.own = len(sp.rules)
	for i, r := range sp.rules {
		if r.stateOnly {
			sp.byState = append(sp.byState, i)
		} else {
			sp.byCall = append(sp.byCall, i)
		}
	}
	want := maps.Clone(g.args)
	for _, pr := range props {
		if pr.rule == nil {
			continue
		}
		if need, ok := pr.need[g.tool.Name]; ok {
			sp.rules = append(sp.rules, ruleOf(pr.rule))
			maps.Copy(want, need)
		}
	}
	sp.track(want)
	sp.enumerate(c, want)
	if sp.open {
		sp.args, sp.calls = nil, nil
		sp.enumerate(c, want)
	}
	return sp
}

func ruleOf(p *policy) rule {
	r := rule{policy: p, reads: readsOf(p.cedar)}
	r.stateOnly = !r.reads.whole && !r.reads.sets && len(r.reads.args) == 0
	for _, f := range r.reads.fields {
		r.stateOnly = r.stateOnly && (f == "phase" || f == "tainted" || f == "confidentiality")
	}
	return r
}

// track collects the arguments whose presence, origin or role a rule reads.
func (sp *space) track(want resolved.RecordType) {
	all := map[string]argReads{}
	for _, r := range sp.rules {
		for name, a := range r.reads.args {
			old := all[name]
			all[name] = argReads{origin: old.origin || a.origin, role: old.role || a.role}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		attr, in := want[types.String(name)]
		t := tracked{name: name, inArgs: in, reads: all[name], optional: !sp.g.strict || !in || attr.Optional, roles: sp.g.rolesPossible(name)}
		if t.optional || t.reads.origin || t.reads.role {
			sp.args = append(sp.args, t)
		}
	}
	sp.open = len(sp.args) > maxTracked
}

// rolesPossible are the roles that an argument can have, whatever its value.
func (g *toolGuard) rolesPossible(name string) []role {
	if r, ok := g.roles[name]; ok {
		return []role{r}
	}
	if roleOf(namingOf(name), "") == roleTarget {
		return []role{roleTarget} // by its name
	}
	return []role{roleTarget, roleContent, roleQuantity}
}

// argsRecord is context.args of an abstract call: what is enumerated is a value,
// the rest a variable.
func (sp *space) argsRecord(want resolved.RecordType, args []argClass) types.Value {
	if sp.open {
		return eval.Variable("args")
	}
	m := types.RecordMap{}
	for name := range want {
		m[name] = argShape(eval.Variable("value."+name), eval.Variable("origin."+name), eval.Variable("role."+name))
	}
	for i, a := range args {
		t := sp.args[i]
		name := types.String(t.name)
		if a.absent {
			delete(m, name)
		}
		if a.absent || !t.inArgs {
			continue
		}
		origin, r := eval.Variable("origin."+name), eval.Variable("role."+name)
		if t.reads.origin {
			origin = a.class.name()
		}
		if t.reads.role {
			r = types.String(a.role.String())
		}
		m[name] = argShape(eval.Variable("value."+name), origin, r)
	}
	return types.NewRecord(m)
}

// originsRecord is context.origins as far as rules ask for names that they spell.
func (sp *space) originsRecord(args []argClass) types.Value {
	if sp.open {
		return eval.Variable("origins")
	}
	var o origins
	for i, a := range args {
		if !a.absent && a.class != noClass && sp.args[i].reads.origin {
			o.byClass[a.class] = append(o.byClass[a.class], sp.args[i].name)
		}
	}
	return o.record()
}
