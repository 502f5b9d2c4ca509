package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Change is one difference between two states of the scenario's world. A value
// that was not there, or is not there any more, is absent.
type Change struct {
	Path   string `json:"path"`
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// maxChanges bounds the changes that a report lists for one effect.
const maxChanges = 200

// changes lists where two states differ, by path.
func changes(before, after map[string]any) []Change {
	var out []Change
	differ("", before, after, &out)
	return out
}

func differ(path string, before, after any, out *[]Change) {
	if len(*out) >= maxChanges || same(before, after) {
		return
	}
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			keys := maps.Clone(b)
			maps.Copy(keys, a)
			for _, k := range slices.Sorted(maps.Keys(keys)) {
				differ(below(path, k), b[k], a[k], out)
			}
			return
		}
	case []any:
		if a, ok := after.([]any); ok {
			for i := range max(len(a), len(b)) {
				differ(fmt.Sprintf("%s[%d]", path, i), at(b, i), at(a, i), out)
			}
			return
		}
	}
	*out = append(*out, Change{Path: path, Before: before, After: after})
}

func same(a, b any) bool {
	x, errX := canonical(a)
	y, errY := canonical(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// jsonShape is v as encoding/json would read it back; what has no JSON form stays
// as it is and is refused where it is used.
func jsonShape(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(b, &out) != nil {
		return v
	}
	return out
}
