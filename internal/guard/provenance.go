package guard

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/aureus-agents/aureus/resource"
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

	// A value shorter than minTraced is in any text by chance; it counts only as
	// the whole of a field.
	minTraced = 3
	// What links a record to the user's words must be at least as long.
	minLink = 4

	maxOrigins = 64 // scalar values of one call; further ones are unknown
)

// class is how far a value can be trusted.
type class int

// The classes, most trusted first: the names of context.origins.
const (
	classUser      class = iota // the user said it
	classBlueprint              // the goal or the instructions say it
	classTrusted                // a result that outsiders do not write into
	classSelected               // a whole field of an outside record that the user's words picked
	classRecord                 // a whole field of another outside record
	classOutside                // inside text from outside
	classUnknown                // nowhere: computed, rephrased, or forgotten
	classes
)

var classNames = [classes]types.String{"user", "blueprint", "trusted", "selected", "record", "outside", "unknown"}

// noClass is the class of no value at all.
const noClass class = -1

func (k class) name() types.String {
	if k == noClass {
		return "none"
	}
	return classNames[k]
}

// origins are where a call's values come from.
type origins struct {
	byPath  map[string]string  // args path -> origin
	byClass [classes][]string  // top-level argument names by their worst value, sorted
	of      map[string]argFlow // by top-level argument name
	flows   []resource.ArgumentFlow
	target  class // worst of all targets
	content class // worst of all contents
}

// argFlow is what policies may know of one argument beside its value.
type argFlow struct {
	class class
	role  role
}

// trace finds where each scalar of args comes from.
func (c *Compiled) trace(s State, g *toolGuard, args map[string]any) origins {
	o := origins{byPath: make(map[string]string, len(args)), of: make(map[string]argFlow, len(args)), target: noClass, content: noClass}
	t := tracer{ground: c.ground, sources: s.Sources, schema: g.schema, names: g.names, into: &o, carries: safe(g.tool.Labels.ActsOutside)}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		t.top, t.fixed = name, nil
		if r, ok := g.roles[name]; ok {
			t.fixed = &r
		}
		f := argFlow{class: noClass, role: roleQuantity}
		if g.schema != nil && isData(g.schema, name) {
			t.scalar(&f, "{"+name+"}", "", name)
		}
		t.value(&f, name, name, args[name], schemaOf(g.schema, g.schema, name), 0)
		if f.class == noClass {
			continue
		}
		o.of[name] = f
		o.byClass[f.class] = append(o.byClass[f.class], name)
		o.flows = append(o.flows, resource.ArgumentFlow{Name: name, Class: string(f.class.name()), Role: f.role.String()})
	}
	return o
}

type tracer struct {
	ground, sources []Source
	schema          map[string]any // of all arguments; nil when it is not known
	names           map[string]naming
	top             string // the argument
	fixed           *role  // its role by the blueprint
	carries         bool   // what is said leaves the house
	into            *origins
}

// value traces v and what is in it, keys that are data included; schema is what is
// known of v. Of several values an argument has the worst class and the role that
// decides most.
func (t *tracer) value(f *argFlow, path, name string, v any, schema map[string]any, depth int) {
	if v == nil {
		return
	}
	if depth > maxValueDepth {
		t.scalar(f, path, name, nil)
		return
	}
	if obj, ok := v.(map[string]any); ok {
		for _, key := range slices.Sorted(maps.Keys(obj)) {
			field := key
			if isData(schema, key) { // which says nothing about what is in it
				t.scalar(f, path+"{"+key+"}", name, key)
				field = name
			}
			t.value(f, path+"."+key, field, obj[key], schemaOf(t.schema, schema, key), depth+1)
		}
		return
	}
	if list, ok := toList(v); ok {
		for i, e := range list {
			t.value(f, path+"["+strconv.Itoa(i)+"]", name, e, itemsOf(t.schema, schema), depth+1)
		}
		return
	}
	t.scalar(f, path, name, v)
}

// scalar traces one value; nil stands for one that is nested too deep to look at.
func (t *tracer) scalar(f *argFlow, path, name string, v any) {
	origin, k := OriginUnknown, classUnknown
	if v != nil && len(t.into.byPath) < maxOrigins {
		origin, k = t.find(v)
	}
	if len(t.into.byPath) < maxOrigins {
		t.into.byPath[path] = origin
	}
	r := roleTarget
	switch {
	case t.fixed != nil:
		r = *t.fixed
	case v != nil:
		r = roleOf(t.naming(name), v)
	}
	f.class, f.role = max(f.class, k), min(f.role, r)
	switch r {
	case roleTarget:
		t.into.target = max(t.into.target, k)
	case roleContent:
		t.into.content = max(t.into.content, k)
		t.links(v)
	}
}

// find looks for v. What the user, the blueprint or a trusted result says counts
// before anything else. Of outside results the worst place counts: a value that
// stands in a field and in somebody's text may be there because of the text.
func (t *tracer) find(v any) (string, class) {
	forms := spellings(v)
	if len(forms) == 0 {
		return OriginUnknown, classUnknown
	}
	group := grouped(forms[0])
	best, trusted := OriginUnknown, classUnknown
	from, outside := "", noClass
	for _, list := range [2][]Source{t.ground, t.sources} {
		for i := range list {
			s := &list[i]
			own := classOf(s)
			if own < classSelected && own >= trusted {
				continue
			}
			k := s.place(forms, group, t.sources)
			switch {
			case k == noClass:
			case own < classSelected:
				best, trusted = s.Origin, own
			case k > outside:
				from, outside = s.Origin, k
			}
		}
	}
	switch {
	case trusted != classUnknown:
		return best, trusted
	case outside != noClass:
		return from, outside
	}
	return OriginUnknown, classUnknown
}

// classOf is the class of everything in s; classOutside for what depends on where
// in s it stands.
func classOf(s *Source) class {
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

// place says how a value stands in s: as a whole field, inside a text, or not at all.
// A value that is a field of several records is picked by any of them.
func (s *Source) place(forms []string, group string, said []Source) class {
	found := noClass
	if mentions(s.Text, forms) || mentionsGrouped(s.Text, group) {
		return classOutside
	}
	for _, record := range s.Records {
		for i, field := range record {
			switch {
			case slices.Contains(forms, field), group != "" && group == grouped(field):
				if k := s.fieldClass(record, i, said); found == noClass || k < found {
					found = k
				}
			case mentions(field, forms), mentionsGrouped(field, group):
				return classOutside
			}
		}
	}
	return found
}

// fieldClass is classSelected when the user picked the record: by a lookup that
// is theirs, or by naming something else in it.
func (s *Source) fieldClass(record []string, at int, said []Source) class {
	if s.Selected {
		return classSelected
	}
	for i, field := range record {
		if i == at || field == record[at] {
			continue
		}
		forms := linkForms(field)
		for j := range said {
			if said[j].Origin == OriginUser && mentions(said[j].Text, forms) {
				return classSelected
			}
		}
	}
	return classRecord
}

// linkForms are the ways a field can stand in the user's words that say enough to
// pick its record: "10.00" does, "10" is in any text.
func linkForms(field string) []string {
	forms := []string{field}
	if f, err := strconv.ParseFloat(field, 64); err == nil {
		forms = spellings(f)
	}
	return slices.DeleteFunc(forms, func(f string) bool { return len(f) < minLink })
}

// carries reports whether words from outside or from nowhere are in the call.
func (o origins) carries() bool { return max(o.target, o.content) >= classOutside }

// selects reports whether a lookup was the user's: at least one of its values is
// a word of theirs, and none comes from outside or nowhere.
// A call without arguments picks nothing.
func (o origins) selects(args map[string]any) bool {
	theirs := false
	for name, f := range o.of {
		if f.class > classSelected && f.role != roleQuantity {
			return false
		}
		text, _ := args[name].(string)
		theirs = theirs || f.class == classUser && len(text) >= minLink
	}
	return theirs
}

// linkPattern finds what a reader, or the program that shows a text, can follow.
// An address goes to the next space: what a program takes of "https://a.example'@b.example"
// is not what a reader takes.
var linkPattern = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*:[/\\]{2}[^\s<>"]+|\b(https?|ftp|wss?):[/\\]*\w[^\s<>"]*|\bwww\.[^\s<>"]+|\b[\w.+-]+@[\w-]+(\.[\w-]+)+`)

// linkEnds are the marks of the text around a link.
const linkEnds = ".,;:!?'`*_)]}"

// maxLinks of one value are traced; one with more counts as from nowhere.
const maxLinks = 32

func (t *tracer) naming(name string) naming {
	if n, ok := t.names[name]; ok {
		return n
	}
	return namingOf(name)
}

// mayLink is false only where linkPattern finds nothing; most texts have no link.
func mayLink(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case ':', '@':
			return true
		case '.':
			if i >= 3 && strings.EqualFold(s[i-3:i], "www") {
				return true
			}
		}
	}
	return false
}

// links makes links in what is said outside targets: whoever follows one is sent
// to where it leads, and its words carry data there.
func (t *tracer) links(v any) {
	s, ok := v.(string)
	if !ok || !t.carries || !mayLink(s) {
		return
	}
	found := linkPattern.FindAllString(s, maxLinks+1)
	if len(found) > maxLinks {
		t.into.target = classUnknown
	}
	for _, link := range found {
		if _, k := t.find(strings.TrimRight(link, linkEnds)); k >= classOutside {
			t.into.target = max(t.into.target, k)
		}
	}
}
