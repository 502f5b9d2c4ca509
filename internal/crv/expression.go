package crv

import (
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// costLimit bounds one evaluation in CEL's own units (about one a step), so that
// no expression can hold up a run.
const costLimit = 1_000_000

// maxExpression bounds the text of one expression.
const maxExpression = 20_000

// environment makes a CEL environment over the given dynamic variables.
func environment(vars ...cel.EnvOption) (*cel.Env, error) {
	opts := []cel.EnvOption{
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(maxExpression),
		ext.Strings(), ext.Math(), ext.Sets(),
	}
	return cel.NewEnv(append(opts, vars...)...)
}

var runEnv = sync.OnceValues(func() (*cel.Env, error) {
	return environment(cel.Variable("run", cel.MapType(cel.StringType, cel.DynType)))
})

var valueEnv = sync.OnceValues(func() (*cel.Env, error) {
	return environment(cel.Variable("value", cel.DynType), cel.Variable("input", cel.DynType),
		cel.Variable("args", cel.DynType), cel.Variable("previous", cel.DynType))
})

// program compiles src in env to a program that yields a bool.
func program(env *cel.Env, err error, src string) (cel.Program, error) {
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the CEL environment cannot be made")
	}
	ast, issues := env.Compile(src)
	if issues != nil && issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, fault.New(fault.Invalid, "the expression is not valid CEL at %d:%d: %s",
			first.Location.Line(), first.Location.Column()+1, firstLine(first.Message))
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return nil, fault.New(fault.Invalid, "the expression yields %s; it must yield a bool, for example by a comparison", t)
	}
	p, err := env.Program(ast, cel.CostLimit(costLimit))
	if err != nil {
		return nil, fault.New(fault.Invalid, "the expression cannot be compiled: %s", firstLine(err.Error()))
	}
	return p, nil
}

// evaluate runs p; anything but a bool is an error.
func evaluate(p cel.Program, vars map[string]any) (bool, error) {
	out, _, err := p.Eval(vars)
	if err != nil {
		return false, fault.New(fault.Failed, "the expression failed: %s", firstLine(err.Error()))
	}
	b, ok := out.Value().(bool)
	if !ok {
		return false, fault.New(fault.Failed, "the expression yielded %s, not a bool", out.Type().TypeName())
	}
	return b, nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// Expression is a compiled CEL expression over one variable, run, that yields a
// bool. Graders and criteria share it. Immutable, safe for concurrent use.
type Expression struct{ program cel.Program }

// CompileExpression compiles src. The variable run is a map with input, output,
// outcome, toolCalls (each with tool, args, result, isError, decision), costUSD
// and latencyMs.
func CompileExpression(src string) (*Expression, error) {
	env, err := runEnv()
	p, err := program(env, err, src)
	if err != nil {
		return nil, err
	}
	return &Expression{p}, nil
}

// Eval evaluates the expression over r.
func (e *Expression) Eval(r resource.Run) (bool, error) {
	vars, err := runVars(r)
	if err != nil {
		return false, err
	}
	return evaluate(e.program, vars)
}

// runVars is r as expressions see it.
func runVars(r resource.Run) (map[string]any, error) {
	input, err := jsonShape(r.Input)
	if err != nil {
		return nil, fmt.Errorf("the run's input: %w", err)
	}
	output, err := jsonShape(r.Output)
	if err != nil {
		return nil, fmt.Errorf("the run's output: %w", err)
	}
	calls := []any{}
	for _, s := range r.Steps {
		if s.Tool == nil {
			continue
		}
		args, err := jsonShape(s.Tool.Args)
		if err != nil {
			return nil, fmt.Errorf("the arguments of %s: %w", s.Tool.Tool, err)
		}
		if s.Tool.Args == nil {
			args = map[string]any{}
		}
		calls = append(calls, map[string]any{
			"tool": s.Tool.Tool, "args": args, "result": s.Tool.Result, "isError": s.Tool.IsError,
			"decision": string(s.Tool.Decision.State),
		})
	}
	return map[string]any{"run": map[string]any{
		"input": input, "output": output, "outcome": string(r.Outcome), "toolCalls": calls,
		"costUSD": float64(r.Stats.Cost) / 1e6, "latencyMs": r.LatencyMs,
	}}, nil
}
