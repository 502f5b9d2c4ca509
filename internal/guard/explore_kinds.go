package guard

import (
	"slices"

	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

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
