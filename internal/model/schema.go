package model

import (
	"slices"
	"strings"
)

// reasoning reports whether a model takes max_completion_tokens in place of
// max_tokens, which the protocol library insists on for these names.
func reasoning(name string) bool {
	for _, p := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// strict reports whether a schema may be asked for in strict mode, which wants
// every object closed and every property required; endpoints refuse others.
func strict(schema map[string]any) bool {
	if props, ok := schema["properties"].(map[string]any); ok || schema["type"] == "object" {
		if schema["additionalProperties"] != false {
			return false
		}
		for name, sub := range props {
			if !requires(schema["required"], name) || !strictAny(sub) {
				return false
			}
		}
	}
	for _, k := range []string{"items", "anyOf", "$defs"} {
		if !strictAny(schema[k]) {
			return false
		}
	}
	for _, k := range []string{"oneOf", "allOf", "not", "if", "patternProperties", "prefixItems"} {
		if _, ok := schema[k]; ok {
			return false
		}
	}
	return true
}

func strictAny(v any) bool {
	switch x := v.(type) {
	case map[string]any:
		if _, isSchema := x["type"]; isSchema || x["$ref"] != nil || x["anyOf"] != nil || x["enum"] != nil {
			return strict(x)
		}
		for _, s := range x { // a map of schemas, as in $defs
			if m, ok := s.(map[string]any); ok && !strict(m) {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(x, func(e any) bool { return !strictAny(e) })
	}
	return true
}

func requires(required any, name string) bool {
	switch r := required.(type) {
	case []any:
		return slices.Contains(r, any(name))
	case []string:
		return slices.Contains(r, name)
	}
	return false
}
