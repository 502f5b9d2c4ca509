package crv

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// evaluation checks the suites: names, tools, inputs, graders.
func (c *checker) evaluation() {
	suites := c.a.Spec.Evaluation.Suites
	c.unique("eval/duplicate-suite", "spec.evaluation.suites", "suite", names(suites, func(s blueprint.Suite) string { return s.Name }))
	var input *CompiledSchema
	if io := c.a.Spec.Input; io != nil {
		input, _ = CompileSchema(io.Schema) // schemas reports a broken one
	}
	total := 0
	for i, s := range suites {
		p := fmt.Sprintf("spec.evaluation.suites[%d]", i)
		if s.File != "" {
			c.fail("eval/file-not-read", resource.MissingData, p+".file", fmt.Sprintf("the scenarios of the suite %q were not read", s.Name), "read the blueprint with its folder, or write the scenarios into it")
		}
		list, at := c.expanded(p, s)
		c.unique("eval/duplicate-scenario", at, "scenario", names(list, func(v blueprint.Scenario) string { return v.Name }))
		for j, sc := range list {
			c.scenario(fmt.Sprintf("%s[%d]", at, j), sc, input)
		}
		total += len(list)
	}
	if total == 0 {
		c.warn("eval/no-scenarios", resource.MissingData, "spec.evaluation", "there are no scenarios, so no simulation or evaluation can give evidence", "add a suite with scenarios")
	}
}

// expanded are the scenarios of a suite, and where they are written.
func (c *checker) expanded(p string, s blueprint.Suite) ([]blueprint.Scenario, string) {
	at := p + ".scenarios"
	if s.Data != nil {
		at = p + ".data.rows"
		if s.Data.File != "" {
			c.fail("eval/file-not-read", resource.MissingData, p+".data.file", fmt.Sprintf("the data set of the suite %q was not read", s.Name), "read the blueprint with its folder, or write the rows into it")
		}
	}
	list, err := s.Expand()
	var fe *fault.Error
	if errors.As(err, &fe) {
		for _, d := range fe.Details {
			c.fail("eval/row", resource.MissingData, p+"."+d.Path, d.Message, d.Fix)
		}
	}
	return list, at
}

func (c *checker) scenario(p string, s blueprint.Scenario, input *CompiledSchema) {
	if input != nil {
		for _, f := range input.Check(s.Input) {
			c.fail("eval/input", f.Code, pathInto(p+".input", f.Path), "the input does not fit spec.input: "+f.Message, "correct the input, or spec.input.schema")
		}
	}
	for i, f := range s.Fixtures {
		if c.tools[f.Tool] == nil {
			c.fail("eval/unknown-tool", resource.MissingData, fmt.Sprintf("%s.fixtures[%d].tool", p, i), fmt.Sprintf("there is no tool %q", f.Tool), "correct the name, or remove the fixture")
		}
	}
	for i, f := range s.Faults {
		if f.Tool != "" && c.tools[f.Tool] == nil {
			c.fail("eval/unknown-tool", resource.MissingData, fmt.Sprintf("%s.faults[%d].tool", p, i), fmt.Sprintf("there is no tool %q", f.Tool), "correct the name, or remove it to hit every tool")
		}
	}
	for i, name := range s.Approve {
		if c.tools[name] == nil {
			c.fail("eval/unknown-tool", resource.MissingData, fmt.Sprintf("%s.approve[%d]", p, i), fmt.Sprintf("there is no tool %q", name), "correct the name, or remove it")
		}
	}
	for i, g := range s.Expect.Graders {
		c.grader(fmt.Sprintf("%s.expect.graders[%d]", p, i), g)
	}
	for i, g := range s.Expect.Refusal {
		c.grader(fmt.Sprintf("%s.expect.refusal[%d]", p, i), g)
	}
	for i, t := range s.Turns {
		for j, g := range t.Graders {
			c.grader(fmt.Sprintf("%s.turns[%d].graders[%d]", p, i, j), g)
		}
	}
}

// pathInto appends a dotted path of a value to a field path.
func pathInto(base, sub string) string {
	for sub != "" {
		head, rest := splitPath(sub)
		if _, err := strconv.Atoi(head); err == nil {
			base += "[" + head + "]"
		} else {
			base += "." + head
		}
		sub = rest
	}
	return base
}

func (c *checker) grader(p string, g blueprint.Grader) {
	switch g.Type {
	case "regex":
		if _, err := regexp.Compile(g.Text); err != nil {
			c.fail("eval/regex", resource.OutOfScope, p+".text", err.Error(), "write a regular expression in RE2 syntax")
		}
	case "jsonSchema":
		if _, err := CompileSchema(g.Schema); err != nil {
			c.fail("eval/schema", resource.OutOfScope, p+".schema", err.Error(), "write a JSON Schema (2020-12)")
		}
	case "cel":
		if _, err := CompileExpression(g.Expression); err != nil {
			c.fail("eval/cel", resource.OutOfScope, p+".expression", err.Error(), "write CEL over run that yields a bool")
		}
	case "trajectory":
		for i, name := range g.Tools {
			if c.tools[name] == nil {
				c.fail("eval/unknown-tool", resource.MissingData, fmt.Sprintf("%s.tools[%d]", p, i), fmt.Sprintf("there is no tool %q", name), "correct the name, or remove it")
			}
		}
	case "judge":
		if g.Mode == "pairwise" && g.Scale > 0 {
			c.fail("eval/judge", resource.OutOfScope, p+".scale", "a pairwise judge gives no marks", "leave scale out, or write mode: rate")
		}
	case "equals", "contains", "notContains", "startsWith", "json", "jsonSubset", "number", "similarity", "refusal", "cost", "latency",
		"starlark", "command":
	default:
		c.fail("eval/grader", resource.OutOfScope, p+".type", fmt.Sprintf("%q is no grader", g.Type), "write one of the graders of docs/evaluation.md, such as equals, contains, jsonSubset or judge")
	}
}
