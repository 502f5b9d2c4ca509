package guard

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// The keys of an object are names or data. A server that takes a map, from people
// to rights say, takes a target in each key. What its pinned schema declares is a
// name; what the schema says is a map holds data; elsewhere a key is a name when
// it is written like one.

// schemaAt is a schema without its references and its null, nil when it is not known.
func schemaAt(root, s map[string]any) map[string]any {
	for range maxSchemaDepth {
		if ref, ok := s["$ref"].(string); ok {
			if s, ok = localRef(root, ref); !ok {
				return nil
			}
			continue
		}
		one, ok := orNull(s)
		if !ok {
			return s
		}
		s = one
	}
	return nil
}

// schemaOf is what the schema of an object says of the value at key.
func schemaOf(root, object map[string]any, key string) map[string]any {
	if s, ok := declared(object)[key].(map[string]any); ok {
		return schemaAt(root, s)
	}
	rest, _ := object["additionalProperties"].(map[string]any)
	return schemaAt(root, rest)
}

// itemsOf is what the schema of a list says of its values.
func itemsOf(root, list map[string]any) map[string]any {
	items, _ := list["items"].(map[string]any)
	return schemaAt(root, items)
}

func declared(object map[string]any) map[string]any {
	props, _ := object["properties"].(map[string]any)
	return props
}

// isData reports whether a key of an object with this schema is data.
func isData(object map[string]any, key string) bool {
	if _, ok := declared(object)[key]; ok {
		return false
	}
	for _, field := range []string{"additionalProperties", "patternProperties", "propertyNames"} {
		if s, _ := object[field].(map[string]any); len(s) > 0 {
			return true
		}
	}
	return !isIdentifier(key)
}

// lookalike is a key in v that is a name of the schema but for upper and lower
// case, with that name, "" for none. Some servers take one for the other, and the
// policies that judge the name would not see it.
func lookalike(root, schema map[string]any, v any, depth int) (key, name string) {
	if depth > maxValueDepth {
		return "", ""
	}
	if list, ok := toList(v); ok {
		for _, e := range list {
			if key, name = lookalike(root, itemsOf(root, schema), e, depth+1); key != "" {
				return key, name
			}
		}
		return "", ""
	}
	obj, _ := v.(map[string]any)
	props := declared(schema)
	if flat(obj, props) {
		return "", ""
	}
	for _, k := range slices.Sorted(maps.Keys(obj)) {
		if _, ok := props[k]; !ok {
			for _, p := range slices.Sorted(maps.Keys(props)) {
				if strings.EqualFold(k, p) {
					return k, p
				}
			}
		}
		if key, name = lookalike(root, schemaOf(root, schema, k), obj[k], depth+1); key != "" {
			return key, name
		}
	}
	return "", ""
}

// flat reports whether an object has declared keys and simple values only, as most
// arguments do.
func flat(obj, props map[string]any) bool {
	for k, v := range obj {
		if _, ok := props[k]; !ok {
			return false
		}
		if _, isList := toList(v); isList {
			return false
		}
		if _, isObject := v.(map[string]any); isObject {
			return false
		}
	}
	return true
}

// isIdentifier reports whether a key is a field's name and not data, as in a map
// from names to things.
func isIdentifier(key string) bool {
	for _, r := range key {
		if !unicode.IsLower(r) && r != '_' && r != '-' {
			return camel(key)
		}
	}
	return true
}

func camel(key string) bool {
	for i, r := range key {
		if !unicode.IsLetter(r) && r != '_' || i == 0 && unicode.IsUpper(r) {
			return false
		}
	}
	return true
}
