package console

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// askedView is a tool call that people are asked about, with where each of its
// values comes from.
type askedView struct {
	Args    []askedArg
	Before  string // the state in words
	Targets int    // arguments that decide whom or what the call affects
	Strange int    // of these, those whose value a stranger or nobody named
}

// askedArg is one argument of the call.
type askedArg struct {
	Name   string
	Role   string // target, content, quantity; "" of an argument without a value
	Class  string
	Says   string // what the class means
	Tone   string
	Value  *shownValue // nil: not shown to the principal
	Number bool        // it can be bounded
	From   []askedFrom
}

// askedFrom is where the value at a path of an argument comes from.
type askedFrom struct {
	Path   string // "" for the argument itself
	Origin string // user, blueprint, unknown, or the tool's name
	Tool   bool
	Run    string // whose steps these are
	Steps  []int  // that returned it, newest first
}

// classSays tells an approver what the guard's classes mean.
var classSays = map[string]struct{ says, tone string }{
	"user":      {"the user said it", "good"},
	"blueprint": {"the agent's goal or instructions say it", "good"},
	"trusted":   {"a tool that outsiders do not write into returned it", "good"},
	"selected":  {"a field of a record from outside that the user's words picked", "warn"},
	"record":    {"a field of a record from outside that nobody picked", "warn"},
	"outside":   {"it stands in text from outside, which a stranger can have written", "bad"},
	"unknown":   {"it stands nowhere: computed, rephrased, or forgotten", "bad"},
}

// roleOrder puts first what decides most.
var roleOrder = []string{"target", "content", "quantity", ""}

// maxLinked bounds the steps that one origin links to.
const maxLinked = 3

// askedOf reads a request about a call; nil for any other. run is the run that
// asked, nil when the principal does not see it.
func askedOf(a resource.Approval, run *resource.Run) *askedView {
	if a.Tool == "" {
		return nil
	}
	v := &askedView{}
	flows := map[string]resource.ArgumentFlow{}
	var origins map[string]string
	if a.Call != nil {
		v.Before, origins = beforeWords(a.Call.Before), a.Call.Origins
		for _, f := range a.Call.Arguments {
			flows[f.Name] = f
		}
	}
	names := slices.Collect(maps.Keys(a.Args))
	for name := range flows {
		if _, has := a.Args[name]; !has {
			names = append(names, name)
		}
	}
	for _, name := range names {
		f := flows[name]
		arg := askedArg{Name: name, Role: f.Role, Class: f.Class, Says: classSays[f.Class].says, Tone: classSays[f.Class].tone}
		if value, has := a.Args[name]; has {
			arg.Value, arg.Number = shownOf(value), isAmount(value)
		}
		arg.From = fromOf(name, a.Args[name], origins, run)
		if f.Role == "target" {
			v.Targets++
			if arg.Tone == "bad" {
				v.Strange++
			}
		}
		v.Args = append(v.Args, arg)
	}
	slices.SortFunc(v.Args, func(x, y askedArg) int {
		return cmp.Or(cmp.Compare(slices.Index(roleOrder, x.Role), slices.Index(roleOrder, y.Role)), cmp.Compare(x.Name, y.Name))
	})
	return v
}

// isAmount reports whether a value is a number that a scope can bound.
func isAmount(v any) bool {
	switch n := v.(type) {
	case float64:
		return n >= 0
	case int:
		return n >= 0
	case int64:
		return n >= 0
	}
	return false
}

// fromOf lists where the values of an argument come from, by path.
func fromOf(name string, value any, origins map[string]string, run *resource.Run) []askedFrom {
	var out []askedFrom
	for _, path := range slices.Sorted(maps.Keys(origins)) {
		rest, ok := strings.CutPrefix(path, name)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
			continue
		}
		f := askedFrom{Path: rest, Origin: origins[path]}
		if rest == "" && !strings.HasPrefix(f.Origin, "tool:") {
			continue // the class says it
		}
		if tool, is := strings.CutPrefix(f.Origin, "tool:"); is {
			f.Origin, f.Tool = tool, true
			if run != nil {
				f.Run, f.Steps = run.ID, returnedBy(*run, tool, scalarAt(value, rest))
			}
		}
		out = append(out, f)
	}
	return out
}

// returnedBy are the calls of a tool that returned a text; when none holds it as it
// stands (it was found in another spelling), all that returned something.
func returnedBy(run resource.Run, tool, text string) []int {
	var exact, all []int
	for _, s := range slices.Backward(run.Steps) {
		if s.Tool == nil || s.Tool.Tool != tool || s.Tool.Decision.State != resource.DecisionApproved {
			continue
		}
		all = append(all, s.Index)
		if text != "" && strings.Contains(strings.ToLower(s.Tool.Result), strings.ToLower(text)) {
			exact = append(exact, s.Index)
		}
	}
	if len(exact) > 0 {
		all = exact
	}
	return all[:min(len(all), maxLinked)]
}

// scalarAt is the scalar at a path below v, as text: ".a[0].b"; "" when there is none.
func scalarAt(v any, path string) string {
	for path != "" && v != nil {
		end := strings.IndexAny(path[1:], ".[") + 1
		if end == 0 {
			end = len(path)
		}
		part := path[:end]
		path = path[end:]
		if part[0] == '.' {
			m, _ := v.(map[string]any)
			v = m[part[1:]]
			continue
		}
		i, err := strconv.Atoi(strings.Trim(part, "[]"))
		list, _ := v.([]any)
		if err != nil || i < 0 || i >= len(list) {
			return ""
		}
		v = list[i]
	}
	switch x := v.(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case int, int64, bool:
		return fmt.Sprint(x)
	}
	return ""
}

// beforeWords is the state in which a call is asked for.
func beforeWords(s resource.GuardState) string {
	if s.Unknown {
		return s.Phase + ", the run's state was lost: everything counts as read"
	}
	read := "no outside text read"
	if s.Tainted {
		read = "outside text read"
	}
	return fmt.Sprintf("%s, %s, data up to %s, %d %s before this one", s.Phase, read, s.Confidentiality, s.ToolCalls, plural(s.ToolCalls, "call", "calls"))
}
