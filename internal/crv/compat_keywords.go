package crv

import (
	"maps"
	"slices"
)

// allTypes are the JSON types; integer is part of number.
var allTypes = []string{"array", "boolean", "null", "number", "object", "string"}

// typesOf returns the types that a schema allows.
func typesOf(m map[string]any) []string {
	switch t := m["type"].(type) {
	case string:
		return []string{t}
	case []any:
		var out []string
		for _, v := range t {
			if s, ok := v.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return allTypes
}

func allows(m map[string]any, t string) bool {
	types := typesOf(m)
	return slices.Contains(types, t) || (t == "number" && slices.Contains(types, "integer"))
}

// types reports the types of a that b does not take; false when nothing more
// can be said.
func (c *comparer) types(a, b map[string]any, path string) bool {
	inB := typesOf(b)
	some := false
	for _, t := range typesOf(a) {
		if slices.Contains(inB, t) || (t == "integer" && slices.Contains(inB, "number")) {
			some = true
			continue
		}
		// Without a type of its own, a takes anything that its other keywords let
		// through: what is missing in b is real either way.
		c.add(path, "type", t, true)
	}
	return some
}

// limit is a bound of a number line; strict bounds exclude their value.
type limit struct {
	at     float64
	strict bool
	set    bool
}

// lower and upper return the tightest bound that two keywords make.
func lower(m map[string]any) limit {
	return tighter(m, "minimum", "exclusiveMinimum", func(x, y float64) bool { return x > y })
}

func upper(m map[string]any) limit {
	return tighter(m, "maximum", "exclusiveMaximum", func(x, y float64) bool { return x < y })
}

func tighter(m map[string]any, loose, strict string, tight func(x, y float64) bool) limit {
	var l limit
	if v, ok := number(m[loose]); ok {
		l = limit{at: v, set: true}
	}
	if v, ok := number(m[strict]); ok && (!l.set || tight(v, l.at) || v == l.at) {
		l = limit{at: v, strict: true, set: true}
	}
	return l
}

// implies reports whether bound a makes bound b hold.
func (a limit) implies(b limit, tight func(x, y float64) bool) bool {
	switch {
	case !b.set:
		return true
	case !a.set:
		return false
	case a.at == b.at:
		return a.strict || !b.strict
	}
	return tight(a.at, b.at)
}

func (c *comparer) numbers(a, b map[string]any, path string) {
	if !allows(a, "number") || !allows(b, "number") {
		return
	}
	// An integer over a strict bound also keeps to the next whole number, which is
	// not worked out here: then the mismatch is not sure.
	sure := slices.Contains(typesOf(a), "number")
	if !lower(a).implies(lower(b), func(x, y float64) bool { return x > y }) {
		c.add(path, "bound", "minimum", sure)
	}
	if !upper(a).implies(upper(b), func(x, y float64) bool { return x < y }) {
		c.add(path, "bound", "maximum", sure)
	}
}

// counts compares lengths and counts of texts, lists and objects.
func (c *comparer) counts(a, b map[string]any, path string) {
	for _, k := range []struct{ typ, low, high string }{
		{"string", "minLength", "maxLength"}, {"array", "minItems", "maxItems"}, {"object", "minProperties", "maxProperties"},
	} {
		if !allows(a, k.typ) || !allows(b, k.typ) {
			continue
		}
		if low, ok := number(b[k.low]); ok && low > 0 {
			if have, ok := number(a[k.low]); !ok || have < low {
				c.add(path, "bound", k.low, k.typ != "object")
			}
		}
		if high, ok := number(b[k.high]); ok {
			if have, ok := number(a[k.high]); !ok || have > high {
				c.add(path, "bound", k.high, k.typ == "string")
			}
		}
	}
}

func (c *comparer) arrays(a, b map[string]any, path string, depth int) {
	if !allows(a, "array") || !allows(b, "array") {
		return
	}
	if b["uniqueItems"] == true && a["uniqueItems"] != true {
		c.add(path, "bound", "uniqueItems", false)
	}
	if high, ok := number(a["maxItems"]); ok && high == 0 {
		return
	}
	c.compare(orTrue(a["items"]), orTrue(b["items"]), path+"[]", depth+1)
}

func (c *comparer) objects(a, b map[string]any, path string, depth int) {
	if !allows(a, "object") || !allows(b, "object") {
		return
	}
	have := stringsOf(a["required"])
	for _, r := range stringsOf(b["required"]) {
		if !slices.Contains(have, r) {
			c.add(joinPath(path, r), "required", r, true)
		}
	}
	propsA, _ := a["properties"].(map[string]any)
	propsB, _ := b["properties"].(map[string]any)
	restA, restB := orTrue(a["additionalProperties"]), orTrue(b["additionalProperties"])
	all := maps.Clone(propsA)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, propsB)
	for _, p := range slices.Sorted(maps.Keys(all)) {
		sa, inA := propsA[p]
		sb, inB := propsB[p]
		switch {
		case inA && inB:
			c.compare(sa, sb, joinPath(path, p), depth+1)
		case inA:
			c.compare(sa, restB, joinPath(path, p), depth+1)
		default:
			c.named(restA, sb, joinPath(path, p), p, depth)
		}
	}
	c.compare(restA, restB, joinPath(path, "*"), depth+1)
}

// named compares what a takes under any name with b's schema of the property p.
// When a is open, a value under that name was possible but not agreed on.
func (c *comparer) named(restA, sb any, path, p string, depth int) {
	if restA != true {
		c.compare(restA, sb, path, depth+1)
		return
	}
	before := len(c.out)
	c.compare(true, sb, path, depth+1)
	if len(c.out) > before {
		c.out = append(c.out[:before], mismatch{path, "open", p, false})
	}
}

// orTrue is a subschema, or true when there is none.
func orTrue(v any) any {
	if v == nil {
		return true
	}
	return v
}

func stringsOf(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
