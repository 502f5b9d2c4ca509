package blueprint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Expand returns the suite's scenarios: those that it has, or one for each row of
// its data set, each with the graders of the suite's task type when it has none.
//
// A row without a template has a scenario's own fields (name, input, fixtures,
// expect, turns, tags, ...), and for short: id for name; input.FIELD for a
// field of the input; expected, graders and outcome for those of expect. A row
// that has no name is called by its number.
//
// The error has a detail for each wrong row, with its path below the suite.
func (s Suite) Expand() ([]Scenario, error) {
	out := s.Scenarios
	if s.Data != nil {
		out = make([]Scenario, 0, len(s.Data.Rows))
		var wrong []fault.Detail
		for i, row := range s.Data.Rows {
			sc, d := s.Data.scenario(i, row)
			if d != nil {
				wrong = append(wrong, *d)
				continue
			}
			out = append(out, sc)
		}
		if len(wrong) > 0 {
			return nil, fault.New(fault.Invalid, "%d of %d rows of the suite %q make no scenario: %s", len(wrong), len(s.Data.Rows), s.Name, wrong[0].Message).With(wrong...)
		}
	}
	if s.TaskType == "" {
		return out, nil
	}
	return s.withDefaultGraders(slices.Clone(out))
}

// scenario is the scenario of one row.
func (d *DataSet) scenario(i int, row map[string]any) (Scenario, *fault.Detail) {
	v, problem := d.expand(i, row)
	if problem != nil {
		return Scenario{}, problem
	}
	raw, err := json.Marshal(v)
	var sc Scenario
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		err = dec.Decode(&sc)
	}
	if err != nil {
		return sc, &fault.Detail{Path: joinIndex("data.rows", i), Message: fmt.Sprintf("row %d does not fit a scenario: %v", i+1, err),
			Fix: "name the columns as a scenario's fields, or write a template"}
	}
	return sc, nil
}

// expand is the scenario of a row as plain data.
func (d *DataSet) expand(i int, row map[string]any) (map[string]any, *fault.Detail) {
	out := own(row)
	if len(d.Template) > 0 {
		f := filler{row: row}
		out, _ = f.fill(d.Template).(map[string]any)
		if f.missing != "" {
			return nil, &fault.Detail{Path: joinKey(joinIndex("data.rows", i), f.missing),
				Message: fmt.Sprintf("row %d has no column %q, which the template names", i+1, f.missing),
				Fix:     "add the column, or take it out of the template"}
		}
		if _, named := out["name"]; !named {
			for _, c := range []string{"name", "id"} {
				if v, ok := row[c]; ok {
					out["name"] = v
					break
				}
			}
		}
	}
	switch v := out["name"].(type) {
	case nil:
		out["name"] = fmt.Sprintf("row %d", i+1)
	case float64, json.Number, bool:
		out["name"] = plainText(v)
	}
	return out, nil
}

// short are the columns that stand for a field of expect.
var short = map[string]string{"expected": "output", "graders": "graders", "outcome": "outcome"}

// own is a row whose columns are a scenario's own fields.
func own(row map[string]any) map[string]any {
	out := make(map[string]any, len(row)+1)
	input, expect := map[string]any{}, map[string]any{}
	for k, v := range row {
		field, dotted := strings.CutPrefix(k, "input.")
		switch {
		case dotted:
			input[field] = v
		case short[k] != "":
			expect[short[k]] = v
		case k == "id" && row["name"] == nil:
			out["name"] = v
		default:
			out[k] = v
		}
	}
	if _, has := row["input"]; len(input) > 0 && !has {
		out["input"] = input
	}
	if len(expect) > 0 {
		if has, ok := row["expect"].(map[string]any); ok {
			maps.Copy(expect, has)
		}
		out["expect"] = expect
	}
	return out
}

// placeholder is {{column}}, or {{column.field}} of a column that is an object.
var placeholder = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)

// filler puts a row's values into a template.
type filler struct {
	row     map[string]any
	missing string // the first column that the row does not have
}

func (f *filler) fill(v any) any {
	switch v := v.(type) {
	case string:
		return f.text(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = f.fill(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = f.fill(e)
		}
		return out
	}
	return v
}

func (f *filler) text(s string) any {
	if !strings.Contains(s, "{{") {
		return s
	}
	if m := placeholder.FindStringSubmatch(s); m != nil && m[0] == s {
		return f.value(m[1])
	}
	return placeholder.ReplaceAllStringFunc(s, func(p string) string {
		return plainText(f.value(placeholder.FindStringSubmatch(p)[1]))
	})
}

// value is the value of a column, or of a field in it.
func (f *filler) value(name string) any {
	if v, ok := f.row[name]; ok {
		return v
	}
	var cur any = f.row
	for part := range strings.SplitSeq(name, ".") {
		m, ok := cur.(map[string]any)
		if ok {
			cur, ok = m[part]
		}
		if !ok {
			if f.missing == "" {
				f.missing = name
			}
			return nil
		}
	}
	return cur
}

// plainText is a value in a text: a text as it is, anything else as JSON.
func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}
