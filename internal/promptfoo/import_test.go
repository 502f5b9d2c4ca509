package promptfoo_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/promptfoo"
	"github.com/aureus-agents/aureus/internal/simulate"
)

func load(t *testing.T, config string, files fstest.MapFS) promptfoo.Imported {
	t.Helper()
	got, err := promptfoo.Import("promptfooconfig.yaml", []byte(config), promptfoo.Options{Files: files})
	if err != nil {
		t.Fatalf("Import = %v", err)
	}
	for _, sc := range got.Suite.Scenarios { // what comes out can be run
		if _, err := simulate.CompileGraders(sc.Expect.Graders, nil); err != nil {
			t.Errorf("the graders of %q cannot be used: %v", sc.Name, err)
		}
	}
	return got
}

func notes(got promptfoo.Imported) (out []string) {
	for _, n := range got.Notes {
		out = append(out, fmt.Sprintf("%s %s:%d %s: %s", n.Code, n.File, n.Line, n.Path, n.Message))
	}
	return out
}

// TestImport: prompts times tests, variables, defaults, templates and files.
func TestImport(t *testing.T) {
	got := load(t, `
description: greetings
prompts:
  - 'Say hello to {{ name }} in {{lang}}'
  - file://more.txt
providers: [openai:gpt-4o, {id: "anthropic:messages:claude"}]
defaultTest:
  vars: {lang: English}
  assert: [{$ref: '#/assertionTemplates/kind'}]
assertionTemplates:
  kind: {type: llm-rubric, value: 'Is kind to {{name}}'}
tests:
  - description: one name
    vars: {name: Ada}
    assert:
      - {type: icontains, value: "hello {{name}}"}
  - vars: {name: [Bo, Cy], lang: French}
  - file://rows.csv
`, fstest.MapFS{
		"more.txt": {Data: []byte("Greet {{name}}\n---\nWelcome {{name | upper}}\n")},
		"rows.csv": {Data: []byte("name,__expected,__description\nDi,contains: Di,a row\nEd,Hello Ed,\n")},
	})
	if got.Prompts != 3 || got.Tests != 5 || len(got.Suite.Scenarios) != 15 {
		t.Fatalf("Import = %d prompts, %d tests, %d scenarios, want 3, 5, 15", got.Prompts, got.Tests, len(got.Suite.Scenarios))
	}
	first := got.Suite.Scenarios[0]
	want := blueprint.Scenario{Name: "prompt 1 / one name", Input: "Say hello to Ada in English", Expect: blueprint.Expect{Graders: []blueprint.Grader{
		{Type: "judge", Rubric: "Is kind to Ada"}, {Type: "contains", Text: "hello Ada", IgnoreCase: true}}}}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("the first scenario (-want +got):\n%s", diff)
	}
	if in := got.Suite.Scenarios[2].Input; in != "Say hello to Cy in French" {
		t.Errorf("the test with a list of names has the input %q", in)
	}
	if in := got.Suite.Scenarios[10].Input; in != "Welcome ADA" {
		t.Errorf("the prompt with a filter has the input %q", in)
	}
	last := got.Suite.Scenarios[4].Expect.Graders
	if len(last) != 2 || last[1].Type != "equals" || last[1].Value != "Hello Ed" {
		t.Errorf("the row with a plain text is graded by %+v", last)
	}
	if diff := cmp.Diff([]string{"openai:gpt-4o", "anthropic:messages:claude"}, got.Providers); diff != "" {
		t.Errorf("providers (-want +got):\n%s", diff)
	}
	if n := notes(got); len(n) != 0 {
		t.Errorf("notes = %q, want none", n)
	}
}

// TestAssertions: each kind becomes a grader that says the same, or a note.
func TestAssertions(t *testing.T) {
	// Beside what is tested stands an assertion that is always imported.
	p8, most := 0.8, 2000.0
	usd := 0.01
	tests := []struct {
		assert string
		want   blueprint.Grader // zero: left out
		note   string
	}{
		{`{type: equals, value: Yes!}`, blueprint.Grader{Type: "equals", Value: "Yes!"}, ""},
		{`{type: equals, value: {a: 1}}`, blueprint.Grader{Type: "json", Schema: map[string]any{"const": map[string]any{"a": 1.0}}}, ""},
		{`{type: contains, value: x}`, blueprint.Grader{Type: "contains", Text: "x"}, ""},
		{`{type: not-contains, value: x}`, blueprint.Grader{Type: "contains", Text: "x", Not: true}, ""},
		{`{type: contains-any, value: [a, b]}`, blueprint.Grader{Type: "contains", Texts: []string{"a", "b"}, Mode: "any"}, ""},
		{`{type: icontains-all, value: "a, b"}`, blueprint.Grader{Type: "contains", Texts: []string{"a", "b"}, Mode: "all", IgnoreCase: true}, ""},
		{`{type: starts-with, value: Dear}`, blueprint.Grader{Type: "startsWith", Text: "Dear"}, ""},
		{`{type: regex, value: "\\d+"}`, blueprint.Grader{Type: "regex", Text: `\d+`}, ""},
		{`{type: regex, value: "(?=x)"}`, blueprint.Grader{}, "left out"},
		{`{type: is-json}`, blueprint.Grader{Type: "json", Mode: "whole"}, ""},
		{`{type: contains-json, value: {type: object}}`, blueprint.Grader{Type: "json", Mode: "part", Schema: map[string]any{"type": "object"}}, ""},
		{`{type: not-is-refusal}`, blueprint.Grader{Type: "refusal", Not: true}, ""},
		{`{type: cost, threshold: 0.01}`, blueprint.Grader{Type: "cost", Max: &usd}, ""},
		{`{type: latency, threshold: 2000}`, blueprint.Grader{Type: "latency", Max: &most}, ""},
		{`{type: llm-rubric, value: Is polite, threshold: 0.8, provider: "openai:gpt-4o", metric: Tone}`,
			blueprint.Grader{Type: "judge", Name: "Tone", Rubric: "Is polite", Scale: 10, Min: &p8, Model: &blueprint.Model{Name: "gpt-4o"}}, ""},
		{`{type: not-llm-rubric, value: Is rude}`, blueprint.Grader{Type: "judge", Rubric: "The following is NOT the case: Is rude"}, "approximated"},
		{`{type: similar, value: Hello world}`, blueprint.Grader{Type: "judge", Value: "Hello world",
			Rubric: "The answer means the same as the reference answer, whatever its words."}, "approximated"},
		{`{type: javascript, value: output.length < 10}`, blueprint.Grader{}, "left out"},
		{`{type: python, value: len(output) < 10}`, blueprint.Grader{}, "left out"},
		{`{type: moderation}`, blueprint.Grader{}, "left out"},
		{`{type: contains, value: x, transform: output.trim()}`, blueprint.Grader{}, "left out"},
		{`{type: contains, value: x, weight: 0}`, blueprint.Grader{}, "left out"},
		{`{type: contains, value: x, weight: 2}`, blueprint.Grader{Type: "contains", Text: "x"}, "approximated"},
		{`{type: not-cost, threshold: 0.01}`, blueprint.Grader{}, "left out"},
		{`{type: assert-set, assert: [{type: contains, value: x}]}`, blueprint.Grader{Type: "contains", Text: "x"}, ""},
		{`{type: assert-set, threshold: 0.5, assert: [{type: contains, value: x}]}`, blueprint.Grader{}, "left out"},
		{`{type: contains, value: "file://check.js"}`, blueprint.Grader{}, "left out"},
	}
	for _, tt := range tests {
		got := load(t, "prompts: [hi]\ntests:\n  - assert:\n      - {type: contains, value: always}\n      - "+tt.assert+"\n", nil)
		gs := got.Suite.Scenarios[0].Expect.Graders[1:]
		var one blueprint.Grader
		if len(gs) > 0 {
			one = gs[0]
		}
		if diff := cmp.Diff(tt.want, one); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.assert, diff)
		}
		said := notes(got)
		if tt.note == "" && len(said) > 0 || tt.note != "" && (len(said) != 1 || !strings.HasPrefix(said[0], tt.note+" promptfooconfig.yaml:5 tests[0].assert[1]")) {
			t.Errorf("%s: notes = %q, want %q with its place", tt.assert, said, tt.note)
		}
	}
}

// TestLeftOut: what is not read of a configuration is said with its place.
func TestLeftOut(t *testing.T) {
	got := load(t, `prompts:
  - file://make.py
  - 'Hello {{who}}'
  - '{% if x %}a{% endif %}'
tests:
  - vars: {}
    options: {transform: output.trim()}
    threshold: 0.5
    assert: [{type: contains, value: x}]
redteam: {purpose: x}
`, fstest.MapFS{})
	want := []string{
		"left out promptfooconfig.yaml:2 prompts[0]: make.py is a prompt that a program makes",
		"left out promptfooconfig.yaml:4 prompts[2]: the prompt has a {% %} block, which is not run",
		"left out promptfooconfig.yaml:7 tests[0].options.transform: the option transform has no counterpart",
		"approximated promptfooconfig.yaml:8 tests[0].threshold: a test passes when every grader does, not from a mean score on",
		"left out promptfooconfig.yaml:10 redteam: redteam has no counterpart",
		`approximated promptfooconfig.yaml:6 tests[0]: the test has no variable "who", which the prompt names; it is empty, as in promptfoo`,
	}
	said := notes(got)
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// TestNothingToGradeBy: a test without an assertion, or whose assertions are all
// left out, would always pass, so it is left out.
func TestNothingToGradeBy(t *testing.T) {
	got := load(t, `prompts: ['{{a}}']
tests:
  - {description: only a program, vars: {a: x}, assert: [{type: javascript, value: "true"}]}
  - {description: nothing asked, vars: {a: x}}
  - {description: asked, vars: {a: [{k: 1}, {k: 2}]}, assert: [{type: contains, value: k}]}
`, nil)
	if len(got.Suite.Scenarios) != 1 || got.Suite.Scenarios[0].Name != "asked" || got.Suite.Scenarios[0].Input != `[{"k":1},{"k":2}]` {
		t.Errorf("Import = %+v, want the one test that asks for something, with its list as one value", got.Suite.Scenarios)
	}
	if n := notes(got); len(n) != 3 || !strings.Contains(n[1], "left out promptfooconfig.yaml:3 tests[0]: none of the test's assertions") ||
		!strings.Contains(n[2], "left out promptfooconfig.yaml:4 tests[1]: the test has no assertion") {
		t.Errorf("notes = %q, want the tests that are left out", n)
	}
}

// TestChat: a chat's system message becomes the instructions.
func TestChat(t *testing.T) {
	got := load(t, `prompts: ['[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi {{n}}"}]']
tests: [{vars: {n: Al}, assert: [{type: contains, value: x}]}]
`, nil)
	if got.Instructions != "Be brief." || got.Suite.Scenarios[0].Input != "Hi Al" {
		t.Errorf("Import = instructions %q, input %q", got.Instructions, got.Suite.Scenarios[0].Input)
	}
}

func FuzzImport(f *testing.F) {
	f.Add("prompts: [hi]\ntests:\n  - vars: {a: [1, 2]}\n    assert: [{type: contains, value: x}]\n")
	f.Add("prompts: file://x.txt\ntests: file://y.csv\n")
	f.Add("prompts: ['[{\"role\":\"user\",\"content\":1}]', {raw: '{{a|b}}'}]\ntests: [{assert: [{$ref: '#/x'}, 1, {type: assert-set}]}]\ndefaultTest: {vars: x}")
	f.Fuzz(func(t *testing.T, config string) {
		got, err := promptfoo.Import("c.yaml", []byte(config), promptfoo.Options{Files: fstest.MapFS{}})
		if err != nil {
			return
		}
		for _, sc := range got.Suite.Scenarios {
			if _, err := simulate.CompileGraders(sc.Expect.Graders, nil); err != nil {
				t.Errorf("Import(%q): the graders of %q cannot be used: %v", config, sc.Name, err)
			}
		}
	})
}
