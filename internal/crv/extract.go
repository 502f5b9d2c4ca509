package crv

import (
	"strconv"
	"strings"
)

// Extract follows a dotted path (order.items[0].price, or items.0.price) into
// v and reports whether it leads to a value. "" is v itself. A name that holds
// a dot is found when the whole rest of the path is a field.
func Extract(v any, path string) (any, bool) {
	if path == "" {
		return v, true
	}
	switch x := v.(type) {
	case map[string]any:
		if got, ok := x[path]; ok {
			return got, true
		}
		head, rest := splitPath(path)
		kid, ok := x[head]
		if !ok {
			return nil, false
		}
		return Extract(kid, rest)
	case []any:
		head, rest := splitPath(path)
		i, err := strconv.Atoi(head)
		if err != nil || i < 0 || i >= len(x) {
			return nil, false
		}
		return Extract(x[i], rest)
	}
	return nil, false
}

// splitPath cuts the first step off a path.
func splitPath(path string) (head, rest string) {
	if strings.HasPrefix(path, "[") {
		if i := strings.IndexByte(path, ']'); i > 0 {
			return path[1:i], strings.TrimPrefix(path[i+1:], ".")
		}
	}
	i := strings.IndexAny(path, ".[")
	if i < 0 {
		return path, ""
	}
	if path[i] == '.' {
		return path[:i], path[i+1:]
	}
	return path[:i], path[i:]
}

// joinPath is the path of field inside base.
func joinPath(base, field string) string {
	switch {
	case base == "":
		return field
	case field == "" || strings.HasPrefix(field, "["):
		return base + field
	}
	return base + "." + field
}
