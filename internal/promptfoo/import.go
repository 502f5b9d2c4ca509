package promptfoo

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// Forms of the input of a scenario.
const (
	InputPrompt = "prompt" // the rendered prompt, as promptfoo sends it
	InputVars   = "vars"   // the test's variables, as an object
)

// Notes about what was imported differently.
const (
	NoteLeftOut      = "left out"     // it has no counterpart
	NoteApproximated = "approximated" // it means a little else
)

// Options of an import.
type Options struct {
	// Files is the folder of the configuration, for file:// references.
	Files fs.FS
	// Input is the form of a scenario's input: prompt (default), vars, or the name of
	// a field that holds the rendered prompt.
	Input string
}

// Imported is a configuration as a suite.
type Imported struct {
	Suite     blueprint.Suite `json:"suite"`
	Prompts   int             `json:"prompts"`
	Tests     int             `json:"tests"`
	Providers []string        `json:"providers"` // as the configuration names them
	Repeats   int             `json:"repeats,omitempty"`
	// Instructions are the system message, when all prompts have the same one.
	Instructions string `json:"instructions,omitempty"`
	// Notes are what was left out or approximated: Code says which, Path, File, Line
	// and Column where.
	Notes []fault.Detail `json:"notes"`
}

// importer is one import.
type importer struct {
	Options
	file  string
	doc   map[string]any
	src   *blueprint.Source
	notes []fault.Detail
}

// Import reads a configuration. name is for places in notes and errors.
func Import(name string, data []byte, o Options) (Imported, error) {
	v, src, err := blueprint.ParseValue(name, data)
	if err != nil {
		return Imported{}, err
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return Imported{}, fault.New(fault.Invalid, "%s is no promptfoo configuration: it is no object with prompts and tests", name)
	}
	in := &importer{Options: o, file: name, doc: doc, src: src}
	prompts := in.prompts()
	tests := in.tests()
	out := Imported{Providers: in.providers(), Tests: len(tests), Prompts: len(prompts), Repeats: in.repeats()}
	in.rest()
	if len(prompts) == 0 || len(tests) == 0 {
		return out, fault.New(fault.Invalid, "%s has %d prompts and %d tests that can be imported; a suite needs one of each", name, len(prompts), len(tests)).With(in.notes...)
	}
	out.Instructions = sameSystem(prompts)
	out.Suite, err = in.suite(prompts, tests, out.Instructions != "")
	out.Notes = in.notes
	if out.Notes == nil {
		out.Notes = []fault.Detail{}
	}
	return out, err
}

// suite makes a scenario of each prompt with each test.
func (in *importer) suite(prompts []prompt, tests []test, instructed bool) (blueprint.Suite, error) {
	s := blueprint.Suite{Name: "promptfoo"}
	if n := len(prompts) * len(tests); n > blueprint.MaxDataRows {
		return s, fault.New(fault.TooLarge, "%d prompts and %d tests are %d scenarios, over %d", len(prompts), len(tests), n, blueprint.MaxDataRows)
	}
	names := map[string]int{}
	for i, p := range prompts {
		for _, t := range tests {
			sc := blueprint.Scenario{Name: t.name, Description: t.description, Tags: t.tags, Expect: blueprint.Expect{Graders: t.graders}}
			if len(prompts) > 1 {
				sc.Name = fmt.Sprintf("%s / %s", orText(p.label, fmt.Sprintf("prompt %d", i+1)), t.name)
			}
			names[sc.Name]++
			if n := names[sc.Name]; n > 1 {
				sc.Name = fmt.Sprintf("%s (%d)", sc.Name, n)
			}
			text, missing := render(p.user, t.vars)
			if !instructed && p.system != "" {
				system, more := render(p.system, t.vars)
				text, missing = system+"\n\n"+text, append(missing, more...)
			}
			for _, m := range missing {
				in.note(NoteApproximated, t.path, fmt.Sprintf("the test has no variable %q, which the prompt names; it is empty, as in promptfoo", m), "")
			}
			switch in.Input {
			case "", InputPrompt:
				sc.Input = text
			case InputVars:
				sc.Input = t.vars
			default:
				sc.Input = map[string]any{in.Input: text}
			}
			s.Scenarios = append(s.Scenarios, sc)
		}
	}
	return s, nil
}

// known are the fields of a configuration that are read, or that change nothing
// of what is tested.
var known = []string{"description", "prompts", "providers", "targets", "tests", "defaultTest", "assertionTemplates", "evaluateOptions", "commandLineOptions",
	"outputPath", "sharing", "writeLatestResults", "tags", "metadata", "$schema", "env"}

// rest notes the other fields.
func (in *importer) rest() {
	for _, k := range slices.Sorted(maps.Keys(in.doc)) {
		if !slices.Contains(known, k) {
			in.note(NoteLeftOut, k, k+" has no counterpart", "")
		}
	}
}

func (in *importer) providers() []string {
	out := []string{}
	for _, field := range []string{"providers", "targets"} {
		list, ok := in.doc[field].([]any)
		if !ok && in.doc[field] != nil {
			list = []any{in.doc[field]}
		}
		for _, p := range list {
			switch p := p.(type) {
			case string:
				out = append(out, p)
			case map[string]any:
				if id, ok := p["id"].(string); ok {
					out = append(out, id)
				} else {
					out = append(out, slices.Sorted(maps.Keys(p))...)
				}
			}
		}
	}
	return out
}

func (in *importer) repeats() int {
	o, _ := in.doc["evaluateOptions"].(map[string]any)
	n, _ := o["repeat"].(float64)
	return int(n)
}

// note records something at a field path.
func (in *importer) note(code, at, message, fix string) {
	pos := in.src.Position(at)
	d := fault.Detail{File: pos.File, Line: pos.Line, Column: pos.Column, Path: at, Code: code, Message: message, Fix: fix}
	if !slices.Contains(in.notes, d) {
		in.notes = append(in.notes, d)
	}
}

// read reads a file that a file:// reference names; ok is false after a note.
func (in *importer) read(at, ref string) (data []byte, name string, ok bool) {
	name, _, _ = strings.Cut(strings.TrimPrefix(ref, "file://"), "#")
	clean := path.Clean(strings.TrimPrefix(name, "./"))
	if in.Files == nil || !fs.ValidPath(clean) {
		in.note(NoteLeftOut, at, fmt.Sprintf("the file %s is not beside the configuration", name), "put it there, or write its content into the configuration")
		return nil, clean, false
	}
	data, err := fs.ReadFile(in.Files, clean)
	if err != nil || len(data) > blueprint.MaxDataBytes {
		in.note(NoteLeftOut, at, fmt.Sprintf("the file %s cannot be read", name), "")
		return nil, clean, false
	}
	return data, clean, true
}

// isFile reports whether a text refers to a file.
func isFile(s string) bool { return strings.HasPrefix(s, "file://") }

func orText(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
