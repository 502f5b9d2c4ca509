package crv

import "slices"

// annotations are the keywords that refuse nothing. format is one of them here,
// as in the specification's default.
var annotations = map[string]bool{"title": true, "description": true, "default": true, "examples": true, "$comment": true,
	"$schema": true, "$id": true, "deprecated": true, "readOnly": true, "writeOnly": true, "format": true, "$defs": true,
	"$anchor": true, "contentEncoding": true, "contentMediaType": true, "contentSchema": true}

// understood are the keywords that subset reasons about.
var understood = map[string]bool{"type": true, "enum": true, "const": true, "properties": true, "required": true,
	"additionalProperties": true, "items": true, "minimum": true, "maximum": true, "exclusiveMinimum": true,
	"exclusiveMaximum": true, "minLength": true, "maxLength": true, "minItems": true, "maxItems": true,
	"minProperties": true, "maxProperties": true, "uniqueItems": true}

// alone are keywords that are not understood but stand by themselves: equal on
// both sides, they hold on both.
var alone = map[string]bool{"pattern": true, "multipleOf": true, "allOf": true, "anyOf": true, "oneOf": true, "not": true,
	"propertyNames": true, "dependentRequired": true, "dependentSchemas": true}

// assertions returns the keywords of a schema that can refuse something, sorted.
func assertions(m map[string]any) []string {
	var out []string
	for k := range m {
		if !annotations[k] && (understood[k] || alone[k] || jsonSchemaKeywords[k]) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// jsonSchemaKeywords are the rest of the vocabulary; a name that is in no list
// is an annotation by the specification.
var jsonSchemaKeywords = map[string]bool{"$ref": true, "$dynamicRef": true, "if": true, "then": true, "else": true,
	"prefixItems": true, "contains": true, "minContains": true, "maxContains": true, "patternProperties": true,
	"unevaluatedItems": true, "unevaluatedProperties": true, "$dynamicAnchor": true}

// opaque reports whether m holds constraints that are not understood.
func opaque(m map[string]any) bool {
	return slices.ContainsFunc(assertions(m), func(k string) bool { return !understood[k] })
}

// refers reports whether a reference is anywhere in v.
func refers(v any) bool {
	switch x := v.(type) {
	case map[string]any:
		for k, kid := range x {
			if k == "$ref" || k == "$dynamicRef" || refers(kid) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(x, refers)
	}
	return false
}
