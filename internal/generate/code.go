package generate

import (
	"encoding/json"
	"errors"
	"time"

	starjson "go.starlark.net/lib/json"
	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// FromCode makes a blueprint by running a Starlark file. The file defines
//
//	def blueprint(ctx):
//	    return {"apiVersion": "aureus/v1", "kind": "Agent", ...}
//
// or a global blueprint = {...}. ctx.params holds params, which may be any JSON
// values; params is a global too, and so is the module json. There is no load,
// no file, no network, no clock and no randomness, so the same file with the
// same params makes the same blueprint. What print prints is dropped.
//
// The limits (package constants) stop mistakes such as endless loops with
// fault.TooLarge. They are not a sandbox for a stranger's code: memory is
// watched while it runs, not partitioned.
func FromCode(name string, src []byte, params map[string]any, now func() time.Time) (*blueprint.Agent, resource.GenerationRecord, error) {
	rec := resource.GenerationRecord{Method: MethodCode, Parameters: params, StartedAt: millis(now())}
	if len(src) > MaxSource {
		return nil, rec, fault.New(fault.TooLarge, "%s is larger than %d bytes.", name, MaxSource)
	}
	var err error
	if rec.InputsDigest, err = blueprint.Digest(map[string]any{"code": string(src), "parameters": params}); err != nil {
		return nil, rec, err
	}
	value, err := runCode(name, src, params)
	if err != nil {
		return nil, rec, err
	}
	c := converter{nodes: maxNodes, bytes: maxText}
	tree, err := c.plain("blueprint", value, maxDepth)
	if err != nil {
		return nil, rec, fault.New(fault.Invalid, "%s does not make a blueprint: %v.", name, err)
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, rec, fault.New(fault.Invalid, "%s does not make a blueprint: %v.", name, err)
	}
	a, err := parseMade(name, text)
	if err != nil {
		return nil, rec, err
	}
	return finish(a, rec, now)
}

// runCode runs the file and returns what it calls its blueprint.
func runCode(name string, src []byte, params map[string]any) (starlark.Value, error) {
	given, err := starlarkValue(params)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The parameters cannot be given to %s: %v.", name, err)
	}
	given.Freeze()
	predeclared := starlark.StringDict{
		"json":    starjson.Module,
		"params":  given,
		"range":   starlark.NewBuiltin("range", boundedRange),
		boundedFn: starlark.NewBuiltin(boundedFn, bounded),
	}
	prog, err := compileCode(name, src, predeclared)
	if err != nil {
		return nil, codeFault(name, err)
	}
	thread := &starlark.Thread{Name: name, Print: func(*starlark.Thread, string) {}}
	stop := watch(thread)
	defer stop()
	globals, err := prog.Init(thread, predeclared)
	if err != nil {
		return nil, codeFault(name, err)
	}
	globals.Freeze()
	switch v := globals["blueprint"].(type) {
	case nil:
		return nil, fault.New(fault.Invalid, "%s defines no blueprint; write def blueprint(ctx): return {...}, or blueprint = {...}.", name)
	case starlark.Callable:
		ctx := starlarkstruct.FromStringDict(starlark.String("ctx"), starlark.StringDict{"params": given})
		out, err := starlark.Call(thread, v, starlark.Tuple{ctx}, nil)
		if err != nil {
			return nil, codeFault(name, err)
		}
		return out, nil
	default:
		return v, nil
	}
}

func compileCode(name string, src []byte, predeclared starlark.StringDict) (*starlark.Program, error) {
	opts := &syntax.FileOptions{Set: true, TopLevelControl: true}
	file, err := opts.Parse(name, src, 0)
	if err != nil {
		return nil, err
	}
	boundOperators(file)
	return starlark.FileProgram(file, predeclared.Has)
}

// codeFault says where in the file an error is.
func codeFault(name string, err error) error {
	code := fault.Invalid
	var ds []fault.Detail
	at := func(p syntax.Position, msg string) {
		ds = append(ds, fault.Detail{File: name, Line: int(p.Line), Column: int(p.Col), Message: msg})
	}
	if e, ok := errors.AsType[syntax.Error](err); ok {
		at(e.Pos, e.Msg)
	}
	if list, ok := errors.AsType[resolve.ErrorList](err); ok {
		for _, e := range list {
			at(e.Pos, e.Msg)
		}
	}
	if e, ok := errors.AsType[*starlark.EvalError](err); ok {
		at(innermost(e.CallStack, name), e.Msg)
		if stopped(e) {
			code = fault.TooLarge
		}
	}
	if len(ds) == 0 {
		return fault.New(code, "%s could not be run: %v", name, err)
	}
	return fault.New(code, "%s:%d:%d: %s", name, ds[0].Line, ds[0].Column, ds[0].Message).With(ds...)
}

// innermost is the newest position of a call stack that is in the file.
func innermost(stack starlark.CallStack, name string) syntax.Position {
	for i := range stack {
		if p := stack.At(i).Pos; p.Filename() == name {
			return p
		}
	}
	return syntax.Position{}
}
