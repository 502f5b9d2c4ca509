package simulate

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Graders are compiled graders. Immutable, safe for concurrent use.
type Graders struct{ list []grader }

// grader is one compiled grader; check returns "" or why the run does not pass.
type grader struct {
	name  string
	check func(r resource.Run) string
}

// Grade judges a run by every grader, in order.
func (g *Graders) Grade(r resource.Run) []Grade {
	out := make([]Grade, len(g.list))
	for i, x := range g.list {
		why := x.check(r)
		out[i] = Grade{Name: x.name, Passed: why == "", Message: why}
	}
	return out
}

// grade is Grade; nil grades nothing.
func (g *Graders) grade(r resource.Run) []Grade {
	if g == nil {
		return nil
	}
	return g.Grade(r)
}

// CompileGraders compiles graders. The error has a detail for each wrong one,
// with its path from "graders[0]" on.
func CompileGraders(gs []blueprint.Grader) (*Graders, error) {
	out := &Graders{list: make([]grader, 0, len(gs))}
	var wrong []fault.Detail
	for i, g := range gs {
		check, err := compileGrader(g)
		if err != nil {
			wrong = append(wrong, fault.Detail{Path: fmt.Sprintf("graders[%d]", i), Message: err.Error(),
				Fix: "Correct the grader, or remove it."})
			continue
		}
		out.list = append(out.list, grader{name: graderName(g), check: check})
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "%d of %d graders cannot be used: %s", len(wrong), len(gs), wrong[0].Message).With(wrong...)
	}
	return out, nil
}

func graderName(g blueprint.Grader) string {
	switch {
	case g.Name != "":
		return g.Name
	case g.Field != "":
		return g.Type + " " + g.Field
	case g.Mode != "":
		return g.Type + " " + g.Mode
	}
	return g.Type
}

type check = func(r resource.Run) string

func compileGrader(g blueprint.Grader) (check, error) {
	if err := onlyOwnFields(g); err != nil {
		return nil, err
	}
	switch g.Type {
	case "equals":
		return compileEquals(g)
	case "contains", "notContains":
		return compileContains(g)
	case "regex":
		return compileRegex(g)
	case "jsonSchema":
		return compileSchema(g)
	case "cel":
		return compileCEL(g)
	case "trajectory":
		return compileTrajectory(g)
	case "cost", "latency":
		return compileMax(g)
	}
	return nil, fmt.Errorf("%q is not a grader; use equals, contains, notContains, regex, jsonSchema, cel, trajectory, cost or latency", g.Type)
}

// own lists the fields that each type reads, besides type and name.
var own = map[string][]string{
	"equals":      {"field", "value"},
	"contains":    {"field", "text"},
	"notContains": {"field", "text"},
	"regex":       {"field", "text"},
	"jsonSchema":  {"field", "schema"},
	"cel":         {"expression"},
	"trajectory":  {"tools", "mode"},
	"cost":        {"max"},
	"latency":     {"max"},
}

// onlyOwnFields refuses a field that the type does not read: it would look like
// a check and be none.
func onlyOwnFields(g blueprint.Grader) error {
	fields := []struct {
		name string
		set  bool
	}{
		{"field", g.Field != ""}, {"value", g.Value != nil}, {"text", g.Text != ""}, {"schema", g.Schema != nil},
		{"expression", g.Expression != ""}, {"tools", len(g.Tools) > 0}, {"mode", g.Mode != ""}, {"max", g.Max != nil},
	}
	reads, known := own[g.Type]
	if !known {
		return nil // reported as an unknown type
	}
	for _, f := range fields {
		if f.set && !slices.Contains(reads, f.name) {
			return fmt.Errorf("a %s grader does not read %s", g.Type, f.name)
		}
	}
	return nil
}

func compileRegex(g blueprint.Grader) (check, error) {
	if g.Text == "" {
		return nil, errors.New("a regex grader needs its pattern in text")
	}
	re, err := regexp.Compile(g.Text)
	if err != nil {
		return nil, fmt.Errorf("the pattern of a regex grader is wrong: %w", err)
	}
	return func(r resource.Run) string {
		text, ok := textAt(r.Output, g.Field)
		switch {
		case !ok:
			return noField(g.Field)
		case !re.MatchString(text):
			return fmt.Sprintf("%s does not match %s", clip(text), g.Text)
		}
		return ""
	}, nil
}

func compileSchema(g blueprint.Grader) (check, error) {
	if g.Schema == nil {
		return nil, errors.New("a jsonSchema grader needs schema")
	}
	s, err := crv.CompileSchema(g.Schema)
	if err != nil {
		return nil, err
	}
	return func(r resource.Run) string {
		v, ok := crv.Extract(r.Output, g.Field)
		if !ok {
			return noField(g.Field)
		}
		if found := s.Check(v); len(found) > 0 {
			if found[0].Path != "" {
				return found[0].Path + ": " + found[0].Message
			}
			return found[0].Message
		}
		return ""
	}, nil
}

func compileCEL(g blueprint.Grader) (check, error) {
	if g.Expression == "" {
		return nil, errors.New("a cel grader needs expression")
	}
	e, err := crv.CompileExpression(g.Expression)
	if err != nil {
		return nil, err
	}
	return func(r resource.Run) string {
		ok, err := e.Eval(r)
		switch {
		case err != nil:
			return fmt.Sprintf("%s could not be evaluated: %v", g.Expression, err)
		case !ok:
			return fmt.Sprintf("%s does not hold", g.Expression)
		}
		return ""
	}, nil
}

func compileMax(g blueprint.Grader) (check, error) {
	if g.Max == nil || *g.Max < 0 {
		return nil, fmt.Errorf("a %s grader needs max, 0 or more", g.Type)
	}
	most := *g.Max
	if g.Type == "cost" {
		return func(r resource.Run) string {
			if usd := float64(r.Stats.Cost) / 1e6; usd > most {
				return fmt.Sprintf("cost $%.6f, at most $%.6f is allowed", usd, most)
			}
			return ""
		}, nil
	}
	return func(r resource.Run) string {
		if float64(r.LatencyMs) > most {
			return fmt.Sprintf("took %d ms, at most %g ms is allowed", r.LatencyMs, most)
		}
		return ""
	}, nil
}

// details are those of a fault error, or one made of any other.
func details(err error) []fault.Detail {
	if e, ok := errors.AsType[*fault.Error](err); ok && len(e.Details) > 0 {
		return e.Details
	}
	return []fault.Detail{{Message: err.Error()}}
}
