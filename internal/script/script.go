// Package script runs Starlark that users write: blueprints made by code and the
// stateful tools of scenarios. There is no load, no file, no network, no clock
// and no randomness in it, and it is bounded by [Limits], which stop mistakes
// such as endless loops. They are not a sandbox for a stranger's code: memory is
// watched while it runs, not partitioned.
//
// Start from [Limits.Run] and [Limits.Call].
package script

import (
	"errors"

	starjson "go.starlark.net/lib/json"
	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Run runs a file and returns its globals, frozen. predeclared are names that it
// may use besides json and range. An error says where in the file it is.
func (l Limits) Run(name string, src []byte, predeclared starlark.StringDict) (starlark.StringDict, error) {
	if len(src) > MaxSource {
		return nil, fault.New(fault.TooLarge, "%s is larger than %d bytes.", name, MaxSource)
	}
	known := starlark.StringDict{
		"json":    starjson.Module,
		"range":   starlark.NewBuiltin("range", l.boundedRange),
		boundedFn: starlark.NewBuiltin(boundedFn, l.bounded),
	}
	for k, v := range predeclared {
		known[k] = v
	}
	opts := &syntax.FileOptions{Set: true, TopLevelControl: true}
	file, err := opts.Parse(name, src, 0)
	if err != nil {
		return nil, located(name, err)
	}
	boundOperators(file)
	prog, err := starlark.FileProgram(file, known.Has)
	if err != nil {
		return nil, located(name, err)
	}
	var globals starlark.StringDict
	err = l.within(name, func(t *starlark.Thread) (err error) { globals, err = prog.Init(t, known); return err })
	if err != nil {
		return nil, err
	}
	globals.Freeze()
	return globals, nil
}

// Call calls a function of a file that [Limits.Run] ran under name.
func (l Limits) Call(name string, fn starlark.Callable, args ...starlark.Value) (out starlark.Value, err error) {
	err = l.within(name, func(t *starlark.Thread) (err error) { out, err = starlark.Call(t, fn, args, nil); return err })
	return out, err
}

// within runs f with a thread that the limits bound. What print prints is dropped.
func (l Limits) within(name string, f func(*starlark.Thread) error) error {
	thread := &starlark.Thread{Name: name, Print: func(*starlark.Thread, string) {}}
	stop := l.watch(thread)
	defer stop()
	if err := f(thread); err != nil {
		return located(name, err)
	}
	return nil
}

// located says where in the file an error is.
func located(name string, err error) error {
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
