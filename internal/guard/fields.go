package guard

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What is read of a structured result. More than that is remembered as text.
const (
	maxParsed = 256 << 10
	maxFields = 2048
	maxNested = 24
)

// recordsOf splits a structured result (JSON, or YAML as many servers print it)
// into its objects, each a list of normalised values. ok is false for text.
//
// The border between two fields is drawn by the server, what is in a field may
// be a stranger's. So a value that is a whole field was at least put there as a
// value, while one inside a longer field was only written by somebody.
func recordsOf(text string) (records [][]string, ok bool) {
	if len(text) > maxParsed {
		return nil, false
	}
	v, ok := structured(text)
	if !ok {
		return nil, false
	}
	w := recordWalk{}
	w.value(v, -1, 0)
	if w.over {
		return nil, false
	}
	return slices.DeleteFunc(w.records, func(r []string) bool { return len(r) == 0 }), true
}

func structured(text string) (v any, ok bool) {
	head := strings.TrimSpace(text)
	if head == "" {
		return nil, false
	}
	if head[0] == '{' || head[0] == '[' {
		if json.Unmarshal([]byte(head), &v) == nil {
			return v, true
		}
	}
	if !looksLikeYAML(head) {
		return nil, false
	}
	defer func() {
		if recover() != nil { // a defect of the parser makes it text, which is the safe side
			v, ok = nil, false
		}
	}()
	// This parser bounds nesting and aliases, which hostile text needs; the one that
	// reads blueprints keeps positions instead. A key that is there twice, which
	// could hide one of two values, is an error.
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return nil, false
	}
	switch v.(type) {
	case map[string]any, []any:
		return v, true
	}
	return nil, false // a scalar, or a map with keys that are no strings
}

// looksLikeYAML says whether the text can be a mapping or a list; prose is not parsed.
func looksLikeYAML(s string) bool {
	for line := range strings.Lines(s) {
		rest := strings.TrimLeft(line, " -")
		if i := strings.IndexAny(rest, "&*"); i == 0 || strings.Contains(line, ": &") || strings.Contains(line, ": *") {
			return false
		}
	}
	switch s[0] {
	case '{', '[', '-':
		return true
	}
	line, _, _ := strings.Cut(s, "\n")
	key, _, found := strings.Cut(line, ":")
	return found && len(key) <= 64 && !strings.ContainsAny(key, ".!?")
}

type recordWalk struct {
	records [][]string
	fields  int
	over    bool
}

// value takes in v; scalars belong to the record at, -1 for none yet.
func (w *recordWalk) value(v any, at, depth int) {
	if depth > maxNested || w.fields > maxFields {
		w.over = true
		return
	}
	switch x := v.(type) {
	case nil:
	case map[string]any:
		w.records = append(w.records, nil)
		at = len(w.records) - 1
		for _, key := range slices.Sorted(maps.Keys(x)) {
			if !isIdentifier(key) {
				w.add(key, at)
			}
			w.value(x[key], at, depth+1)
		}
	case []any:
		for _, e := range x {
			w.value(e, at, depth+1)
		}
	default:
		w.add(scalarText(v), at)
	}
}

func (w *recordWalk) add(s string, at int) {
	if s = normalise(s); s == "" {
		return
	}
	if at < 0 {
		w.records = append(w.records, nil)
		at = len(w.records) - 1
	}
	w.records[at] = append(w.records[at], s)
	w.fields++
}

func scalarText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
