// Package crv is Circuit Reasoning Validation: validators that judge a value or a
// state change before it is committed, gates that combine them, chains that stop
// at the first block, and the checks of blueprints and versions (reachability,
// tiers, schema regressions).
//
// Start from [Compile] for values and [CheckBlueprint] for versions. Pure: no
// I/O, no clock.
package crv

import (
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Chain is a blueprint's gates, compiled. Immutable, safe for concurrent use.
type Chain struct{}

// Value is what a gate judges.
type Value struct {
	Value    any            // the output, arguments or result
	Input    any            // the run's input
	Args     map[string]any // of the tool, for args: and result: gates
	Previous any            // the value of the same kind before it in this run, for monotonic checks
}

// Compile compiles gates; an error has a detail for each wrong gate.
func Compile(gates []blueprint.CRVGate, output *blueprint.IO) (*Chain, error) {
	return nil, fault.New(fault.Internal, "crv: Compile is being written")
}

// Judge runs the gates of on ("output", "args:TOOL", "result:TOOL") in order and
// stops at the first block. No gate, no steps. The output schema of the
// blueprint is judged first, as the gate named "output-schema".
func (c *Chain) Judge(on string, v Value) []resource.CRVStep { return nil }

// Criteria are compiled success criteria.
type Criteria struct{}

// CompileCriteria compiles the success criteria of a blueprint.
func CompileCriteria(cs []blueprint.Criterion) (*Criteria, error) {
	return nil, fault.New(fault.Internal, "crv: CompileCriteria is being written")
}

// Failed returns the name of the first criterion that does not hold for r (or
// whose evaluation fails) and why; "" when all hold.
func (c *Criteria) Failed(r resource.Run) (name, why string) { return "", "" }

// Expression is a compiled CEL expression over one variable, run, that yields a
// bool. Graders and criteria share it.
type Expression struct{}

// CompileExpression compiles src.
func CompileExpression(src string) (*Expression, error) {
	return nil, fault.New(fault.Internal, "crv: CompileExpression is being written")
}

// Eval evaluates the expression over r.
func (e *Expression) Eval(r resource.Run) (bool, error) { return false, nil }

// CompiledSchema is a compiled JSON Schema.
type CompiledSchema struct{}

// CompileSchema compiles a JSON Schema (2020-12); remote references are refused.
func CompileSchema(schema map[string]any) (*CompiledSchema, error) {
	return nil, fault.New(fault.Internal, "crv: CompileSchema is being written")
}

// Check returns what is wrong with v, nil when nothing is.
func (s *CompiledSchema) Check(v any) []resource.Finding { return nil }

// CheckBlueprint judges a blueprint by itself: tiers against tools, permissions
// against tools, phases reachable and live, high-risk transitions approved,
// gates, graders, criteria and schemas compile.
func CheckBlueprint(a *blueprint.Agent) []resource.Finding { return nil }

// CheckRegression judges to against from, what serves now: breaking input or
// output changes, tools removed, tool schema drift, transitions removed.
func CheckRegression(from, to *resource.Manifest) []resource.Finding { return nil }
