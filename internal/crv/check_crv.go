package crv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// schemas compiles the input and output schemas.
func (c *checker) schemas() {
	for _, s := range []struct {
		path string
		io   *blueprint.IO
	}{{"spec.input.schema", c.a.Spec.Input}, {"spec.output.schema", c.a.Spec.Output}} {
		if s.io == nil {
			continue
		}
		if _, err := CompileSchema(s.io.Schema); err != nil {
			c.fail("schema/invalid", resource.OutOfScope, s.path, err.Error(), "write a JSON Schema (2020-12) without remote references")
		}
	}
}

// gates compiles the CRV gates and checks what they name.
func (c *checker) gates() {
	gates := c.a.Spec.CRV
	c.unique("crv/duplicate", "spec.crv", "gate", names(gates, func(g blueprint.CRVGate) string { return g.Name }))
	for i, g := range gates {
		p := fmt.Sprintf("spec.crv[%d]", i)
		if g.Name == OutputGate {
			c.fail("crv/reserved-name", resource.ConflictData, p+".name", fmt.Sprintf("%q is the name of the gate that spec.output makes", OutputGate), "choose another name")
		}
		_, details := compileGate(g, p)
		for _, d := range details {
			rule, code := "crv/invalid", resource.OutOfScope
			if strings.HasSuffix(d.Path, ".justification") {
				rule, code = "crv/ignore-without-justification", resource.PolicyViolation
			}
			c.fail(rule, code, d.Path, d.Message, d.Fix)
		}
		if _, tool, ok := strings.Cut(g.On, ":"); ok && c.tools[tool] == nil {
			c.fail("crv/unknown-tool", resource.MissingData, p+".on", fmt.Sprintf("there is no tool %q", tool), "correct the name, or remove the gate")
		}
		c.recoveryTool(p, g)
	}
}

func (c *checker) recoveryTool(p string, g blueprint.CRVGate) {
	if g.Recovery != blueprint.RecoverRetryAltTool || g.RecoveryTool == "" {
		return
	}
	_, tool, _ := strings.Cut(g.On, ":")
	switch {
	case c.tools[g.RecoveryTool] == nil:
		c.fail("crv/unknown-tool", resource.MissingData, p+".recoveryTool", fmt.Sprintf("there is no tool %q", g.RecoveryTool), "name another tool of the blueprint")
	case g.RecoveryTool == tool:
		c.fail("crv/same-recovery-tool", resource.ConflictData, p+".recoveryTool", fmt.Sprintf("%q is the tool whose value failed", tool), "name another tool")
	default:
		c.recoveryPhases(p, g, tool)
	}
}

// recoveryPhases warns of phases in which the tool of a gate can be called and
// the one to use instead cannot: there the run escalates.
func (c *checker) recoveryPhases(p string, g blueprint.CRVGate, tool string) {
	if c.a.Spec.Workflow == nil {
		return
	}
	for _, phase := range c.a.Spec.Workflow.Phases {
		if slices.Contains(phase.Tools, tool) && !slices.Contains(phase.Tools, g.RecoveryTool) {
			c.warn("crv/recovery-tool-phase", resource.OutOfScope, p+".recoveryTool",
				fmt.Sprintf("%q cannot be called in phase %q, where %q can, so the run escalates there", g.RecoveryTool, phase.Name, tool),
				"add the tool to the phase, or choose another recovery")
		}
	}
}

func (c *checker) success() {
	cs := c.a.Spec.Success
	c.unique("eval/duplicate-criterion", "spec.success", "criterion", names(cs, func(v blueprint.Criterion) string { return v.Name }))
	for i, cr := range cs {
		if _, err := CompileExpression(cr.Expression); err != nil {
			c.fail("eval/criterion", resource.OutOfScope, fmt.Sprintf("spec.success[%d].expression", i), err.Error(), "write CEL over run that yields a bool")
		}
	}
	if len(cs) == 0 && c.a.Spec.Output == nil {
		c.warn("eval/no-criteria", resource.MissingData, "spec.success", "nothing says when a run succeeded, so every run that ends counts as a success", "add spec.success, or spec.output with a schema")
	}
}
