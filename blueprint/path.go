package blueprint

import (
	"strconv"
	"strings"
)

// Field paths are written as people write them: spec.tools[2].riskTier; a name
// that is no plain word is quoted: labels["a b"].

func joinKey(path, key string) string { return path + keySuffix(key, path == "") }

func joinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func keySuffix(key string, first bool) string {
	if !plainWord(key) {
		return "[" + strconv.Quote(key) + "]"
	}
	if first {
		return key
	}
	return "." + key
}

func plainWord(s string) bool {
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_', r == '$':
		case i > 0 && (r >= '0' && r <= '9' || r == '-'):
		default:
			return false
		}
	}
	return s != ""
}

// parentPath cuts the last part off a field path; "" has none.
func parentPath(path string) (string, bool) {
	if path == "" {
		return "", false
	}
	if strings.HasSuffix(path, `"]`) {
		// A quoted key can hold any character; its opening bracket is the last [" that
		// quotes to the end.
		for i := len(path) - 2; i >= 0; i-- {
			if strings.HasPrefix(path[i:], `["`) {
				if _, err := strconv.Unquote(path[i+1 : len(path)-1]); err == nil {
					return path[:i], true
				}
			}
		}
	}
	i := strings.LastIndexAny(path, ".[")
	if i < 0 {
		return "", true
	}
	return path[:i], true
}
