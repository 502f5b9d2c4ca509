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
	if roleOf(name, "") == roleTarget {
		return []role{roleTarget} // by its name
	}
	return []role{roleTarget, roleContent, roleQuantity}
}

// options of one tracked argument.
func (t tracked) options(open []class) []argClass {
	var out []argClass
	if t.optional {
		out = append(out, argClass{absent: true, class: noClass, role: roleQuantity})
	}
	from := []class{noClass}
	if t.reads.origin {
		from = open
	}
	for _, k := range from {
		for _, r := range t.rolesOf(k) {
			out = append(out, argClass{class: k, role: r})
		}
	}
	return out
}

// rolesOf are the roles that are told apart for a value of class k. An empty
// list or object, of no class, has none of its own and counts as a quantity.
func (t tracked) rolesOf(k class) []role {
	switch {
	case t.reads.origin && k == noClass:
		return []role{roleQuantity}
	case t.reads.role && !t.reads.origin && !slices.Contains(t.roles, roleQuantity):
		return append(slices.Clone(t.roles), roleQuantity)
	case !t.reads.role && len(t.roles) > 1:
		return []role{roleQuantity} // the one that says least of the call's target
	}
	return t.roles
}

// allClasses are the classes that an argument can have; noClass is an empty list.
var allClasses = []class{noClass, classUser, classBlueprint, classTrusted, classSelected, classRecord, classOutside, classUnknown}

// enumerate lists the calls.
func (sp *space) enumerate(c *Compiled, want resolved.RecordType) {
	g := sp.g
	asked := []bool{true}
	if g.asksMatter() {
		asked = []bool{true, false}
	}
	acts := safe(g.tool.Labels.ActsOutside) || safe(g.tool.Labels.ActsInside)
	targets := classesFor(acts || sp.reads("target"), sp.reads("target"))
	contents := classesFor(safe(g.tool.Labels.ActsOutside) || sp.reads("content"), sp.reads("content"))
	spendings := classesFor(g.tool.Spends != "", sp.reads("spending"))
	if g.tool.Spends != "" {
		spendings = spendings[1:] // an amount is a value
	}
	combos := combosOf(sp.args)
	if sp.open || len(combos) == 0 || len(combos)*len(targets)*len(contents)*len(spendings)*len(asked) > maxClasses {
		sp.open, combos = true, [][]argClass{nil}
		sp.args = nil
	}
	for _, args := range combos {
		record, origins := sp.argsRecord(want, args), sp.originsRecord(args)
		for _, target := range targets {
			for _, content := range contents {
				for _, spending := range spendings {
					cc := callClass{target: target, content: content, spending: spending, args: args, record: record, origins: origins}
					if !sp.fits(&cc) {
						continue
					}
					cc.argsKey, cc.needs = keyOf(sp.args, args), needsOf(cc)
					for _, cc.asked = range asked {
						sp.calls = append(sp.calls, cc)
					}
				}
			}
		}
	}
	if len(sp.calls) == 0 { // no combination fits, which only a limit of this list can cause
		sp.open = true
	}
}

// asksMatter reports whether a user's words decide g.asked.
func (g *toolGuard) asksMatter() bool { return !g.asked(State{}) }

// reads reports whether a rule reads a field of the context. A rule that takes
// the context as a whole concludes nothing, so it needs no enumeration.
func (sp *space) reads(field string) bool {
	return slices.ContainsFunc(sp.rules, func(r rule) bool { return slices.Contains(r.reads.fields, field) })
}

// classesFor are the classes that have to be told apart: none, two that stand for
// good and bad when only the built-in properties look, or all.
func classesFor(matters, read bool) []class {
	switch {
	case !matters:
		return []class{noClass}
	case !read:
		return []class{noClass, classUser, classRecord, classOutside, classUnknown}
	}
	return allClasses
}

func combosOf(args []tracked) [][]argClass {
	out := [][]argClass{nil}
	for _, t := range args {
		var next [][]argClass
		for _, have := range out {
			for _, o := range t.options(allClasses) {
				next = append(next, append(slices.Clone(have), o))
			}
		}
		if out = next; len(out) > maxClasses {
			return nil
		}
	}
	return out
}

// fits drops calls that cannot be: a call's target is no better than the worst
// of its arguments that are targets.
func (sp *space) fits(cc *callClass) bool {
	for i, a := range cc.args {
		t := sp.args[i]
		if !t.reads.origin || a.absent {
			if a.absent && t.name == sp.g.tool.Spends && cc.spending != noClass {
				return false
			}
			continue
		}
		if a.class == noClass {
			continue
		}
		if a.role == roleTarget && cc.target < a.class || a.role == roleContent && cc.content < a.class {
			if a.role == roleTarget && sp.reads("target") || a.role == roleContent && sp.reads("content") {
				return false
			}
		}
		if t.name == sp.g.tool.Spends && cc.spending != a.class && sp.reads("spending") {
			return false
		}
	}
	return true
}

// keyOf packs the options that a call takes.
func keyOf(list []tracked, args []argClass) uint64 {
	var key uint64
	for i := range list {
		key |= argBits(args[i]) << (5 * i)
	}
	return key
}

func argBits(a argClass) uint64 {
	if a.absent {
		return 31
	}
	return uint64(a.class+1)*3 + uint64(a.role)
}

func needsOf(cc callClass) uint8 {
	n := needOf(cc.target) | needOf(cc.content) | needOf(cc.spending)
	for _, a := range cc.args {
		n |= needOf(a.class)
	}
	return n
}

func needOf(k class) uint8 {
	switch k {
	case classTrusted:
		return knowsTrusted
	case classSelected, classRecord:
		return knowsRecords
	case classOutside:
		return knowsOutside
	}
	return 0
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
