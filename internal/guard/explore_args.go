package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
)

// args are the arguments of step i.
func (p *plan) args(i int, s planStep, t *texts) (map[string]any, bool) {
	g, args := s.sp.g, map[string]any{}
	pick := s.try
	next := func(n int) int { // one digit of the number of the attempt
		k := pick % n
		pick /= n
		return k
	}
	class := map[string]argClass{}
	for j, a := range s.cc.args {
		class[s.sp.args[j].name] = a
	}
	serial := 10 * i
	for _, name := range slices.Sorted(maps.Keys(g.args)) {
		a, known := class[string(name)]
		if known && a.absent {
			continue
		}
		from := a.class
		if !known || !p.enumerated(s, string(name)) {
			from = p.fallback(s, string(name))
		}
		serial++
		options := g.candidates(g.args[name].Type, from, serial, p.a.c)
		v := options[next(len(options))]
		args[string(name)] = v
		t.put(from, scalarIn(v))
	}
	if name := g.tool.Spends; name != "" {
		amount := p.amount(s.cc.spending, i)
		if _, there := args[name]; !there {
			args[name] = amount
			t.put(s.cc.spending, amount)
		}
	}
	for j, a := range s.cc.args { // those that only context.origins names
		tr := s.sp.args[j]
		if a.absent || tr.inArgs {
			continue
		}
		serial++
		v, ok := p.token(a.class, serial)
		if !ok {
			return nil, false
		}
		args[tr.name] = v
		t.put(a.class, v)
	}
	return args, p.fill(s, args, t, roleTarget, s.cc.target, serial+1) && p.fill(s, args, t, roleContent, s.cc.content, serial+2)
}

// enumerated reports whether the class of an argument is part of the call's kind.
func (p *plan) enumerated(s planStep, name string) bool {
	for _, t := range s.sp.args {
		if t.name == name {
			return t.reads.origin
		}
	}
	return false
}

// fallback is the class of an argument whose own does not matter: that of the
// call's targets, contents or amount, by its role.
func (p *plan) fallback(s planStep, name string) class {
	if name == s.sp.g.tool.Spends {
		return s.cc.spending
	}
	switch rs := s.sp.g.rolesPossible(name); {
	case len(rs) == 1 && rs[0] == roleContent && s.cc.content != noClass:
		return s.cc.content
	case s.cc.target != noClass:
		return s.cc.target
	}
	return classUser
}

// fill adds an argument of a role when the call has a class for it that no other
// argument gives.
func (p *plan) fill(s planStep, args map[string]any, t *texts, r role, k class, serial int) bool {
	if k == noClass {
		return true
	}
	v, ok := p.token(k, serial)
	if !ok {
		return false
	}
	name := nameFor(s.sp.g, r, args)
	if name == "" {
		return true // an argument that is there already has it
	}
	args[name] = v
	t.put(k, v)
	return true
}

var (
	targetNames  = []string{"to", "recipient", "target", "id", "account"}
	contentWords = []string{"body", "text", "message", "content", "note"}
)

// nameFor is the name of an argument of a role that the call does not have yet.
func nameFor(g *toolGuard, r role, have map[string]any) string {
	list := targetNames
	if r == roleContent {
		list = contentWords
	}
	var known []string
	for _, name := range slices.Sorted(maps.Keys(g.roles)) {
		if g.roles[name] == r {
			known = append(known, name)
		}
	}
	for _, name := range slices.Concat(known, g.texts, list) {
		fixed, isFixed := g.roles[name]
		if isFixed && fixed != r || !isFixed && roleOf(namingOf(name), "nowhere-1") != r || name == g.tool.Spends {
			continue
		}
		if _, typed := g.args[types.String(name)]; typed {
			if _, there := have[name]; there {
				return ""
			}
			continue
		}
		if _, there := have[name]; !there {
			return name
		}
	}
	return ""
}

// token is a text value of a class.
func (p *plan) token(k class, serial int) (any, bool) {
	switch k {
	case noClass:
		return []any{}, true
	case classBlueprint:
		w := p.a.c.groundWord()
		return w, w != ""
	}
	return fmt.Sprintf("%s-%d", valueStems[k], serial), true
}

// groundWord is a word of the goal or the instructions.
func (c *Compiled) groundWord() string {
	for _, s := range c.ground {
		for _, w := range strings.Fields(s.Text) {
			if w = strings.Trim(w, ".,;:!?\"'()"); len(w) >= minLink && len(stems(w)) == 1 && len(asksOf(w)) == 0 {
				return w
			}
		}
	}
	return ""
}
