package crv

import (
	"testing"

	"pgregory.net/rapid"
)

// genSchema draws a schema of the keywords that subset understands, and a few
// that it does not.
func genSchema(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		if rapid.IntRange(0, 11).Draw(t, "bool") == 0 {
			return rapid.Bool().Draw(t, "value")
		}
		m := map[string]any{}
		maybe := func(name string, g *rapid.Generator[any], odds int) {
			if rapid.IntRange(1, odds).Draw(t, "has "+name) == 1 {
				m[name] = g.Draw(t, name)
			}
		}
		num := rapid.Custom(func(t *rapid.T) any { return float64(rapid.IntRange(-2, 4).Draw(t, "n")) })
		count := rapid.Custom(func(t *rapid.T) any { return float64(rapid.IntRange(0, 3).Draw(t, "n")) })
		name := rapid.SampledFrom([]any{"a", "b", "c"})
		types := rapid.SampledFrom([]any{"string", "number", "integer", "object", "array", "boolean", "null", []any{"string", "null"}, []any{"integer", "object"}, []any{"object", "array"}})
		maybe("type", types, 2)
		maybe("enum", rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(genInstance(1), 1, 4).Draw(t, "enum") }), 6)
		maybe("const", genInstance(1), 12)
		for _, k := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
			maybe(k, num, 5)
		}
		for _, k := range []string{"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"} {
			maybe(k, count, 6)
		}
		maybe("uniqueItems", rapid.Just[any](true), 8)
		maybe("required", rapid.Custom(func(t *rapid.T) any {
			return rapid.SliceOfNDistinct(name, 0, 2, func(v any) any { return v }).Draw(t, "required")
		}), 3)
		maybe("pattern", rapid.SampledFrom([]any{"^a", "b$"}), 10)
		maybe("multipleOf", rapid.Just[any](2.0), 10)
		if depth > 0 {
			maybe("items", genSchema(depth-1), 3)
			maybe("additionalProperties", genSchema(depth-1), 3)
			maybe("not", genSchema(0), 12)
			maybe("anyOf", rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(genSchema(0), 1, 2).Draw(t, "anyOf") }), 12)
			maybe("patternProperties", rapid.Custom(func(t *rapid.T) any { return map[string]any{"^a": genSchema(0).Draw(t, "p")} }), 14)
			maybe("prefixItems", rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(genSchema(0), 1, 2).Draw(t, "prefix") }), 14)
			maybe("properties", rapid.Custom(func(t *rapid.T) any {
				props := map[string]any{}
				for _, p := range []string{"a", "b", "c"} {
					if rapid.Bool().Draw(t, "prop "+p) {
						props[p] = genSchema(depth-1).Draw(t, p)
					}
				}
				return props
			}), 2)
		}
		return m
	})
}

func genInstance(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		top := 6
		if depth == 0 {
			top = 4
		}
		switch rapid.IntRange(0, top).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return float64(rapid.IntRange(-3, 5).Draw(t, "int"))
		case 3:
			return rapid.SampledFrom([]string{"", "a", "ab", "abc", "abcd"}).Draw(t, "text")
		case 4:
			return float64(rapid.IntRange(-3, 5).Draw(t, "half")) + 0.5
		case 5:
			return rapid.SliceOfN(genInstance(depth-1), 0, 4).Draw(t, "list")
		}
		return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), genInstance(depth-1), 0, 4).Draw(t, "map")
	})
}

// TestSubsetAgainstValidator: when subset reports nothing, no instance of the
// first schema is refused by the second. The validator is the judge.
func TestSubsetAgainstValidator(t *testing.T) {
	proven, separated := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		a, isMap := genSchema(2).Draw(t, "a").(map[string]any)
		if !isMap {
			return
		}
		b := a
		if rapid.Bool().Draw(t, "other") {
			if b, isMap = genSchema(2).Draw(t, "b").(map[string]any); !isMap {
				return
			}
		} else {
			b = loosened(t, a)
		}
		sa, errA := CompileSchema(a)
		sb, errB := CompileSchema(b)
		if errA != nil || errB != nil {
			t.Fatalf("generated schemas do not compile: %v, %v", errA, errB)
		}
		ms := subset(a, b)
		for i := range 20 {
			v := genInstance(2).Draw(t, "instance")
			if sa.Check(v) != nil || sb.Check(v) == nil {
				continue
			}
			separated++
			if len(ms) == 0 {
				t.Fatalf("subset(%v, %v) reports nothing, and instance %d, %v, is one of the first only", a, b, i, v)
			}
		}
		if len(ms) == 0 {
			proven++
		}
	})
	if proven == 0 || separated == 0 {
		t.Errorf("%d pairs proven, %d instances that separate a pair: the generator shows nothing", proven, separated)
	}
}

// loosened changes or removes one keyword of m.
func loosened(t *rapid.T, m map[string]any) map[string]any {
	out := map[string]any{}
	drop := rapid.SampledFrom([]string{"type", "enum", "required", "minimum", "maximum", "items", "properties", "additionalProperties", "maxLength", "minItems", "pattern"}).Draw(t, "drop")
	for k, v := range m {
		if k != drop {
			out[k] = v
		}
	}
	if drop == "type" && m["type"] == "integer" {
		out["type"] = "number"
	}
	return out
}
