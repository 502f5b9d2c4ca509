package crv

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// OutputGate is the name of the gate that the output schema makes.
const OutputGate = "output-schema"

// Chain is a blueprint's gates, compiled. Immutable, safe for concurrent use.
type Chain struct{ gates map[string][]*gate }

// Compile compiles gates; an error has a detail for each wrong gate.
func Compile(gates []blueprint.CRVGate, output *blueprint.IO) (*Chain, error) {
	c := &Chain{gates: map[string][]*gate{}}
	var details []fault.Detail
	if output != nil {
		s, err := CompileSchema(output.Schema)
		if err != nil {
			details = append(details, fault.Detail{Path: "spec.output.schema", Message: err.Error(), Fix: "write a JSON Schema (2020-12)"})
		} else {
			check := func(v Value) []resource.Finding { return VerifySchema(s, v.Value) }
			c.gates["output"] = []*gate{{name: OutputGate, on: "output", checks: []Check{check}, blocks: true, recovery: blueprint.RecoverAskUser}}
		}
	}
	for i, b := range gates {
		g, ds := compileGate(b, fmt.Sprintf("spec.crv[%d]", i))
		details = append(details, ds...)
		if len(ds) == 0 {
			c.gates[b.On] = append(c.gates[b.On], g)
		}
	}
	if len(details) > 0 {
		var first []string
		for _, d := range details {
			first = append(first, d.Path+": "+d.Message)
		}
		return nil, fault.New(fault.Invalid, "the CRV gates do not compile: %s", strings.Join(first, "; ")).With(details...)
	}
	return c, nil
}

// Judge runs the gates of on ("output", "args:TOOL", "result:TOOL", "state:TOOL") in order and
// stops at the first block. No gate, no steps. The output schema of the
// blueprint is judged first, as the gate named "output-schema", whose recovery
// (ask_user) lets the model answer again.
//
// A step's verdict is pass; warn when checks failed and the gate does not block
// or its recovery is a justified ignore; or block, with the recovery to follow.
func (c *Chain) Judge(on string, v Value) []resource.CRVStep {
	if c == nil || len(c.gates[on]) == 0 {
		return nil
	}
	v, err := shaped(v)
	if err != nil {
		g := c.gates[on][0]
		return []resource.CRVStep{{Gate: g.name, On: on, Verdict: resource.Block, Code: resource.OutOfScope,
			Message: "the value has no JSON form and cannot be judged", Recovery: string(blueprint.RecoverEscalate)}}
	}
	var steps []resource.CRVStep
	for _, g := range c.gates[on] {
		s := g.judge(v)
		steps = append(steps, s)
		if s.Verdict == resource.Block {
			break
		}
	}
	return steps
}

// shaped brings the parts of v into JSON's shape once for all gates.
func shaped(v Value) (Value, error) {
	var err error
	if v.Value, err = jsonShape(v.Value); err != nil {
		return v, err
	}
	if v.Input, err = jsonShape(v.Input); err != nil {
		return v, err
	}
	if v.Previous, err = jsonShape(v.Previous); err != nil {
		return v, err
	}
	args, err := jsonShape(v.Args)
	if m, ok := args.(map[string]any); ok {
		v.Args = m
	}
	return v, err
}
