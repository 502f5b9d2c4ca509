package guard

import (
	"encoding/json"
	"strings"
)

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
