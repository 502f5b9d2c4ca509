package guard

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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

// normalise makes text comparable: lower case, every run of white space one space.
func normalise(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// clip cuts s to n bytes at a word border, so that no cut word looks like a value.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if i := strings.LastIndexByte(s[:n], ' '); i >= 0 {
		return s[:i]
	}
	return ""
}

// remember appends a text and drops the oldest results over the bound.
func remember(sources []Source, src Source, limit int) []Source {
	src.Text = clip(normalise(src.Text), limit)
	if src.Text == "" {
		return sources
	}
	out := make([]Source, 0, len(sources)+1)
	total := len(src.Text)
	for _, s := range sources {
		if s == src {
			total -= len(s.Text) // the same text again is remembered once, as the newest
			continue
		}
		out = append(out, s)
		total += len(s.Text)
	}
	out = append(out, src)
	for i := 0; total > MaxSources && i < len(out)-1; {
		if !strings.HasPrefix(out[i].Origin, originTool) {
			i++
			continue
		}
		total -= len(out[i].Text)
		out = append(out[:i], out[i+1:]...)
	}
	return out
}

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

// spellings are the ways a value can be written in a text.
func spellings(v any) []string {
	switch x := v.(type) {
	case string:
		if s := normalise(x); s != "" {
			return []string{s}
		}
		return nil
	case bool:
		return []string{strconv.FormatBool(x)}
	}
	f, i, whole, ok := number(v)
	switch {
	case !ok:
		return nil
	case whole:
		s := strconv.FormatInt(i, 10)
		return []string{s, s + ".0", s + ".00"}
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if cents := strconv.FormatFloat(f, 'f', 2, 64); cents != s && strings.HasPrefix(cents, s) {
		return []string{s, cents}
	}
	return []string{s}
}

// mentions reports whether text has one of forms between word borders.
func mentions(text string, forms []string) bool {
	for _, f := range forms {
		for from := 0; len(f) >= minTraced; {
			i := strings.Index(text[from:], f)
			if i < 0 {
				break
			}
			i += from
			if border(text, i, f) {
				return true
			}
			_, size := utf8.DecodeRuneInString(text[i:])
			from = i + size
		}
	}
	return false
}

// border reports whether f at text[i:] is not part of a longer word or number.
func border(text string, i int, f string) bool {
	first, _ := utf8.DecodeRuneInString(f)
	last, _ := utf8.DecodeLastRuneInString(f)
	if before, n := utf8.DecodeLastRuneInString(text[:i]); n > 0 && word(before) && word(first) {
		return false
	}
	rest := text[i+len(f):]
	after, n := utf8.DecodeRuneInString(rest)
	if n > 0 && word(after) && word(last) {
		return false
	}
	// 5 is not in 5.25, nor in 1.5.
	if digit(last) && len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') && digit(rune(rest[1])) {
		return false
	}
	if digit(first) && i > 1 && (text[i-1] == '.' || text[i-1] == ',') && digit(rune(text[i-2])) {
		return false
	}
	return true
}

func word(r rune) bool  { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
func digit(r rune) bool { return r >= '0' && r <= '9' }
