package script

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"go.starlark.net/starlark"
)

// converter turns Starlark values into JSON's, within bounds: a small value that
// holds itself, or others many times, can be endless when it is written out.
type converter struct {
	nodes, maxNodes int // values that may still come
	bytes, maxText  int // of text that may still come
}

// Plain converts v to JSON's values; path is for messages.
func (l Limits) Plain(path string, v starlark.Value) (any, error) {
	c := converter{nodes: l.Nodes, maxNodes: l.Nodes, bytes: l.Text, maxText: l.Text}
	return c.plain(path, v, maxDepth)
}

// plain converts v; path is for messages.
func (c *converter) plain(path string, v starlark.Value, depth int) (any, error) {
	if c.nodes--; c.nodes < 0 {
		return nil, fmt.Errorf("it has more than %d values", c.maxNodes)
	}
	if depth == 0 {
		return nil, fmt.Errorf("%.100s: it is nested deeper than %d", path, maxDepth)
	}
	switch v := v.(type) {
	case starlark.NoneType:
		return nil, nil
	case starlark.Bool:
		return bool(v), nil
	case starlark.String:
		return c.text(path, string(v))
	case starlark.Int:
		n, ok := v.Int64()
		if !ok || n > 1<<53 || n < -1<<53 {
			return nil, fmt.Errorf("%s: the integer is too large for JSON; write it as text", path)
		}
		return n, nil
	case starlark.Float:
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, nil
		}
		return nil, fmt.Errorf("%s: %v is not a number in JSON", path, v)
	case *starlark.Dict:
		return c.object(path, v, depth)
	case *starlark.List:
		return c.list(path, v, depth)
	case starlark.Tuple:
		return c.list(path, v, depth)
	}
	return nil, fmt.Errorf("%s: a %s is no JSON value; use dict, list, string, int, float, bool or None", path, v.Type())
}

func (c *converter) text(path, s string) (string, error) {
	if c.bytes -= len(s); c.bytes < 0 {
		return "", fmt.Errorf("%.100s: there is more than %d bytes of text", path, c.maxText)
	}
	return s, nil
}

func (c *converter) object(path string, d *starlark.Dict, depth int) (any, error) {
	out := make(map[string]any, d.Len())
	for _, kv := range d.Items() {
		k, ok := kv[0].(starlark.String)
		if !ok {
			return nil, fmt.Errorf("%s: the key %s is a %s; keys are strings", path, kv[0], kv[0].Type())
		}
		key, err := c.text(path, string(k))
		if err != nil {
			return nil, err
		}
		if out[key], err = c.plain(path+"."+key, kv[1], depth-1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *converter) list(path string, l starlark.Indexable, depth int) (any, error) {
	out := make([]any, l.Len())
	for i := range out {
		var err error
		if out[i], err = c.plain(fmt.Sprintf("%s[%d]", path, i), l.Index(i), depth-1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Value converts a JSON value; the keys of objects come in their order.
func Value(v any) (starlark.Value, error) {
	switch v := v.(type) {
	case nil:
		return starlark.None, nil
	case bool:
		return starlark.Bool(v), nil
	case string:
		return starlark.String(v), nil
	case int:
		return starlark.MakeInt(v), nil
	case int64:
		return starlark.MakeInt64(v), nil
	case uint64:
		return starlark.MakeUint64(v), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
			return starlark.MakeInt64(int64(v)), nil // JSON has one kind of number
		}
		return starlark.Float(v), nil
	case []any:
		items := make([]starlark.Value, len(v))
		for i, e := range v {
			var err error
			if items[i], err = Value(e); err != nil {
				return nil, err
			}
		}
		return starlark.NewList(items), nil
	case map[string]any:
		d := starlark.NewDict(len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			e, err := Value(v[k])
			if err != nil {
				return nil, err
			}
			if err := d.SetKey(starlark.String(k), e); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return nil, fmt.Errorf("a %T is not a JSON value", v)
}
