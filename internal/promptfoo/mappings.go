package promptfoo

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
)

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
