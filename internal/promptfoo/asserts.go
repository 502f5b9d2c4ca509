package promptfoo

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
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

// mappings are the kinds that have a counterpart. A mapping that answers false
// has none for this value.
var mappings = map[string]func(a *assertion, g *blueprint.Grader) bool{
	"equals":                  equals,
	"contains":                contains("", false),
	"icontains":               contains("", true),
	"contains-all":            contains("all", false),
	"contains-any":            contains("any", false),
	"icontains-all":           contains("all", true),
	"icontains-any":           contains("any", true),
	"starts-with":             startsWith,
	"regex":                   matches,
	"is-json":                 isJSON("whole"),
	"contains-json":           isJSON("part"),
	"is-refusal":              func(_ *assertion, g *blueprint.Grader) bool { g.Type = "refusal"; return true },
	"cost":                    atMost("cost"),
	"latency":                 atMost("latency"),
	"levenshtein":             levenshtein,
	"rouge-n":                 similarity("rougeL", 0.75, "rouge-n is measured as ROUGE-L"),
	"similar":                 alike,
	"word-count":              wordCount,
	"llm-rubric":              rubric("%s"),
	"g-eval":                  rubric("%s"),
	"model-graded-closedqa":   rubric("The answer meets this criterion: %s"),
	"factuality":              reference("The answer agrees in its facts with the reference answer; it may say more or less, and must not contradict it."),
	"model-graded-factuality": reference("The answer agrees in its facts with the reference answer; it may say more or less, and must not contradict it."),
	"answer-relevance":        relevance,
	"conversation-relevance":  relevance,
	"search-rubric":           rubric("%s"),
	"agent-rubric":            rubric("%s"),
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

func equals(a *assertion, g *blueprint.Grader) bool {
	switch a.value.(type) {
	case map[string]any, []any:
		g.Type, g.Schema = "json", map[string]any{"const": a.value} // the output is text that is this JSON
		return true
	case nil:
		return false
	}
	g.Type, g.Value = "equals", shown(a.value)
	return true
}

func contains(mode string, ignoreCase bool) func(*assertion, *blueprint.Grader) bool {
	return func(a *assertion, g *blueprint.Grader) bool {
		g.Type, g.IgnoreCase, g.Mode = "contains", ignoreCase, mode
		if mode == "" {
			g.Text = shown(a.value)
			return g.Text != ""
		}
		switch v := a.value.(type) {
		case []any:
			for _, e := range v {
				g.Texts = append(g.Texts, shown(e))
			}
		case string:
			for t := range strings.SplitSeq(v, ",") {
				g.Texts = append(g.Texts, strings.Trim(strings.TrimSpace(t), `"`))
			}
		}
		return len(g.Texts) > 0 && !slices.Contains(g.Texts, "")
	}
}

func startsWith(a *assertion, g *blueprint.Grader) bool {
	g.Type, g.Text = "startsWith", shown(a.value)
	return g.Text != ""
}

func matches(a *assertion, g *blueprint.Grader) bool {
	g.Type, g.Text = "regex", shown(a.value)
	_, err := regexp.Compile(g.Text)
	return err == nil && g.Text != ""
}

func isJSON(mode string) func(*assertion, *blueprint.Grader) bool {
	return func(a *assertion, g *blueprint.Grader) bool {
		g.Type, g.Mode = "json", mode
		switch v := a.value.(type) {
		case nil:
			return true
		case map[string]any:
			g.Schema = v
			return len(v) > 0
		case string:
			schema, _, err := blueprint.ParseValue("schema", []byte(v))
			g.Schema, _ = schema.(map[string]any)
			return err == nil && len(g.Schema) > 0
		}
		return false
	}
}

func atMost(kind string) func(*assertion, *blueprint.Grader) bool {
	return func(a *assertion, g *blueprint.Grader) bool {
		g.Type, g.Max = kind, a.threshold
		return a.threshold != nil && *a.threshold >= 0
	}
}

func similarity(measure string, least float64, how string) func(*assertion, *blueprint.Grader) bool {
	return func(a *assertion, g *blueprint.Grader) bool {
		g.Type, g.Measure, g.Text, g.Min, a.approximated = "similarity", measure, shown(a.value), &least, how
		if a.threshold != nil && *a.threshold >= 0 && *a.threshold <= 1 {
			g.Min = a.threshold
		}
		return g.Text != ""
	}
}

// levenshtein is at most so many changed letters; here a share of them.
func levenshtein(a *assertion, g *blueprint.Grader) bool {
	most := 5.0
	if a.threshold != nil {
		most = *a.threshold
	}
	g.Type, g.Measure, g.Text = "similarity", "levenshtein", shown(a.value)
	least := math.Max(0, 1-most/math.Max(1, float64(len([]rune(g.Text)))))
	g.Min, a.approximated = &least, fmt.Sprintf("at most %g changed letters are a likeness of %.2f, which grows with the text", most, least)
	return g.Text != ""
}

// alike compares meanings by embeddings in promptfoo; here a judge does.
func alike(a *assertion, g *blueprint.Grader) bool {
	a.approximated = "similar compares embeddings; here a judge says whether the meaning is the same"
	return reference("The answer means the same as the reference answer, whatever its words.")(a, g)
}

func wordCount(a *assertion, g *blueprint.Grader) bool {
	low, high := 0.0, 1e9
	switch v := a.value.(type) {
	case float64:
		low, high = v, v
	case map[string]any:
		if x, ok := v["min"].(float64); ok {
			low = x
		}
		if x, ok := v["max"].(float64); ok {
			high = x
		}
	default:
		return false
	}
	g.Type, g.Source = "starlark", fmt.Sprintf(`def grade(run):
    n = len(str(run["output"]).split())
    return {"passed": %d <= n and n <= %d, "reason": "%%d words" %% n}
`, int64(low), int64(high))
	return true
}

func rubric(form string) func(*assertion, *blueprint.Grader) bool {
	return func(a *assertion, g *blueprint.Grader) bool {
		text := shown(a.value)
		if list, ok := a.value.([]any); ok {
			var lines []string
			for _, e := range list {
				lines = append(lines, "- "+shown(e))
			}
			text = strings.Join(lines, "\n")
		}
		g.Type, g.Rubric = "judge", fmt.Sprintf(form, text)
		return text != "" && judged(a, g)
	}
}

func reference(text string) func(*assertion, *blueprint.Grader) bool {
	return func(a *assertion, g *blueprint.Grader) bool {
		g.Type, g.Rubric, g.Value = "judge", text, a.value
		if a.kind != "similar" && !judged(a, g) {
			return false
		}
		return a.value != nil
	}
}

func relevance(a *assertion, g *blueprint.Grader) bool {
	a.approximated = a.kind + " compares embeddings; here a judge says whether the answer is relevant"
	g.Type, g.Rubric = "judge", "The answer is about what was asked, and answers it."
	return true
}

// judged gives a judge a scale when the assertion asks for a score.
func judged(a *assertion, g *blueprint.Grader) bool {
	if a.threshold == nil || *a.threshold <= 0 || *a.threshold >= 1 {
		return true
	}
	g.Scale, g.Min = 10, a.threshold
	return true
}
