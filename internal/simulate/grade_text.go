package simulate

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/resource"
)

func compileEquals(g blueprint.Grader) (check, error) {
	want, err := canonical(g.Value)
	if err != nil {
		return nil, fmt.Errorf("the value of an equals grader cannot be written as JSON: %w", err)
	}
	return func(r resource.Run) string {
		v, ok := crv.Extract(r.Output, g.Field)
		if !ok {
			return noField(g.Field)
		}
		got, err := canonical(v)
		switch {
		case err != nil:
			return fmt.Sprintf("the output cannot be written as JSON: %v", err)
		case !bytes.Equal(got, want):
			return fmt.Sprintf("is %s, expected %s", clipJSON(string(got)), clipJSON(string(want)))
		}
		return ""
	}, nil
}

func compileContains(g blueprint.Grader) (check, error) {
	if g.Text == "" {
		return nil, fmt.Errorf("a %s grader needs text", g.Type)
	}
	want := g.Type == "contains"
	return func(r resource.Run) string {
		// A named field that is absent fails notContains too: a misspelt field
		// must not look like a check that holds.
		text, ok := textAt(r.Output, g.Field)
		switch {
		case !ok:
			return noField(g.Field)
		case strings.Contains(text, g.Text) == want:
			return ""
		case want:
			return fmt.Sprintf("%s does not contain %q", clip(text), g.Text)
		}
		return fmt.Sprintf("%s contains %q", clip(text), g.Text)
	}, nil
}

// trajectory modes.
var modes = map[string]func(made, want []string) bool{
	"exact":    exactly,
	"inOrder":  inOrder,
	"anyOrder": anyOrder,
	"none":     noneOf,
}

// compileTrajectory judges the names of the tools whose calls the guard let
// through, in order. exact: these calls and no other; inOrder: these among
// others, in this order; anyOrder: these among others, each as often as listed;
// none: no call of these, or with no tools no call at all.
func compileTrajectory(g blueprint.Grader) (check, error) {
	holds, ok := modes[g.Mode]
	if !ok {
		return nil, fmt.Errorf("%q is not a mode of a trajectory grader; use exact, inOrder, anyOrder or none", g.Mode)
	}
	if len(g.Tools) == 0 && (g.Mode == "inOrder" || g.Mode == "anyOrder") {
		return nil, errors.New("a trajectory grader of mode " + g.Mode + " needs tools")
	}
	return func(r resource.Run) string {
		var made []string
		for _, s := range r.Steps {
			if s.Tool != nil && s.Tool.Decision.State == resource.DecisionApproved {
				made = append(made, s.Tool.Tool)
			}
		}
		if holds(made, g.Tools) {
			return ""
		}
		return fmt.Sprintf("called [%s], expected %s [%s]", strings.Join(made, " "), g.Mode, strings.Join(g.Tools, " "))
	}, nil
}

func exactly(made, want []string) bool {
	return len(made) == len(want) && inOrder(made, want)
}

func inOrder(made, want []string) bool {
	for _, m := range made {
		if len(want) > 0 && m == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func anyOrder(made, want []string) bool {
	left := map[string]int{}
	for _, m := range made {
		left[m]++
	}
	for _, w := range want {
		left[w]--
		if left[w] < 0 {
			return false
		}
	}
	return true
}

func noneOf(made, banned []string) bool {
	if len(banned) == 0 {
		return len(made) == 0
	}
	for _, b := range banned {
		for _, m := range made {
			if m == b {
				return false
			}
		}
	}
	return true
}

// textAt is the text at a path: a string as it is, nothing as "", anything else
// as JSON.
func textAt(v any, path string) (string, bool) {
	v, ok := crv.Extract(v, path)
	if !ok {
		return "", false
	}
	switch x := v.(type) {
	case nil:
		return "", true
	case string:
		return x, true
	}
	text, err := readable(v)
	return text, err == nil
}

func noField(path string) string { return fmt.Sprintf("the output has no field %s", path) }

// clip quotes s for a message and keeps it short.
func clip(s string) string { return strconv.Quote(cut(s)) }

// clipJSON is for a value in JSON, which has quotes where it needs them.
func clipJSON(s string) string {
	s = cut(s)
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

func cut(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
