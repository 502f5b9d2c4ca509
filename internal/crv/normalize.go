package crv

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// jsonShape returns v as encoding/json would read it back: maps, slices,
// strings, float64, bool and nil. What has that shape already is not copied.
func jsonShape(v any) (any, error) {
	if isJSONShape(v) {
		return v, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the value has no JSON form")
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the value has no JSON form")
	}
	return out, nil
}

func isJSONShape(v any) bool {
	switch x := v.(type) {
	case nil, string, float64, bool:
		return true
	case map[string]any:
		for _, kid := range x {
			if !isJSONShape(kid) {
				return false
			}
		}
		return true
	case []any:
		for _, kid := range x {
			if !isJSONShape(kid) {
				return false
			}
		}
		return true
	}
	return false
}

// Normalize brings a value into the form in which values are compared: numbers
// are float64, text has its outer white space cut and inner runs of it made one
// space. Case is kept. A value with no JSON form is returned as it is.
func Normalize(v any) any {
	shaped, err := jsonShape(v)
	if err != nil {
		return v
	}
	return normalize(shaped)
}

func normalize(v any) any {
	switch x := v.(type) {
	case string:
		return strings.Join(strings.Fields(x), " ")
	case []any:
		out := make([]any, len(x))
		for i, kid := range x {
			out[i] = normalize(kid)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, kid := range x {
			out[k] = normalize(kid)
		}
		return out
	}
	return v
}

// Compare returns the paths at which two values differ once normalised, sorted;
// none when they are equal. The path of the value itself is "".
func Compare(a, b any) []string {
	var out []string
	compare(Normalize(a), Normalize(b), "", &out)
	slices.Sort(out)
	return out
}

func compare(a, b any, path string, out *[]string) {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			*out = append(*out, path)
			return
		}
		keys := maps.Clone(x)
		maps.Copy(keys, y)
		for k := range keys {
			xv, inX := x[k]
			yv, inY := y[k]
			if inX != inY {
				*out = append(*out, joinPath(path, k))
				continue
			}
			compare(xv, yv, joinPath(path, k), out)
		}
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			*out = append(*out, path)
			return
		}
		for i := range x {
			compare(x[i], y[i], fmt.Sprintf("%s[%d]", path, i), out)
		}
	case nil, string, float64, bool:
		switch b.(type) {
		case nil, string, float64, bool:
			if a == b {
				return
			}
		}
		*out = append(*out, path)
	default:
		// No JSON form: nothing proves that the two are equal.
		*out = append(*out, path)
	}
}
