package simulate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// Graders are compiled graders. Immutable, safe for concurrent use.
type Graders struct{ list []grader }

// grader is one compiled grader.
type grader struct {
	name  string
	not   bool
	check check
}

// grade judges a run by every grader, in order; nil grades nothing.
func (g *Graders) grade(ctx context.Context, x graded) (grades []Grade, outage error) {
	if g == nil {
		return nil, nil
	}
	grades = make([]Grade, len(g.list))
	for i, one := range g.list {
		v := one.check(ctx, x)
		if one.not {
			v = v.turned(one.name)
		}
		grades[i] = Grade{Name: one.name, Passed: v.passed && !v.broken, Message: v.why, Score: v.score, Judge: v.judge}
		if v.outage != nil {
			outage = v.outage
		}
	}
	return grades, outage
}

// CompileGraders compiles graders; expected is what the run should answer, for
// graders that compare and have nothing of their own, nil for none. The error has
// a detail for each wrong one, with its path from "graders[0]" on.
func CompileGraders(gs []blueprint.Grader, expected any) (*Graders, error) {
	out := &Graders{list: make([]grader, 0, len(gs))}
	var wrong []fault.Detail
	for i, g := range gs {
		check, err := compileGrader(withExpected(g, expected))
		if err != nil {
			wrong = append(wrong, fault.Detail{Path: fmt.Sprintf("graders[%d]", i), Message: err.Error(),
				Fix: "Correct the grader, or remove it."})
			continue
		}
		out.list = append(out.list, grader{name: graderName(g), not: g.Not, check: check})
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "%d of %d graders cannot be used: %s", len(wrong), len(gs), wrong[0].Message).With(wrong...)
	}
	return out, nil
}

// withExpected gives a grader that compares what the scenario expects, when it
// has nothing of its own.
func withExpected(g blueprint.Grader, expected any) blueprint.Grader {
	if expected == nil {
		return g
	}
	switch g.Type {
	case "equals", "jsonSubset", "number", "judge":
		if g.Value == nil {
			g.Value = expected
		}
	case "contains", "similarity":
		if g.Text == "" && len(g.Texts) == 0 {
			g.Text = shown(expected)
		}
	}
	return g
}

func graderName(g blueprint.Grader) string {
	name := g.Type
	switch {
	case g.Name != "":
		return g.Name
	case g.Field != "":
		name += " " + g.Field
	case g.Mode != "":
		name += " " + g.Mode
	}
	if g.Not {
		return "not " + name
	}
	return name
}

// graderTypes are the kinds of graders: what each reads besides type and name,
// and how it is compiled.
var graderTypes = map[string]struct {
	own     []string
	compile func(g blueprint.Grader) (check, error)
}{
	"equals":      {[]string{"field", "value", "ignoreCase", "not"}, compileEquals},
	"contains":    {[]string{"field", "text", "texts", "mode", "ignoreCase", "not"}, compileContains},
	"notContains": {[]string{"field", "text", "ignoreCase"}, compileNotContains},
	"startsWith":  {[]string{"field", "text", "ignoreCase", "not"}, compileStartsWith},
	"regex":       {[]string{"field", "text", "ignoreCase", "not"}, compileRegex},
	"json":        {[]string{"field", "mode", "schema", "not"}, compileJSON},
	"jsonSchema":  {[]string{"field", "schema", "not"}, compileSchema},
	"jsonSubset":  {[]string{"field", "value", "min", "ignoreCase", "not"}, compileSubset},
	"number":      {[]string{"field", "value", "tolerance", "relative", "not"}, compileNumber},
	"similarity":  {[]string{"field", "text", "measure", "min", "ignoreCase", "not"}, compileSimilarity},
	"refusal":     {[]string{"field", "not"}, compileRefusal},
	"cel":         {[]string{"expression", "not"}, compileCEL},
	"trajectory":  {[]string{"tools", "mode"}, compileTrajectory},
	"cost":        {[]string{"max"}, compileMax},
	"latency":     {[]string{"max"}, compileMax},
	"judge":       {[]string{"field", "rubric", "value", "model", "repeats", "scale", "min", "mode"}, compileJudge},
	"starlark":    {[]string{"source", "min"}, compileStarlark},
	"command":     {[]string{"command", "timeout", "min"}, compileCommand},
}

func compileGrader(g blueprint.Grader) (check, error) {
	t, known := graderTypes[g.Type]
	if !known {
		return nil, fmt.Errorf("%q is not a grader; use one of %s", g.Type, strings.Join(slices.Sorted(maps.Keys(graderTypes)), ", "))
	}
	if err := onlyOwnFields(g, t.own); err != nil {
		return nil, err
	}
	return t.compile(g)
}

// onlyOwnFields refuses a field that the type does not read: it would look like
// a check and be none.
func onlyOwnFields(g blueprint.Grader, reads []string) error {
	fields := []struct {
		name string
		set  bool
	}{
		{"field", g.Field != ""}, {"value", g.Value != nil}, {"text", g.Text != ""}, {"texts", len(g.Texts) > 0}, {"not", g.Not},
		{"ignoreCase", g.IgnoreCase}, {"schema", g.Schema != nil}, {"expression", g.Expression != ""}, {"tools", len(g.Tools) > 0},
		{"mode", g.Mode != ""}, {"max", g.Max != nil}, {"min", g.Min != nil}, {"measure", g.Measure != ""},
		{"tolerance", g.Tolerance != 0}, {"relative", g.Relative != 0}, {"rubric", g.Rubric != ""}, {"model", g.Model != nil},
		{"repeats", g.Repeats != 0}, {"scale", g.Scale != 0}, {"source", g.Source != ""}, {"command", len(g.Command) > 0},
		{"timeout", g.Timeout != 0},
	}
	for _, f := range fields {
		if f.set && !slices.Contains(reads, f.name) {
			return fmt.Errorf("a %s grader does not read %s", g.Type, f.name)
		}
	}
	if g.Min != nil && (*g.Min < 0 || *g.Min > 1) {
		return fmt.Errorf("min of a %s grader is %g; it is a score from 0 to 1", g.Type, *g.Min)
	}
	return nil
}

// minOf is the score from which a grader passes.
func minOf(g blueprint.Grader, def float64) float64 {
	if g.Min != nil {
		return *g.Min
	}
	return def
}

// details are those of a fault error, or one made of any other.
func details(err error) []fault.Detail {
	if e, ok := errors.AsType[*fault.Error](err); ok && len(e.Details) > 0 {
		return e.Details
	}
	return []fault.Detail{{Message: err.Error()}}
}
