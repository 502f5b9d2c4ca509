package guard

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// stems of the values of a witness, by class. None of them asks for anything.
var valueStems = map[class]string{classUser: "mine", classTrusted: "house", classSelected: "picked", classRecord: "field", classOutside: "stranger", classUnknown: "nowhere"}

// texts are the texts that the values of a witness have to stand in.
type texts struct {
	says    []string
	trusted []string
	picked  []string // fields of a record that the user names
	field   []string // fields of a record that nobody names
	outside []string // inside text
}

// put notes where a value of a class has to be.
func (t *texts) put(k class, v any) {
	forms := spellings(v)
	if len(forms) == 0 {
		return
	}
	switch k {
	case classUser:
		t.says = append(t.says, forms[0])
	case classTrusted:
		t.trusted = append(t.trusted, forms[0])
	case classSelected:
		t.picked = append(t.picked, forms[0])
	case classRecord:
		t.field = append(t.field, forms[0])
	case classOutside:
		t.outside = append(t.outside, forms[0])
	}
}

// concrete makes a witness of a plan: words with which the user asks for what is
// asked for, values of the right classes, and results that hold them.
func (p *plan) concrete() (*Witness, bool) {
	w := &Witness{Lost: p.lost, Phase: p.phase}
	var t texts
	for i, s := range p.steps {
		args, ok := p.args(i, s, &t)
		if !ok {
			return nil, false
		}
		w.Steps = append(w.Steps, WitnessStep{Tool: s.sp.g.tool.Name, Args: args, IsError: s.err, Human: s.human})
	}
	words, ok := p.words()
	if !ok {
		return nil, false
	}
	if len(t.picked) > 0 {
		t.says = append(t.says, linkWord)
	}
	w.Says = strings.Join(append(words, t.says...), " ")
	p.results(w, t)
	return w, true
}

// linkWord is how the user of a witness picks a record.
const linkWord = "topic-one"

// words ask for the tools of the plan that have to be asked for, and no other.
func (p *plan) words() ([]string, bool) {
	var not []*toolGuard
	for _, s := range p.steps {
		if !s.cc.asked {
			not = append(not, s.sp.g)
		}
	}
	var out []string
	for _, s := range p.steps {
		if !s.cc.asked || !s.sp.g.asksMatter() || s.sp.g.asked(p.a.c.Start(strings.Join(out, " "))) {
			continue
		}
		w := p.a.c.wordFor(s.sp.g, not)
		if w == "" {
			return nil, false
		}
		out = append(out, w)
	}
	return out, true
}

// results puts values into the first results that can hold them.
func (p *plan) results(w *Witness, t texts) {
	for i := range w.Steps {
		if i == len(w.Steps)-1 {
			return // what the last call gives is read by nobody
		}
		g := p.steps[i].sp.g
		switch {
		case g.trusted:
			w.Steps[i].Result = "Ours: " + strings.Join(append(t.trusted, "nothing else"), ", ") + "."
			t.trusted = nil
		case isTrue(g.tool.Labels.Records):
			w.Steps[i].Result = recordsText(t)
			t.picked, t.field = nil, nil
			t.outside = nil
		default:
			w.Steps[i].Result = "A stranger wrote: " + strings.Join(append(t.outside, "good day"), ", ") + "."
			t.outside = nil
		}
	}
}

func recordsText(t texts) string {
	var list []map[string]any
	if len(t.picked) > 0 {
		list = append(list, map[string]any{"about": linkWord, "values": t.picked})
	}
	if len(t.field) > 0 {
		list = append(list, map[string]any{"values": t.field})
	}
	list = append(list, map[string]any{"text": "a stranger wrote: " + strings.Join(append(t.outside, "good day"), ", ") + "."})
	b, err := json.Marshal(list)
	if err != nil {
		return "" // strings always have a JSON form
	}
	return string(b)
}

// args are the arguments of step i.
func (p *plan) args(i int, s planStep, t *texts) (map[string]any, bool) {
	g, args := s.sp.g, map[string]any{}
	pick := s.try
	next := func(n int) int { // one digit of the number of the attempt
		k := pick % n
		pick /= n
		return k
	}
	class := map[string]argClass{}
	for j, a := range s.cc.args {
		class[s.sp.args[j].name] = a
	}
	serial := 10 * i
	for _, name := range slices.Sorted(maps.Keys(g.args)) {
		a, known := class[string(name)]
		if known && a.absent {
			continue
		}
		from := a.class
		if !known || !p.enumerated(s, string(name)) {
			from = p.fallback(s, string(name))
		}
		serial++
		options := g.candidates(g.args[name].Type, from, serial, p.a.c)
		v := options[next(len(options))]
		args[string(name)] = v
		t.put(from, scalarIn(v))
	}
	if name := g.tool.Spends; name != "" {
		amount := p.amount(s.cc.spending, i)
		if have, ok := args[name]; ok {
			_ = have
		} else {
			args[name] = amount
			t.put(s.cc.spending, amount)
		}
	}
	for j, a := range s.cc.args { // those that only context.origins names
		tr := s.sp.args[j]
		if a.absent || tr.inArgs {
			continue
		}
		serial++
		v, ok := p.token(a.class, serial)
		if !ok {
			return nil, false
		}
		args[tr.name] = v
		t.put(a.class, v)
	}
	return args, p.fill(s, args, t, roleTarget, s.cc.target, serial+1) && p.fill(s, args, t, roleContent, s.cc.content, serial+2)
}

// enumerated reports whether the class of an argument is part of the call's kind.
func (p *plan) enumerated(s planStep, name string) bool {
	for _, t := range s.sp.args {
		if t.name == name {
			return t.reads.origin
		}
	}
	return false
}

// fallback is the class of an argument whose own does not matter: that of the
// call's targets, contents or amount, by its role.
func (p *plan) fallback(s planStep, name string) class {
	if name == s.sp.g.tool.Spends {
		return s.cc.spending
	}
	switch rs := s.sp.g.rolesPossible(name); {
	case len(rs) == 1 && rs[0] == roleContent && s.cc.content != noClass:
		return s.cc.content
	case s.cc.target != noClass:
		return s.cc.target
	}
	return classUser
}

// fill adds an argument of a role when the call has a class for it that no other
// argument gives.
func (p *plan) fill(s planStep, args map[string]any, t *texts, r role, k class, serial int) bool {
	if k == noClass {
		return true
	}
	v, ok := p.token(k, serial)
	if !ok {
		return false
	}
	name := nameFor(s.sp.g, r, args)
	if name == "" {
		return true // an argument that is there already has it
	}
	args[name] = v
	t.put(k, v)
	return true
}

var (
	targetNames  = []string{"to", "recipient", "target", "id", "account"}
	contentWords = []string{"body", "text", "message", "content", "note"}
)

// nameFor is the name of an argument of a role that the call does not have yet.
func nameFor(g *toolGuard, r role, have map[string]any) string {
	list := targetNames
	if r == roleContent {
		list = contentWords
	}
	var known []string
	for _, name := range slices.Sorted(maps.Keys(g.roles)) {
		if g.roles[name] == r {
			known = append(known, name)
		}
	}
	for _, name := range append(known, list...) {
		fixed, isFixed := g.roles[name]
		if isFixed && fixed != r || !isFixed && roleOf(name, "nowhere-1") != r || name == g.tool.Spends {
			continue
		}
		if _, typed := g.args[types.String(name)]; typed {
			if _, there := have[name]; there {
				return ""
			}
			continue
		}
		if _, there := have[name]; !there {
			return name
		}
	}
	return ""
}

// token is a text value of a class.
func (p *plan) token(k class, serial int) (any, bool) {
	switch k {
	case noClass:
		return []any{}, true
	case classBlueprint:
		w := p.a.c.groundWord()
		return w, w != ""
	}
	return fmt.Sprintf("%s-%d", valueStems[k], serial), true
}

// groundWord is a word of the goal or the instructions.
func (c *Compiled) groundWord() string {
	for _, s := range c.ground {
		for _, w := range strings.Fields(s.Text) {
			if w = strings.Trim(w, ".,;:!?\"'()"); len(w) >= minLink && len(stems(w)) == 1 && len(asksOf(w)) == 0 {
				return w
			}
		}
	}
	return ""
}

// amount is a number of a class that the budget has left.
func (p *plan) amount(k class, step int) any {
	if p.a.c.limits.spend <= 0 {
		return 0.0
	}
	n := float64(11+10*step+int(k)+1) / 100
	for n*20 > p.a.c.limits.spend {
		n /= 10
	}
	return n
}

// maxVariants bounds how many values one call is tried with.
const maxVariants = 200

// variants is how many ways there are to fill the arguments whose values
// policies compare.
func (g *toolGuard) variants() int {
	n := 1
	for _, a := range g.args {
		if n *= len(g.candidates(a.Type, classUser, 1, nil)); n > maxVariants {
			return maxVariants
		}
	}
	return n
}

// candidates are values of a type: one made for the class, then those that the
// tool's policies spell, and their neighbours.
func (g *toolGuard) candidates(t resolved.IsType, k class, serial int, c *Compiled) []any {
	stem := valueStems[k]
	if k == classBlueprint && c != nil {
		stem = c.groundWord()
	}
	text := fmt.Sprintf("%s-%d", stem, serial)
	if k == classBlueprint {
		text = stem
	}
	lits := literalsOf(g.policies)
	var out []any
	switch t := t.(type) {
	case resolved.LongType:
		out = append(out, float64(1000+10*serial+int(k)+1))
		for _, n := range lits.longs {
			out = append(out, float64(n), float64(n)+1, float64(n)-1)
		}
		return append(out, 0.0)
	case resolved.ExtensionType:
		out = append(out, float64(1000+10*serial+int(k)+1)/100)
		for _, n := range lits.decimals {
			out = append(out, n, n+1, math.Max(0, n-1))
		}
		return append(out, 0.5)
	case resolved.BoolType:
		return []any{true, false}
	case resolved.SetType:
		if k == noClass {
			return []any{[]any{}}
		}
		for _, v := range g.candidates(t.Element, k, serial, c) {
			out = append(out, []any{v})
		}
		return append(out, []any{})
	case resolved.RecordType:
		return []any{g.recordValue(t, k, serial, c)}
	}
	out = append(out, text)
	for _, s := range lits.texts {
		out = append(out, s)
	}
	return append(out, "")
}

func (g *toolGuard) recordValue(t resolved.RecordType, k class, serial int, c *Compiled) map[string]any {
	out := map[string]any{}
	for name, a := range t {
		out[string(name)] = g.candidates(a.Type, k, serial, c)[0]
	}
	return out
}

// scalarIn is the value that has to stand in a text for v to have a class.
func scalarIn(v any) any {
	switch x := v.(type) {
	case []any:
		if len(x) > 0 {
			return scalarIn(x[0])
		}
		return nil
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			return scalarIn(x[name])
		}
		return nil
	}
	return v
}

// literals are the constants that policies compare with.
type literals struct {
	texts    []string
	longs    []int64
	decimals []float64
}

func literalsOf(ps policyList) literals {
	var l literals
	for _, p := range ps {
		if strings.HasPrefix(p.id, builtInPrefix) {
			continue
		}
		b, err := p.cedar.MarshalJSON()
		var v any
		if err != nil || json.Unmarshal(b, &v) != nil {
			continue
		}
		l.walk(v)
	}
	slices.Sort(l.texts)
	slices.Sort(l.longs)
	slices.Sort(l.decimals)
	l.texts, l.longs, l.decimals = slices.Compact(l.texts), slices.Compact(l.longs), slices.Compact(l.decimals)
	return l
}

func (l *literals) walk(v any) {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			l.walk(e)
		}
	case map[string]any:
		switch n := x["Value"].(type) {
		case string:
			l.texts = append(l.texts, n)
			if f, err := strconv.ParseFloat(n, 64); err == nil {
				l.decimals = append(l.decimals, f)
			}
		case float64:
			l.longs = append(l.longs, int64(n))
		}
		for _, e := range x {
			l.walk(e)
		}
	}
}
