package crv

import (
	"math"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// temporalMonotonic: the times of fields stand in their order; each time of the
// list at field is not before the one before it; a single time at field is not
// before that of the previous value. A time is RFC 3339, a date (2006-01-02), or
// a number on one scale. Direction turns the order round.
func temporalMonotonic(v blueprint.Validator) (Check, error) {
	wrong, err := against(v.Direction)
	if err != nil {
		return nil, err
	}
	if len(v.Fields) == 0 && v.Field == "" {
		return nil, fault.New(fault.Invalid, "temporalMonotonic needs fields in their order, or a field")
	}
	return func(val Value) []resource.Finding {
		if out := orderedTimes(val, v.Fields, wrong); out != nil {
			return out
		}
		if v.Field == "" {
			return nil
		}
		return fieldTimes(val, v.Field, wrong)
	}, nil
}

// instant is a time as seconds, with the scale it was written on: times of
// different scales cannot be compared.
type instant struct {
	seconds float64
	written bool // as text
}

func orderedTimes(val Value, fields []string, wrong func(a, b float64) bool) []resource.Finding {
	var before instant
	for i, p := range fields {
		got, ok := Extract(val.Value, p)
		if !ok || got == nil {
			return missing(p)
		}
		now, ok := timeOf(got)
		if !ok {
			return one(resource.OutOfScope, p, "%s is not a time; write it as RFC 3339", p)
		}
		if i > 0 {
			if f := step(before, now, wrong, p, fields[i-1]); f != nil {
				return f
			}
		}
		before = now
	}
	return nil
}

func fieldTimes(val Value, path string, wrong func(a, b float64) bool) []resource.Finding {
	got, ok := Extract(val.Value, path)
	if !ok || got == nil {
		return missing(path)
	}
	list, isList := got.([]any)
	if !isList {
		if prev, ok := Extract(val.Previous, path); ok && prev != nil {
			list = []any{prev, got}
		} else {
			list = []any{got}
		}
	}
	var before instant
	for i, item := range list {
		now, ok := timeOf(item)
		if !ok {
			return one(resource.OutOfScope, path, "%s is not a time; write it as RFC 3339", path)
		}
		if i > 0 {
			if f := step(before, now, wrong, path, "the one before it"); f != nil {
				return f
			}
		}
		before = now
	}
	return nil
}

func step(before, now instant, wrong func(a, b float64) bool, path, prior string) []resource.Finding {
	if before.written != now.written {
		return one(resource.ConflictData, path, "%s and %s are times on different scales", prior, path)
	}
	if wrong(before.seconds, now.seconds) {
		return one(resource.ConflictData, path, "%s is out of order with %s", path, prior)
	}
	return nil
}

func timeOf(v any) (instant, bool) {
	if n, ok := number(v); ok {
		return instant{seconds: n}, true
	}
	s, ok := v.(string)
	if !ok {
		return instant{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			sec := float64(t.Unix()) + float64(t.Nanosecond())/1e9
			return instant{seconds: sec, written: true}, !math.IsNaN(sec)
		}
	}
	return instant{}, false
}
