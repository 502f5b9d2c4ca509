package guard

import (
	"encoding/json"
	"fmt"
	"slices"

	cedar "github.com/cedar-policy/cedar-go"

	"github.com/aureus-agents/aureus/blueprint"
)

// usage is what a policy looks at: the entities it names and the parts of the
// context it reads.
type usage struct {
	strangers     []string   // entities that no request has
	tools, agents []string   // names of Tool:: and Agent:: literals, sorted
	args          [][]string // paths below context.args
	allArgs       bool       // it uses context.args, or context, as a whole
	fields        []string   // of the context
}

// usageOf reads a policy through its documented JSON form, which is easier to
// walk than the syntax tree and holds everything.
func usageOf(c *cedar.Policy) (usage, error) {
	b, err := c.MarshalJSON()
	if err != nil {
		return usage{}, err
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return usage{}, err
	}
	var u usage
	u.walk(v)
	slices.Sort(u.tools)
	slices.Sort(u.agents)
	u.tools, u.agents = slices.Compact(u.tools), slices.Compact(u.agents)
	slices.SortFunc(u.args, slices.Compare)
	u.args = slices.CompactFunc(u.args, slices.Equal)
	return u, nil
}

func (u *usage) walk(v any) {
	switch n := v.(type) {
	case []any:
		for _, e := range n {
			u.walk(e)
		}
	case map[string]any:
		if path, ok := contextPath(n); ok {
			u.read(path)
			return
		}
		u.entity(n)
		for _, e := range n {
			u.walk(e)
		}
	}
}

// entity notes an entity literal; in the JSON form only those have type and id
// as strings.
func (u *usage) entity(n map[string]any) {
	typ, ok1 := n["type"].(string)
	id, ok2 := n["id"].(string)
	switch {
	case !ok1 || !ok2:
	case typ == "Tool":
		u.tools = append(u.tools, id)
	case typ == "Agent":
		u.agents = append(u.agents, id)
	case typ != "Action" || !knownAction(id):
		u.strangers = append(u.strangers, fmt.Sprintf("%s::%q", typ, id))
	}
}

func knownAction(id string) bool {
	return id == string(callAction.ID) || slices.Contains(intents, blueprint.Intent(id))
}

// read notes a chain context.a.b.c.
func (u *usage) read(path []string) {
	if len(path) > 0 {
		u.fields = append(u.fields, path[0])
	}
	switch {
	case len(path) == 0:
		u.allArgs = true
		u.fields = append(u.fields, contextFields...)
	case path[0] == "args" && len(path) == 1:
		u.allArgs = true
	case path[0] == "args":
		u.args = append(u.args, path[1:])
	}
}

// contextPath recognises context.a.b, with "." or "has" at its end.
func contextPath(n map[string]any) ([]string, bool) {
	if len(n) != 1 {
		return nil, false
	}
	if v, ok := n["Var"].(string); ok {
		return nil, v == "context"
	}
	for _, op := range []string{".", "has"} {
		access, ok := n[op].(map[string]any)
		if !ok {
			continue
		}
		left, ok1 := access["left"].(map[string]any)
		attr, ok2 := access["attr"].(string)
		if !ok1 || !ok2 {
			return nil, false
		}
		path, ok := contextPath(left)
		if !ok {
			return nil, false
		}
		return append(path, attr), true
	}
	return nil, false
}
