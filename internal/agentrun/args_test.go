package agentrun

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/guard"
)

func TestParseArgs(t *testing.T) {
	tests := []struct {
		name, in string
		want     map[string]any
		problem  string
	}{
		{"none", "", map[string]any{}, ""},
		{"blank", " \n", map[string]any{}, ""},
		{"object", `{"a":[1,{"b":2.5}],"c":null}`, map[string]any{"a": []any{1.0, map[string]any{"b": 2.5}}, "c": nil}, ""},
		{"largest exact", `{"a":9007199254740991}`, map[string]any{"a": 9007199254740991.0}, ""},
		{"exponent", `{"a":1e300}`, map[string]any{"a": 1e300}, ""},
		{"null", `null`, nil, "null"},
		{"string", `"x"`, nil, "a string"},
		{"list", `[]`, nil, "a list"},
		{"number", `7`, nil, "a number"},
		{"bool", `true`, nil, "a boolean"},
		{"cut", `{"a":`, nil, "end in the middle"},
		{"single quotes", `{'a':1}`, nil, "byte 2"},
		{"twice", `{}{}`, nil, "text after"},
		{"too large", `{"a":1e999}`, nil, "too large"},
		{"inexact", `{"a":{"b":[9007199254740993]}}`, nil, "exact"},
		{"too deep", `{"a":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`, nil, "deeper than 64"},
		{"far too deep", `{"a":` + strings.Repeat(`{"a":`, 9998) + "1" + strings.Repeat("}", 9998) + `}`, nil, "deeper than 64"},
		{"inexact with exponent", `{"a":1e17}`, nil, "exact"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, problem := parseArgs(tt.in)
			if diff := cmp.Diff(tt.want, got); diff != "" || (tt.problem == "") != (problem == "") || !strings.Contains(problem, tt.problem) {
				t.Errorf("parseArgs(%q) = %v, %q, want %v, %q", tt.in, got, problem, tt.want, tt.problem)
			}
		})
	}
}

func TestParseArgsAsDeepAsCanBe(t *testing.T) {
	in := `{"a":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + `}`
	args, problem := parseArgs(in)
	if got, err := json.Marshal(args); err != nil || string(got) != in || problem != "" || guard.ArgsDigest("t", args) == "" {
		t.Errorf("parseArgs(%s) = %s, %q, want the same, and a digest", in, got, problem)
	}
}

func TestParseOutputTooDeep(t *testing.T) {
	deep := `{"a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`
	if got, problem := parseOutput(&blueprint.IO{}, deep); got != any(deep) || problem != "" {
		t.Errorf("parseOutput() of 9000 nested lists = %T, want it as text", got)
	}
}

func TestParseOutputKeepsNumbersOrRefusesThem(t *testing.T) {
	for _, tt := range []struct {
		in      string
		want    any
		problem string
	}{
		{`{"id":9007199254740991}`, map[string]any{"id": 9007199254740991.0}, ""},
		{`{"id":9007199254740993}`, nil, "the number 9007199254740993 is too large to be exact; write it as a string"},
		{`[1e400]`, nil, "the number 1e400 is too large; write it as a string"},
		{`{"id":"9007199254740993"}`, map[string]any{"id": "9007199254740993"}, ""},
		{`{"id":1} and more`, `{"id":1} and more`, ""},
	} {
		got, problem := parseOutput(&blueprint.IO{}, tt.in)
		if diff := cmp.Diff(tt.want, got); diff != "" || problem != tt.problem {
			t.Errorf("parseOutput(%q) = %v, %q, want %v, %q", tt.in, got, problem, tt.want, tt.problem)
		}
	}
}

func FuzzParseArgs(f *testing.F) {
	for _, s := range []string{``, `{}`, `{"a":1e17}`, `{"a":[null,true,"x",-0.0]}`, `[`, `{"a":9007199254740993}`, "{\"\xff\":1}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		args, problem := parseArgs(s)
		if (args == nil) == (problem == "") {
			t.Fatalf("parseArgs(%q) = %v, %q, want one of the two", s, args, problem)
		}
		if problem != "" {
			return
		}
		// What is accepted can be named: an approval is bound to its digest.
		if guard.ArgsDigest("t", args) == "" {
			t.Fatalf("parseArgs(%q) = %v, which has no digest", s, args)
		}
		if _, err := json.Marshal(args); err != nil {
			t.Fatal(err)
		}
	})
}

func TestUnfence(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{"a":1}`, `{"a":1}`},
		{" \n{}\n", `{}`},
		{"```json\n{\"a\":1}\n```", `{"a":1}`},
		{"```\n{}\n```\n", `{}`},
		{"```python\nx\n```", "```python\nx\n```"},
		{"```json {}```", "```json {}```"},
		{"```", "```"},
		{"```json\n{}", "```json\n{}"},
	}
	for _, tt := range tests {
		if got := unfence(tt.in); got != tt.want {
			t.Errorf("unfence(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestShownResult(t *testing.T) {
	inside := blueprint.Tool{Name: "t", Labels: labels(false)}
	tests := []struct {
		name string
		tool blueprint.Tool
		in   Result
		want string
	}{
		{"inside", inside, Result{Text: "x"}, "x"},
		{"error", inside, Result{Text: "x", IsError: true}, "The tool reports an error:\nx"},
		{"broken UTF-8", inside, Result{Text: "a\xff"}, "a\uFFFD"},
		{"a label that is not set", blueprint.Tool{Name: "t"}, Result{Text: "x"},
			"<outside-text id=\"2d711642b726b044\" tool=\"t\">\nx\n</outside-text id=\"2d711642b726b044\">"},
	}
	for _, tt := range tests {
		if got := shownResult(tt.tool, tt.in); got != tt.want {
			t.Errorf("%s: shownResult = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestArgumentsFitTheTool: what a server would refuse by its own schema is told
// to the model, and nobody decides it.
func TestArgumentsFitTheTool(t *testing.T) {
	schema, err := crv.CompileSchema(map[string]any{"type": "object", "required": []any{"path", "content"}, "additionalProperties": false,
		"properties": map[string]any{"path": map[string]any{"type": "string"}, "content": map[string]any{"type": "string"}}})
	if err != nil {
		t.Fatal(err)
	}
	l := &loop{spec: Spec{Inputs: map[string]*crv.CompiledSchema{"write_file": schema}}}
	tests := []struct {
		name, tool, args, problem string // part of the problem
	}{
		{"fits", "write_file", `{"path":"a","content":"b"}`, ""},
		{"missing", "write_file", `{"path":"a"}`, `the field "content" is missing`},
		{"wrong type", "write_file", `{"path":5,"content":"b"}`, "path: got number, want string"},
		{"none at all", "write_file", ``, `the field "content" is missing`},
		{"too many wrong", "write_file", `{"a":1,"b":1,"path":1,"content":1}`, "do not fit the tool"},
		{"a tool without a schema", "other", `{"x":1}`, ""},
		{"not JSON", "write_file", `{`, "not valid JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args, problem := l.arguments(ToolCall{Name: tt.tool, Args: tt.args})
			if (problem == "") != (tt.problem == "") || !strings.Contains(problem, tt.problem) || (args == nil) != (problem != "") {
				t.Errorf("arguments(%s, %s) = %v, %q, want a problem with %q", tt.tool, tt.args, args, problem, tt.problem)
			}
		})
	}
}
