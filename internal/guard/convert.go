package guard

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// maxValueDepth bounds the nesting of an argument.
const maxValueDepth = 16

// toRecord converts an object to a record of type want. Strict: a value has the
// declared type, or the call is rejected.
func toRecord(obj map[string]any, want resolved.RecordType, strict bool, depth int) (types.Record, error) {
	m, err := toRecordMap(obj, want, strict, depth)
	return types.NewRecord(m), err
}

func toRecordMap(obj map[string]any, want resolved.RecordType, strict bool, depth int) (types.RecordMap, error) {
	m := make(types.RecordMap, len(want))
	for name, attr := range want {
		raw, ok := obj[string(name)]
		if !ok || raw == nil {
			if strict && !attr.Optional {
				return nil, fmt.Errorf("argument %q is missing", string(name))
			}
			continue
		}
		v, err := toValue(raw, attr.Type, strict, depth+1)
		if err != nil {
			return nil, fmt.Errorf("argument %q %w", string(name), err)
		}
		m[name] = v
	}
	return m, nil
}

func toValue(raw any, want resolved.IsType, strict bool, depth int) (types.Value, error) {
	if depth > maxValueDepth {
		return nil, fmt.Errorf("is nested too deep")
	}
	v, err := toTyped(raw, want, strict, depth)
	if err != nil && !strict {
		return toAny(raw, depth)
	}
	return v, err
}

func toTyped(raw any, want resolved.IsType, strict bool, depth int) (types.Value, error) {
	switch t := want.(type) {
	case resolved.StringType:
		if s, ok := raw.(string); ok {
			return types.String(s), nil
		}
		return nil, fmt.Errorf("is not a string")
	case resolved.BoolType:
		if b, ok := raw.(bool); ok {
			return types.Boolean(b), nil
		}
		return nil, fmt.Errorf("is not true or false")
	case resolved.LongType:
		return toLong(raw)
	case resolved.ExtensionType:
		return toDecimal(raw)
	case resolved.SetType:
		list, ok := toList(raw)
		if !ok {
			return nil, fmt.Errorf("is not a list")
		}
		vs := make([]types.Value, len(list))
		for i, e := range list {
			v, err := toValue(e, t.Element, strict, depth+1)
			if err != nil {
				return nil, err
			}
			vs[i] = v
		}
		return types.NewSet(vs...), nil
	case resolved.RecordType:
		obj, ok := raw.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("is not an object")
		}
		return toRecord(obj, t, strict, depth+1)
	}
	return nil, fmt.Errorf("has no Cedar type")
}

// toAny converts by the value alone: whole numbers are Long, others decimal.
func toAny(raw any, depth int) (types.Value, error) {
	if depth > maxValueDepth {
		return nil, fmt.Errorf("is nested too deep")
	}
	switch x := raw.(type) {
	case string:
		return types.String(x), nil
	case bool:
		return types.Boolean(x), nil
	case map[string]any:
		m := make(types.RecordMap, len(x))
		for k, e := range x {
			if e == nil {
				continue
			}
			v, err := toAny(e, depth+1)
			if err != nil {
				return nil, err
			}
			m[types.String(k)] = v
		}
		return types.NewRecord(m), nil
	}
	if list, ok := toList(raw); ok {
		vs := make([]types.Value, 0, len(list))
		for _, e := range list {
			v, err := toAny(e, depth+1)
			if err != nil {
				return nil, err
			}
			vs = append(vs, v)
		}
		return types.NewSet(vs...), nil
	}
	if v, err := toLong(raw); err == nil {
		return v, nil
	}
	return toDecimal(raw)
}

func toList(raw any) ([]any, bool) {
	switch x := raw.(type) {
	case []any:
		return x, true
	case []string:
		out := make([]any, len(x))
		for i, s := range x {
			out[i] = s
		}
		return out, true
	}
	return nil, false
}

// number reads any Go number; whole numbers that a float64 cannot hold keep
// their value in i.
func number(raw any) (f float64, i int64, whole, ok bool) {
	switch x := raw.(type) {
	case float64:
		f = x
	case float32:
		f = float64(x)
	case int:
		return float64(x), int64(x), true, true
	case int32:
		return float64(x), int64(x), true, true
	case int64:
		return float64(x), x, true, true
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return float64(n), n, true, true
		}
		n, err := x.Float64()
		if err != nil {
			return 0, 0, false, false
		}
		f = n
	default:
		return 0, 0, false, false
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, 0, false, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return f, int64(f), true, true
	}
	return f, 0, false, true
}

func toLong(raw any) (types.Value, error) {
	_, i, whole, ok := number(raw)
	if !ok || !whole {
		return nil, fmt.Errorf("is not a whole number")
	}
	return types.Long(i), nil
}

func toDecimal(raw any) (types.Value, error) {
	f, _, _, ok := number(raw)
	if !ok {
		return nil, fmt.Errorf("is not a number")
	}
	scaled := math.Round(f * 1e4)
	if math.Abs(scaled) >= 1<<63 {
		return nil, fmt.Errorf("is too large for a policy to compare")
	}
	if scaled/1e4 != f {
		return nil, fmt.Errorf("has more than four decimal places, which a policy cannot compare")
	}
	d, err := types.NewDecimal(int64(scaled), -4)
	if err != nil {
		return nil, fmt.Errorf("is not a number that a policy can compare")
	}
	return d, nil
}
