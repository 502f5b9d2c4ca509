package guard

import (
	"maps"
	"slices"
	"strconv"

	"github.com/cedar-policy/cedar-go/types"
)

// The origins of a value, beside tool:NAME.
const (
	OriginUser      = "user"
	OriginBlueprint = "blueprint"
	OriginUnknown   = "unknown"

	originTool = "tool:"
)

// What a state remembers of texts, in bytes after normalisation. When all of
// them together are over MaxSources the oldest tool results are dropped; a value
// that was only there counts as unknown.
const (
	MaxUserText   = 16 << 10
	MaxResultText = 16 << 10
	MaxSources    = 64 << 10

	// A value shorter than minTraced says nothing: "13" is in any text by chance.
	minTraced = 3

	maxOrigins = 64 // scalar values of one call; further ones are unknown
)

// trust classes, most trusted first: the names of context.origins.
const (
	classUser = iota
	classBlueprint
	classTrusted
	classOutside
	classUnknown
	classes
)

var classNames = [classes]types.String{"user", "blueprint", "trusted", "outside", "unknown"}

// origins are where a call's values come from.
type origins struct {
	byPath  map[string]string // args path -> origin
	byClass [classes][]string // top-level argument names, sorted
}

// trace finds where each scalar of args comes from.
func (c *Compiled) trace(s State, args map[string]any) origins {
	o := origins{byPath: make(map[string]string, len(args))}
	t := tracer{ground: c.ground, sources: s.Sources, into: o.byPath}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if class, found := t.value(name, args[name], 0); found {
			o.byClass[class] = append(o.byClass[class], name)
		}
	}
	return o
}

type tracer struct {
	ground, sources []Source
	into            map[string]string
}

// value traces v and what is in it; the class is the worst one seen, found is
// false when there is no scalar.
func (t *tracer) value(path string, v any, depth int) (class int, found bool) {
	switch x := v.(type) {
	case nil:
		return 0, false
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			c, ok := t.below(path+"."+key, x[key], depth)
			class, found = max(class, c), found || ok
		}
		return class, found
	}
	if list, ok := toList(v); ok {
		for i, e := range list {
			c, ok := t.below(path+"["+strconv.Itoa(i)+"]", e, depth)
			class, found = max(class, c), found || ok
		}
		return class, found
	}
	origin, class := OriginUnknown, classUnknown
	if len(t.into) < maxOrigins {
		origin, class = t.find(v)
		t.into[path] = origin
	}
	return class, true
}

func (t *tracer) below(path string, v any, depth int) (int, bool) {
	if depth >= maxValueDepth {
		t.into[path] = OriginUnknown
		return classUnknown, true
	}
	return t.value(path, v, depth+1)
}

// find looks for v: user, blueprint, trusted results, other results.
func (t *tracer) find(v any) (string, int) {
	forms := spellings(v)
	if len(forms) == 0 {
		return OriginUnknown, classUnknown
	}
	best, class := OriginUnknown, classUnknown
	for _, list := range [2][]Source{t.ground, t.sources} {
		for _, s := range list {
			if k := classOf(s); k < class && mentions(s.Text, forms) {
				best, class = s.Origin, k
			}
		}
	}
	return best, class
}

func classOf(s Source) int {
	switch {
	case s.Origin == OriginUser:
		return classUser
	case s.Origin == OriginBlueprint:
		return classBlueprint
	case s.Trusted:
		return classTrusted
	}
	return classOutside
}
