package crv

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// mismatch is one reason why an instance of one schema may not be one of another.
type mismatch struct {
	path string // dotted path in the instance; "" is the value itself
	kind string // required, type, enum, bound, items, properties, unknown, open
	what string // the keyword or field that it is about
	// sure: such an instance exists, as far as the keywords that are understood tell.
	// Otherwise it could not be shown that none exists.
	sure bool
}

// subset compares two JSON Schemas: no mismatches means that every instance of a
// is one of b. It understands type, enum, const, properties, required,
// additionalProperties, items, the bounds of numbers, lengths and counts, and
// local references; anything else must be equal on both sides or comes back as
// a mismatch that is not sure.
func subset(a, b map[string]any) []mismatch {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	c := &comparer{rootA: a, rootB: b, seen: map[pairOf]bool{}}
	c.compare(a, b, "", 0)
	slices.SortStableFunc(c.out, func(x, y mismatch) int {
		return strings.Compare(x.path+"\x00"+x.kind+"\x00"+x.what, y.path+"\x00"+y.kind+"\x00"+y.what)
	})
	return slices.Compact(c.out)
}

// maxCompatDepth bounds the recursion into nested and referenced schemas.
const maxCompatDepth = 32

type comparer struct {
	rootA, rootB map[string]any
	// seen are the pairs of references that were begun: one in progress is assumed
	// to hold, one that is done has its mismatches in out.
	seen map[pairOf]bool
	out  []mismatch
	weak int // above 0 while a holds constraints that are not understood
}

type pairOf struct {
	a, b string
	weak bool
}

func (c *comparer) add(path, kind, what string, sure bool) {
	c.out = append(c.out, mismatch{path, kind, what, sure && c.weak == 0})
}

// compare compares two schemas, each a map or a bool.
func (c *comparer) compare(a, b any, path string, depth int) {
	if a == false || b == true || b == nil {
		return
	}
	if depth > maxCompatDepth {
		c.add(path, "unknown", "depth", false)
		return
	}
	if refA, refB := ref(a), ref(b); refA != "" && refB != "" {
		pair := pairOf{refA, refB, c.weak > 0}
		if c.seen[pair] {
			return
		}
		c.seen[pair] = true
	}
	ma, okA := c.resolve(a, c.rootA)
	mb, okB := c.resolve(b, c.rootB)
	if !okA || !okB {
		c.add(path, "unknown", "$ref", false)
		return
	}
	if mb == nil || len(assertions(mb)) == 0 {
		if b == false {
			c.add(path, "properties", "", true)
		}
		return
	}
	if b == false {
		c.add(path, "properties", "", true)
		return
	}
	if reflect.DeepEqual(ma, mb) && !refers(ma) {
		return
	}
	if c.values(ma, mb, path) {
		return
	}
	restore := c.weak
	if opaque(ma) {
		c.weak++
	}
	c.unknown(ma, mb, path)
	if c.types(ma, mb, path) {
		c.numbers(ma, mb, path)
		c.counts(ma, mb, path)
		c.arrays(ma, mb, path, depth)
		c.objects(ma, mb, path, depth)
	}
	c.weak = restore
}

// ref returns the reference that a schema is, "" when it is none.
func ref(s any) string {
	m, _ := s.(map[string]any)
	r, _ := m["$ref"].(string)
	return r
}

// resolve turns a schema into an object: true is the empty one, and a schema
// that only refers is replaced by what it refers to. Not ok: the reference
// cannot be followed.
func (c *comparer) resolve(s any, root map[string]any) (map[string]any, bool) {
	for range maxCompatDepth {
		m, isMap := s.(map[string]any)
		if !isMap {
			return map[string]any{}, s == nil || s == true || s == false
		}
		r := ref(m)
		if r == "" {
			return m, true
		}
		if len(assertions(m)) != 1 || !strings.HasPrefix(r, "#") {
			return nil, false
		}
		var cur any = root
		for part := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(r, "#"), "/"), "/") {
			if part == "" {
				continue
			}
			obj, ok := cur.(map[string]any)
			if !ok {
				return nil, false
			}
			if cur, ok = obj[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]; !ok {
				return nil, false
			}
		}
		s = cur
	}
	return nil, false
}

// unknown reports the constraints of b that are not understood and that a does
// not hold in the same words.
func (c *comparer) unknown(a, b map[string]any, path string) {
	for _, k := range assertions(b) {
		if understood[k] || (alone[k] && reflect.DeepEqual(a[k], b[k]) && !refers(b[k])) {
			continue
		}
		c.add(path, "unknown", k, false)
	}
	// These change what properties and items mean, on either side.
	for _, k := range []string{"patternProperties", "prefixItems"} {
		_, inA := a[k]
		if _, inB := b[k]; inA && !inB {
			c.add(path, "unknown", k, false)
		}
	}
}

// values decides by trying when a lists its values; false when it does not.
func (c *comparer) values(a, b map[string]any, path string) bool {
	vals, ok := a["enum"].([]any)
	if k, has := a["const"]; has {
		vals, ok = []any{k}, true
	}
	if !ok {
		_, enum := b["enum"]
		if _, con := b["const"]; enum || con {
			c.add(path, "enum", "", true)
			return true
		}
		return false
	}
	inA, errA := CompileSchema(withDefs(a, c.rootA))
	inB, errB := CompileSchema(withDefs(b, c.rootB))
	if errA != nil || errB != nil {
		c.add(path, "unknown", "enum", false)
		return true
	}
	for _, v := range vals {
		if inA.Check(v) == nil && inB.Check(v) != nil {
			c.out = append(c.out, mismatch{path, "enum", fmt.Sprint(v), true})
		}
	}
	return true
}

// withDefs gives a part of a schema the definitions of its root, so that it
// compiles by itself.
func withDefs(part, root map[string]any) map[string]any {
	defs, ok := root["$defs"]
	if !ok {
		return part
	}
	m := maps.Clone(part)
	m["$defs"] = defs
	return m
}
