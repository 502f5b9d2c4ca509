package guard

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// maxSchemaDepth bounds nesting and $ref chains of a tool's input schema.
const maxSchemaDepth = 8

// argTypes is the Cedar type of a tool's arguments from its JSON Schema. What has
// no clean Cedar type is left out; see the package comment.
func argTypes(schema map[string]any) resolved.RecordType {
	t, ok := cedarType(schema, schema, 0)
	if r, isRecord := t.(resolved.RecordType); ok && isRecord {
		return r
	}
	return resolved.RecordType{}
}

func cedarType(root, s map[string]any, depth int) (resolved.IsType, bool) {
	if depth > maxSchemaDepth {
		return nil, false
	}
	if ref, ok := s["$ref"].(string); ok {
		target, ok := localRef(root, ref)
		if !ok {
			return nil, false
		}
		return cedarType(root, target, depth+1)
	}
	switch typeName(s) {
	case "string":
		return stringType, true
	case "integer":
		return longType, true
	case "number":
		return decimalType, true
	case "boolean":
		return boolType, true
	case "array":
		items, ok := s["items"].(map[string]any)
		if !ok {
			return nil, false
		}
		e, ok := cedarType(root, items, depth+1)
		if !ok || nullable(items) {
			return nil, false
		}
		return resolved.SetType{Element: e}, true
	case "object":
		return recordType(root, s, depth)
	}
	if one, ok := orNull(s); ok {
		return cedarType(root, one, depth+1)
	}
	return nil, false
}

func recordType(root, s map[string]any, depth int) (resolved.IsType, bool) {
	props, ok := s["properties"].(map[string]any)
	if !ok {
		return nil, false
	}
	required := map[string]bool{}
	list, _ := s["required"].([]any)
	for _, r := range list {
		if name, ok := r.(string); ok {
			required[name] = true
		}
	}
	rec := resolved.RecordType{}
	for name, v := range props {
		p, ok := v.(map[string]any)
		if !ok {
			continue
		}
		if t, ok := cedarType(root, p, depth+1); ok {
			rec[types.String(name)] = resolved.Attribute{Type: t, Optional: !required[name] || nullable(p)}
		}
	}
	return rec, true
}

// typeName is the schema's one type; ["T", "null"] is T, an enum of strings is
// string.
func typeName(s map[string]any) string {
	switch t := s["type"].(type) {
	case string:
		return t
	case []any:
		name := ""
		for _, e := range t {
			n, ok := e.(string)
			switch {
			case !ok:
				return ""
			case n == "null":
			case name != "":
				return ""
			default:
				name = n
			}
		}
		return name
	}
	enum, ok := s["enum"].([]any)
	if !ok || len(enum) == 0 {
		return ""
	}
	for _, e := range enum {
		if _, ok := e.(string); !ok {
			return ""
		}
	}
	return "string"
}

func nullable(s map[string]any) bool {
	if list, ok := s["type"].([]any); ok {
		for _, e := range list {
			if e == "null" {
				return true
			}
		}
	}
	_, ok := orNull(s)
	return ok
}

// orNull returns S of anyOf or oneOf [S, null].
func orNull(s map[string]any) (map[string]any, bool) {
	for _, key := range []string{"anyOf", "oneOf"} {
		list, ok := s[key].([]any)
		if !ok || len(list) != 2 {
			continue
		}
		a, ok1 := list[0].(map[string]any)
		b, ok2 := list[1].(map[string]any)
		switch {
		case !ok1 || !ok2:
		case b["type"] == "null":
			return a, true
		case a["type"] == "null":
			return b, true
		}
	}
	return nil, false
}

// localRef resolves "#/$defs/Name" style references.
func localRef(root map[string]any, ref string) (map[string]any, bool) {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	at := root
	for _, key := range strings.Split(path, "/") {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
		next, ok := at[key].(map[string]any)
		if !ok {
			return nil, false
		}
		at = next
	}
	return at, true
}

// textArgs are the names of the arguments that a schema says are strings, sorted.
func textArgs(schema map[string]any) []string {
	var out []string
	for name, a := range argTypes(schema) {
		if a.Type == stringType {
			out = append(out, string(name))
		}
	}
	slices.Sort(out)
	return out
}
