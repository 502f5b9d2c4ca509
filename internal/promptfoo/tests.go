package promptfoo

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
)

// test is one test with its variables, expanded.
type test struct {
	name, description, path string
	vars                    map[string]any
	graders                 []blueprint.Grader
	tags                    []string
}

// maxProduct bounds the tests that lists of variables make of one.
const maxProduct = 1000

// tests reads all tests, with what defaultTest gives each.
func (in *importer) tests() []test {
	var out []test
	base, _ := in.doc["defaultTest"].(map[string]any)
	if s, ok := in.doc["defaultTest"].(string); ok {
		in.note(NoteLeftOut, "defaultTest", s+" is not read", "write defaultTest into the configuration")
	}
	in.options("defaultTest", base)
	list, ok := in.doc["tests"].([]any)
	if !ok && in.doc["tests"] != nil {
		list = []any{in.doc["tests"]}
	}
	for i, v := range list {
		at := fmt.Sprintf("tests[%d]", i)
		if _, isList := in.doc["tests"].([]any); !isList {
			at = "tests"
		}
		switch v := v.(type) {
		case string:
			for _, row := range in.testFile(at, v) {
				out = append(out, in.test(at, row, base, len(out))...)
			}
		case map[string]any:
			if p, ok := v["path"].(string); ok && v["vars"] == nil {
				in.note(NoteLeftOut, at, p+" is a program that makes tests", "write them as CSV, YAML or JSON lines")
				continue
			}
			out = append(out, in.test(at, v, base, len(out))...)
		default:
			in.note(NoteLeftOut, at, "a test is an object or the name of a file", "")
		}
	}
	if len(list) == 0 && base != nil { // promptfoo runs the prompts once then
		out = in.test("defaultTest", map[string]any{}, base, 0)
	}
	return out
}

// testFile reads the tests of a file.
func (in *importer) testFile(at, ref string) []map[string]any {
	ext := strings.ToLower(path.Ext(strings.TrimPrefix(ref, "file://")))
	switch ext {
	case ".csv", ".jsonl", ".json", ".yaml", ".yml":
	default:
		in.note(NoteLeftOut, at, fmt.Sprintf("%s is not read: it is a program, a table or a place elsewhere", ref), "write the tests as CSV, YAML or JSON lines")
		return nil
	}
	data, name, ok := in.read(at, ref)
	if !ok {
		return nil
	}
	rows, _, err := blueprint.ParseData(name, "", data)
	if err != nil {
		in.note(NoteLeftOut, at, err.Error(), "")
		return nil
	}
	if ext == ".csv" {
		for i := range rows {
			rows[i] = in.csvRow(at, rows[i])
		}
	}
	return rows
}

var expectedColumn = regexp.MustCompile(`^__expected\d*$`)

// csvRow is a row of a CSV file as a test: columns are variables, and those that
// begin with __ are settings.
func (in *importer) csvRow(at string, row map[string]any) map[string]any {
	vars, asserts := map[string]any{}, []any{}
	out := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(row)) {
		v, _ := row[k].(string)
		switch {
		case expectedColumn.MatchString(k):
			if strings.TrimSpace(v) != "" {
				asserts = append(asserts, short(v))
			}
		case k == "__description":
			out["description"] = v
		case strings.HasPrefix(k, "__metadata:"):
		case strings.HasPrefix(k, "__"):
			if v != "" {
				in.note(NoteLeftOut, at, "the column "+k+" has no counterpart", "")
			}
		default:
			vars[k] = v
		}
	}
	out["vars"], out["assert"] = vars, asserts
	return out
}

var shortForm = regexp.MustCompile(`^([a-z][a-z0-9:-]*)(?:\(([0-9.]+)\))?:\s*([\s\S]*)$`)

// short is the form in which a CSV file writes an assertion: "type: value",
// "type(threshold): value", or a text that must be equal.
func short(s string) map[string]any {
	m := shortForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		if bare := strings.TrimSpace(s); slices.Contains([]string{"is-json", "contains-json", "is-refusal", "not-is-refusal"}, bare) {
			return map[string]any{"type": bare}
		}
		return map[string]any{"type": "equals", "value": s}
	}
	kind := m[1]
	switch kind {
	case "grade":
		kind = "llm-rubric"
	case "fn", "eval":
		kind = "javascript"
	}
	if _, known := mappings[strings.TrimPrefix(kind, "not-")]; !known && kind != "javascript" && kind != "python" {
		return map[string]any{"type": "equals", "value": s}
	}
	out := map[string]any{"type": kind, "value": m[3]}
	if f, err := strconv.ParseFloat(m[2], 64); err == nil {
		out["threshold"] = f
	}
	return out
}

// test makes a test of its object, one for each combination of the variables
// that are lists.
func (in *importer) test(at string, v, base map[string]any, n int) []test {
	in.options(at, v)
	vars := map[string]any{}
	for _, from := range []map[string]any{base, v} {
		if more, ok := from["vars"].(map[string]any); ok {
			maps.Copy(vars, more)
		} else if s, ok := from["vars"].(string); ok {
			in.note(NoteLeftOut, at+".vars", s+" is not read", "write the variables into the test")
		}
	}
	for _, k := range slices.Sorted(maps.Keys(vars)) {
		if s, ok := vars[k].(string); ok && isFile(s) {
			vars[k] = in.varFile(at+".vars."+k, s)
		}
	}
	description, _ := v["description"].(string)
	var out []test
	for _, set := range product(vars) {
		t := test{name: orText(description, fmt.Sprintf("test %d", n+len(out)+1)), path: at, vars: set}
		if base["assert"] != nil {
			t.graders = append(t.graders, in.graders("defaultTest.assert", base["assert"], set)...)
		}
		if v["assert"] != nil {
			t.graders = append(t.graders, in.graders(at+".assert", v["assert"], set)...)
		}
		if len(t.graders) == 0 { // it would always pass, and look like a check
			why := "the test has no assertion"
			if base["assert"] != nil || v["assert"] != nil {
				why = "none of the test's assertions can be imported"
			}
			in.note(NoteLeftOut, at, why+", so the test is left out", "write graders for it")
			continue
		}
		out = append(out, t)
	}
	if n := len(product(vars)); n == maxProduct {
		in.note(NoteApproximated, at, fmt.Sprintf("the lists of variables make more than %d tests; the first are taken", maxProduct), "")
	}
	return out
}

// varFile is the content of a variable's file.
func (in *importer) varFile(at, ref string) any {
	switch strings.ToLower(path.Ext(ref)) {
	case ".txt", ".md", ".json", ".yaml", ".yml", ".html", ".xml", ".csv":
	default:
		in.note(NoteLeftOut, at, fmt.Sprintf("%s is not read: it is a program, an image or another kind of file", ref), "")
		return ""
	}
	data, _, ok := in.read(at, ref)
	if !ok {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// ignored are the fields of a test that change nothing here.
var ignored = []string{"vars", "assert", "description", "metadata", "path"}

// options notes what a test sets besides.
func (in *importer) options(at string, v map[string]any) {
	for _, k := range slices.Sorted(maps.Keys(v)) {
		switch {
		case slices.Contains(ignored, k):
		case k == "threshold":
			in.note(NoteApproximated, at+".threshold", "a test passes when every grader does, not from a mean score on", "")
		case k == "options":
			o, _ := v[k].(map[string]any)
			for _, name := range slices.Sorted(maps.Keys(o)) {
				in.note(NoteLeftOut, at+".options."+name, "the option "+name+" has no counterpart", "")
			}
		default:
			in.note(NoteLeftOut, at+"."+k, k+" of a test has no counterpart", "")
		}
	}
}

// expanded are the values of a variable that is tried with each of a list. As in
// promptfoo only lists of texts, or of lists, are such; any other is one value.
func expanded(v any) []any {
	if list, ok := v.([]any); ok && len(list) > 0 {
		switch list[0].(type) {
		case string, []any:
			return list
		}
	}
	return []any{v}
}

// product is each combination of the values of lists, in order.
func product(vars map[string]any) []map[string]any {
	out := []map[string]any{{}}
	for _, k := range slices.Sorted(maps.Keys(vars)) {
		values := expanded(vars[k])
		var next []map[string]any
		for _, have := range out {
			for _, v := range values {
				if len(next) == maxProduct {
					break
				}
				m := maps.Clone(have)
				m[k] = v
				next = append(next, m)
			}
		}
		out = next
	}
	return out
}
