package promptfoo

import (
	"fmt"
	"path"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
)

// assertion is one assertion while it is mapped.
type assertion struct {
	kind      string
	value     any // rendered
	threshold *float64
	not       bool
	// approximated says how the grader differs, "" when it does not.
	approximated string
}

// graders maps a list of assertions.
func (in *importer) graders(at string, v any, vars map[string]any) []blueprint.Grader {
	list, ok := v.([]any)
	if !ok {
		in.note(NoteLeftOut, at, "assert is a list", "")
		return nil
	}
	var out []blueprint.Grader
	for i, e := range list {
		path := fmt.Sprintf("%s[%d]", at, i)
		m, ok := e.(map[string]any)
		if !ok {
			in.note(NoteLeftOut, path, "an assertion is an object with type", "")
			continue
		}
		if ref, ok := m["$ref"].(string); ok {
			if m, ok = in.template(ref); !ok {
				in.note(NoteLeftOut, path, ref+" names no assertion", "")
				continue
			}
		}
		if m["type"] == "assert-set" {
			out = append(out, in.set(path, m, vars)...)
			continue
		}
		if g, ok := in.grader(path, m, vars); ok {
			out = append(out, g)
		}
	}
	return out
}

// template is the assertion of #/assertionTemplates/NAME.
func (in *importer) template(ref string) (map[string]any, bool) {
	all, _ := in.doc["assertionTemplates"].(map[string]any)
	m, ok := all[strings.TrimPrefix(ref, "#/assertionTemplates/")].(map[string]any)
	return m, ok
}

// set is a group of assertions: all of them, when none may fail.
func (in *importer) set(at string, m map[string]any, vars map[string]any) []blueprint.Grader {
	if t, ok := m["threshold"].(float64); ok && t < 1 {
		in.note(NoteLeftOut, at, fmt.Sprintf("an assert-set of which %g may pass has no counterpart", t), "write one starlark grader for it")
		return nil
	}
	return in.graders(at+".assert", m["assert"], vars)
}

// grader maps one assertion.
func (in *importer) grader(at string, m map[string]any, vars map[string]any) (blueprint.Grader, bool) {
	kind, _ := m["type"].(string)
	a := assertion{kind: strings.TrimPrefix(kind, "not-"), not: strings.HasPrefix(kind, "not-")}
	leave := func(why, fix string) (blueprint.Grader, bool) {
		in.note(NoteLeftOut, at, why, fix)
		return blueprint.Grader{}, false
	}
	mapping, known := mappings[a.kind]
	switch {
	case a.kind == "javascript" || a.kind == "python" || a.kind == "ruby":
		return leave(fmt.Sprintf("%s is not run", kind), "write it as a starlark grader: def grade(run), with run[\"output\"]")
	case !known:
		return leave(fmt.Sprintf("%q has no counterpart", kind), "write it as a starlark or command grader, or as a judge")
	case m["transform"] != nil || m["contextTransform"] != nil:
		return leave("the assertion transforms the output by a program", "write it as a starlark grader")
	case m["weight"] == 0.0:
		return leave("an assertion of weight 0 decides nothing", "")
	}
	if t, ok := m["threshold"].(float64); ok {
		a.threshold = &t
	}
	var ok bool
	if a.value, ok = in.value(at, m["value"], vars); !ok {
		return blueprint.Grader{}, false
	}
	g := blueprint.Grader{Not: a.not}
	if !mapping(&a, &g) {
		return leave(fmt.Sprintf("%s with this value has no counterpart", kind), "")
	}
	if a.approximated != "" {
		in.note(NoteApproximated, at, a.approximated, "")
	}
	if w, ok := m["weight"].(float64); ok && w != 1 {
		in.note(NoteApproximated, at, "every grader must pass; weights are not kept", "")
	}
	if name, ok := m["metric"].(string); ok {
		g.Name = name
	}
	if p, ok := m["provider"].(string); ok && g.Type == "judge" {
		g.Model = &blueprint.Model{Name: p[strings.LastIndexByte(p, ':')+1:]}
	}
	return in.fit(at, kind, a, g)
}

// fit gives a grader that cannot be turned around what it has instead.
func (in *importer) fit(at, kind string, a assertion, g blueprint.Grader) (blueprint.Grader, bool) {
	if !g.Not {
		return g, true
	}
	switch g.Type {
	case "judge":
		g.Not = false
		g.Rubric = "The following is NOT the case: " + g.Rubric
		in.note(NoteApproximated, at, kind+" is a judge with the opposite rubric", "")
	case "cost", "latency", "starlark":
		in.note(NoteLeftOut, at, kind+" has no counterpart", "")
		return g, false
	}
	return g, true
}

// value renders the variables in an assertion's value, and reads its file.
func (in *importer) value(at string, v any, vars map[string]any) (any, bool) {
	switch v := v.(type) {
	case string:
		if isFile(v) {
			switch strings.ToLower(path.Ext(v)) {
			case ".txt", ".md":
				data, _, ok := in.read(at, v)
				return strings.TrimSpace(string(data)), ok
			case ".json", ".yaml", ".yml":
				data, name, ok := in.read(at, v)
				if !ok {
					return nil, false
				}
				value, _, err := blueprint.ParseValue(name, data)
				if err != nil {
					in.note(NoteLeftOut, at, err.Error(), "")
				}
				return value, err == nil
			}
			in.note(NoteLeftOut, at, v+" is a program, which is not run", "write it as a starlark grader")
			return nil, false
		}
		text, _ := render(v, vars)
		return text, true
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i], _ = in.value(at, e, vars)
		}
		return out, true
	}
	return v, true
}
