package guard

import (
	"encoding/json"
	"slices"

	cedar "github.com/cedar-policy/cedar-go"
)

// reads is what of a call's context decides a policy, as far as exploration can
// enumerate it. What it cannot (values of arguments, numbers left) is a variable.
type reads struct {
	fields []string            // of the context that is enumerated: phase, tainted, ...
	args   map[string]argReads // arguments whose presence, origin or role it reads
	// whole says that the policy compares a record that holds open values as one
	// value. Partial evaluation would compare it as it stands, so nothing is
	// concluded about such a policy.
	whole bool
	// sets says that it uses a set of context.origins otherwise than by
	// contains("name").
	sets bool
}

type argReads struct{ origin, role bool }

// readsOf walks a policy's documented JSON form.
func readsOf(c *cedar.Policy) reads {
	r := reads{args: map[string]argReads{}}
	var v any
	b, err := c.MarshalJSON()
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		r.whole = true
		return r
	}
	r.walk(v)
	slices.Sort(r.fields)
	r.fields = slices.Compact(r.fields)
	return r
}

func (r *reads) walk(v any) {
	switch n := v.(type) {
	case []any:
		for _, e := range n {
			r.walk(e)
		}
	case map[string]any:
		if r.contains(n) {
			return
		}
		if path, ok := contextPath(n); ok {
			_, has := n["has"]
			r.read(path, has)
			return
		}
		for _, e := range n {
			r.walk(e)
		}
	}
}

// contains recognises context.origins.CLASS.contains("NAME").
func (r *reads) contains(n map[string]any) bool {
	op, ok := n["contains"].(map[string]any)
	if !ok {
		return false
	}
	left, ok1 := op["left"].(map[string]any)
	right, ok2 := op["right"].(map[string]any)
	if !ok1 || !ok2 {
		return false
	}
	path, ok := contextPath(left)
	name, text := right["Value"].(string)
	if !ok || !text || len(path) != 2 || path[0] != "origins" {
		return false
	}
	r.arg(name, argReads{origin: true})
	return true
}

func (r *reads) arg(name string, a argReads) {
	old := r.args[name]
	r.args[name] = argReads{origin: old.origin || a.origin, role: old.role || a.role}
}

// read notes a chain context.a.b.c; has is a question whether its end is there.
func (r *reads) read(path []string, has bool) {
	if len(path) == 0 {
		r.whole = true
		return
	}
	switch path[0] {
	case "args":
		r.readArg(path[1:], has)
	case "origins":
		r.sets = r.sets || len(path) > 1
		r.whole = r.whole || len(path) == 1 && !has
	case "left":
		r.whole = r.whole || len(path) == 1 && !has
	case "spend":
	default:
		r.fields = append(r.fields, path[0])
	}
}

func (r *reads) readArg(path []string, has bool) {
	switch {
	case len(path) == 0:
		r.whole = r.whole || !has
	case len(path) == 1:
		r.whole = r.whole || !has
		r.arg(path[0], argReads{})
	default:
		r.arg(path[0], argReads{origin: path[1] == "origin", role: path[1] == "role"})
	}
}
