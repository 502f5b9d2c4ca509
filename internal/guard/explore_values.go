package guard

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// stems of the values of a witness, by class. None of them asks for anything.
var valueStems = map[class]string{classUser: "mine", classTrusted: "house", classSelected: "picked", classRecord: "field", classOutside: "stranger", classUnknown: "nowhere"}

// amount is a number of a class that the budget has left.
func (p *plan) amount(k class, step int) any {
	if p.a.c.limits.spend <= 0 {
		return 0.0
	}
	n := float64(11+10*step+int(k)+1) / 100
	for n*20 > p.a.c.limits.spend {
		n /= 10
	}
	return n
}

// maxVariants bounds how many values one call is tried with.
const maxVariants = 200

// variants is how many ways there are to fill the arguments whose values
// policies compare.
func (g *toolGuard) variants() int {
	n := 1
	for _, a := range g.args {
		if n *= len(g.candidates(a.Type, classUser, 1, nil)); n > maxVariants {
			return maxVariants
		}
	}
	return n
}

// candidates are values of a type: one made for the class, then those that the
// tool's policies spell, and their neighbours.
func (g *toolGuard) candidates(t resolved.IsType, k class, serial int, c *Compiled) []any {
	stem := valueStems[k]
	if k == classBlueprint && c != nil {
		stem = c.groundWord()
	}
	text := fmt.Sprintf("%s-%d", stem, serial)
	if k == classBlueprint {
		text = stem
	}
	lits := literalsOf(g.policies)
	var out []any
	switch t := t.(type) {
	case resolved.LongType:
		out = append(out, float64(1000+10*serial+int(k)+1))
		for _, n := range lits.longs {
			out = append(out, float64(n), float64(n)+1, float64(n)-1)
		}
		return append(out, 0.0)
	case resolved.ExtensionType:
		out = append(out, float64(1000+10*serial+int(k)+1)/100)
		for _, n := range lits.decimals {
			out = append(out, n, n+1, math.Max(0, n-1))
		}
		return append(out, 0.5)
	case resolved.BoolType:
		return []any{true, false}
	case resolved.SetType:
		if k == noClass {
			return []any{[]any{}}
		}
		for _, v := range g.candidates(t.Element, k, serial, c) {
			out = append(out, []any{v})
		}
		return append(out, []any{})
	case resolved.RecordType:
		return []any{g.recordValue(t, k, serial, c)}
	}
	out = append(out, text)
	for _, s := range lits.texts {
		out = append(out, s)
	}
	return append(out, "")
}

func (g *toolGuard) recordValue(t resolved.RecordType, k class, serial int, c *Compiled) map[string]any {
	out := map[string]any{}
	for name, a := range t {
		out[string(name)] = g.candidates(a.Type, k, serial, c)[0]
	}
	return out
}

// scalarIn is the value that has to stand in a text for v to have a class.
func scalarIn(v any) any {
	switch x := v.(type) {
	case []any:
		if len(x) > 0 {
			return scalarIn(x[0])
		}
		return nil
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			return scalarIn(x[name])
		}
		return nil
	}
	return v
}
