package promptfoo

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
)

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

// alike compares meanings by embeddings in promptfoo; here a judge does.
func alike(a *assertion, g *blueprint.Grader) bool {
	a.approximated = "similar compares embeddings; here a judge says whether the meaning is the same"
	return reference("The answer means the same as the reference answer, whatever its words.")(a, g)
}
