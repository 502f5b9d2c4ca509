package simulate

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/script"
)

// toolLimits bound one call of a stateful tool. They are far below those of a
// blueprint's code, because hundreds of scenarios run at once.
var toolLimits = script.Limits{Steps: 1_000_000, Items: 100_000, Heap: 1 << 30, Wall: 10 * time.Second, Nodes: 100_000, Text: 4 << 20}

// stateful are the tools of a scenario that are written in Starlark, compiled.
// Immutable: a run has its own state.
type stateful struct {
	name  string
	tools map[string]starlark.Callable // by the tool's name
	state map[string]any               // at the start
}

// functionName is the Starlark name of a tool.
func functionName(tool string) string {
	return strings.NewReplacer(".", "_", "-", "_").Replace(tool)
}

// compileStateful compiles the source of stateful tools. Every function in it is
// a tool, or has a name that begins with an underscore.
func compileStateful(name, src string, state map[string]any, tools []blueprint.Tool) (*stateful, error) {
	if src == "" {
		if len(state) > 0 {
			return nil, fault.New(fault.Invalid, "there is state, but no starlark that could use it")
		}
		return nil, nil
	}
	globals, err := toolLimits.Run(name, []byte(src), starlark.StringDict{"error": starlark.NewBuiltin("error", makeToolError)})
	if err != nil {
		return nil, err
	}
	s := &stateful{name: name, tools: map[string]starlark.Callable{}, state: state}
	known := map[string]string{}
	for _, t := range tools {
		fn := functionName(t.Name)
		if other := known[fn]; other != "" {
			known[fn] = "" // ambiguous: reported when a function has the name
			continue
		}
		known[fn] = t.Name
	}
	for _, g := range slices.Sorted(maps.Keys(globals)) {
		fn, ok := globals[g].(*starlark.Function)
		if !ok || strings.HasPrefix(g, "_") {
			continue
		}
		tool := known[g]
		if tool == "" {
			return nil, fault.New(fault.Invalid, "%s defines %s, which is not the name of one tool of the agent; begin the names of helpers with _", name, g)
		}
		if fn.NumParams() != 3 {
			return nil, fault.New(fault.Invalid, "%s: the function %s takes %d parameters; write def %s(args, state, ctx)", name, g, fn.NumParams(), g)
		}
		s.tools[tool] = fn
	}
	if len(s.tools) == 0 {
		return nil, fault.New(fault.Invalid, "%s defines no tool; write def TOOL(args, state, ctx)", name)
	}
	if _, err := script.Value(jsonShape(state)); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s: the state cannot be used", name)
	}
	return s, nil
}

// toolError is what error(text) makes: returned, the tool reports this error.
type toolError struct {
	*starlarkstruct.Struct
	text string
}

func makeToolError(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "text", &text); err != nil {
		return nil, err
	}
	return toolError{Struct: starlarkstruct.FromStringDict(starlark.String("error"), starlark.StringDict{"text": starlark.String(text)}), text: text}, nil
}

// world is the state of one run's stateful tools.
type world struct {
	*stateful
	values *starlark.Dict
	clock  *clock
	random *rand.Rand
	calls  map[string]int
}

func (s *stateful) start(c *clock, random *rand.Rand) (*world, error) {
	w := &world{stateful: s, values: starlark.NewDict(0), clock: c, random: random, calls: map[string]int{}}
	if len(s.state) == 0 {
		return w, nil
	}
	v, err := script.Value(jsonShape(s.state))
	if err != nil {
		return nil, err
	}
	w.values = v.(*starlark.Dict)
	return w, nil
}

// snapshot is the state as JSON's values.
func (w *world) snapshot() (map[string]any, error) {
	if w == nil {
		return nil, nil
	}
	v, err := toolLimits.Plain("state", w.values)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s: the state cannot be kept: %v", w.name, err)
	}
	return v.(map[string]any), nil
}

// answer calls the function of a tool. An error is a defect of the scenario.
func (w *world) answer(call agentrun.Call) (agentrun.Result, error) {
	args, err := script.Value(jsonShape(call.Args))
	if err != nil {
		return agentrun.Result{}, fault.Wrap(err, fault.Invalid, "the arguments cannot be given to %s", w.name)
	}
	args.Freeze()
	w.calls[call.Tool.Name]++
	out, err := toolLimits.Call(w.name, w.tools[call.Tool.Name], args, w.values, w.context(call))
	if err != nil {
		return agentrun.Result{}, err
	}
	if e, ok := out.(toolError); ok {
		return answer(blueprint.Fixture{Error: orText(e.text, "the tool reported an error")})
	}
	plain, err := toolLimits.Plain("result", out)
	if err != nil {
		return agentrun.Result{}, fault.New(fault.Invalid, "%s: %s cannot answer this: %v", w.name, functionName(call.Tool.Name), err)
	}
	return answer(blueprint.Fixture{Result: jsonShape(plain)})
}

// context is what a function may know besides its arguments and the state.
func (w *world) context(call agentrun.Call) starlark.Value {
	draw := func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		return starlark.Float(w.random.Float64()), nil
	}
	return starlarkstruct.FromStringDict(starlark.String("ctx"), starlark.StringDict{
		"tool":   starlark.String(call.Tool.Name),
		"call":   starlark.MakeInt(w.calls[call.Tool.Name]),
		"now":    starlark.String(w.clock.Now().Format(time.RFC3339)),
		"unix":   starlark.MakeInt64(w.clock.Now().Unix()),
		"random": starlark.NewBuiltin("random", draw),
	})
}

func orText(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
