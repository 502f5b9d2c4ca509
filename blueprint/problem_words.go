package blueprint

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// jsonWords are the JSON types as a person calls them.
var jsonWords = map[string]string{
	"object": "a group of fields", "array": "a list", "string": "text",
	"number": "a number", "integer": "a whole number", "boolean": "true or false", "null": "nothing",
}

func (e *explainer) typeProblem(at []string, field, got string, k *kind.Type, what string) {
	want := make([]string, len(k.Want))
	for i, w := range k.Want {
		want[i] = jsonWords[w]
	}
	wanted := strings.Join(want, " or ")
	message := fmt.Sprintf("%s is %s (%s); it must be %s", field, jsonWords[k.Got], got, wanted)
	if k.Got == "null" {
		message = fmt.Sprintf("%s is empty; it must be %s", field, wanted)
	}
	fix := "write " + wanted
	if what != "" && what != wanted {
		fix += ": " + what
	}
	if k.Got == "number" && slices.Contains(k.Want, "string") && !strings.Contains(what, "duration") {
		fix = fmt.Sprintf("write it in quotes: %q", got)
	}
	e.add(at, "", message, fix)
}

// knownField suggests what an unknown field was meant to be.
func (e *explainer) knownField(schemaURL, got string) string {
	props, _ := e.rules.at(schemaURL)["properties"].(map[string]any)
	known := slices.Sorted(maps.Keys(props))
	if near := nearest(got, known); near != "" {
		return fmt.Sprintf("write %q", near)
	}
	return "write one of " + strings.Join(known, ", ") + ", or remove it"
}

// missing says what the missing field is for.
func (e *explainer) missing(schemaURL, name string) string {
	url := schemaURL
	// A condition (allOf/0/then) asks for a field that the schema around it describes.
	if i := strings.Index(url, "/allOf/"); i >= 0 {
		url = url[:i]
	}
	props, _ := e.rules.at(url)["properties"].(map[string]any)
	p, _ := props[name].(map[string]any)
	if what, _ := p["description"].(string); what != "" {
		return fmt.Sprintf("add %s: %s", name, what)
	}
	return "add " + name
}

func oneOf(got any, want []any) string {
	var words []string
	for _, w := range want {
		if s, _ := w.(string); s != "" {
			words = append(words, s)
		}
	}
	fix := "write one of " + strings.Join(words, ", ")
	if g, ok := got.(string); ok {
		if near := nearest(g, words); near != "" {
			return fmt.Sprintf("did you mean %s? %s", near, fix)
		}
	}
	return fix
}

// lastName is the last field name of a path, for messages.
func lastName(path string) string {
	if path == "" {
		return "the document"
	}
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[i+1:]
	}
	return path
}

// show quotes a value for a message, short.
func show(v any) string {
	switch x := v.(type) {
	case string:
		if r := []rune(x); len(r) > 60 {
			x = string(r[:60]) + "..."
		}
		return strconv.Quote(x)
	case json.Number:
		return x.String()
	case map[string]any:
		return strconv.Itoa(len(x)) + " fields"
	case []any:
		return strconv.Itoa(len(x)) + " entries"
	}
	return fmt.Sprint(v)
}
