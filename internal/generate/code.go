package generate

import (
	"encoding/json"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/script"
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
// Limits stop mistakes such as endless loops with fault.TooLarge; see
// internal/script for what they are not.
func FromCode(name string, src []byte, params map[string]any, now func() time.Time) (*blueprint.Agent, resource.GenerationRecord, error) {
	rec := resource.GenerationRecord{Method: MethodCode, Parameters: params, StartedAt: millis(now())}
	var err error
	if rec.InputsDigest, err = blueprint.Digest(map[string]any{"code": string(src), "parameters": params}); err != nil {
		return nil, rec, err
	}
	value, err := runCode(name, src, params)
	if err != nil {
		return nil, rec, err
	}
	tree, err := codeLimits.Plain("blueprint", value)
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

// MaxSource bounds the bytes of a file.
const MaxSource = script.MaxSource

// codeLimits bound a file and what it makes.
var codeLimits = script.Limits{Steps: 5_000_000, Items: 1_000_000, Heap: 256 << 20, Wall: 10 * time.Second, Nodes: 200_000, Text: 4 << 20}

// runCode runs the file and returns what it calls its blueprint.
func runCode(name string, src []byte, params map[string]any) (starlark.Value, error) {
	given, err := script.Value(params)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The parameters cannot be given to %s: %v.", name, err)
	}
	given.Freeze()
	globals, err := codeLimits.Run(name, src, starlark.StringDict{"params": given})
	if err != nil {
		return nil, err
	}
	switch v := globals["blueprint"].(type) {
	case nil:
		return nil, fault.New(fault.Invalid, "%s defines no blueprint; write def blueprint(ctx): return {...}, or blueprint = {...}.", name)
	case starlark.Callable:
		ctx := starlarkstruct.FromStringDict(starlark.String("ctx"), starlark.StringDict{"params": given})
		return codeLimits.Call(name, v, ctx)
	default:
		return v, nil
	}
}
