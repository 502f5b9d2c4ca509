package blueprint_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

func TestParseData(t *testing.T) {
	want := []map[string]any{{"id": "a", "n": 1.0}, {"id": "b", "n": 2.5}}
	for name, text := range map[string]string{
		"rows.jsonl": "{\"id\":\"a\",\"n\":1}\n\n{\"id\":\"b\",\"n\":2.5}\n",
		"rows.csv":   "id,n:number\na,1\nb,2.5\n",
		"rows.yaml":  "- {id: a, n: 1}\n- id: b\n  n: 2.5\n",
		"rows.json":  `[{"id":"a","n":1},{"id":"b","n":2.5}]`,
	} {
		got, _, err := blueprint.ParseData(name, "", []byte(text))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("ParseData(%s) = %v, (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestParseDataNamesThePlace(t *testing.T) {
	tests := []struct{ name, file, text, at string }{
		{"not JSON", "d.jsonl", "{\"a\":1}\n{\"a\":}\n", "d.jsonl:2:6 rows[1]"},
		{"a column twice", "d.jsonl", `{"a":1,"a":2}`, "d.jsonl:1:8 rows[0].a"},
		{"a row that is no object", "d.jsonl", "{\"a\":1}\n[1]\n", "d.jsonl:2:1 rows[1]"},
		{"no rows", "d.yaml", "[]", "d.yaml:1:1 "},
		{"no list", "d.yaml", "a: 1", "d.yaml:1:1 "},
		{"nothing", "d.csv", "", "d.csv:1:1 "},
		{"a cell too few", "d.csv", "a,b\n1,2\n3\n", "d.csv:3:1 "},
		{"a cell that is no number", "d.csv", "a,n:number\nx,1\ny,many\n", "d.csv:3:3 rows[1].n"},
		{"a cell that is no bool", "d.csv", "b:bool\nyes\n", "d.csv:2:1 rows[0].b"},
		{"a cell that is no JSON", "d.csv", "j:json\n{\n", "d.csv:2:1 rows[0].j"},
		{"a header twice", "d.csv", "a,a\n1,2\n", "d.csv:1:1 a"},
		{"an unknown ending", "d.txt", "a", "d.txt:0:0 "},
		{"bytes that are no text", "d.jsonl", "{}\n\xff", "d.jsonl:2:1 "},
	}
	for _, tt := range tests {
		_, _, err := blueprint.ParseData(tt.file, "", []byte(tt.text))
		var fe *fault.Error
		if !errors.As(err, &fe) || len(fe.Details) == 0 {
			t.Errorf("%s: ParseData(%q) = %v, want a problem with its place", tt.name, tt.text, err)
			continue
		}
		d := fe.Details[0]
		if got := fmt.Sprintf("%s:%d:%d %s", d.File, d.Line, d.Column, d.Path); got != tt.at {
			t.Errorf("%s: ParseData(%q) is at %s (%s), want %s", tt.name, tt.text, got, d.Message, tt.at)
		}
	}
}

const withData = `apiVersion: aureus/v1
kind: Agent
metadata: {name: a, owner: o}
spec:
  goal: Answer questions.
  instructions: Answer.
  model: {name: m}
  riskTier: low
  zone: internal
  evaluation:
    suites:
      - name: questions
        data:
          file: data/q.csv
`

func parseWithData(t *testing.T, more, csv string) (*blueprint.Agent, error) {
	t.Helper()
	return blueprint.Parse("agent.yaml", []byte(withData+more), blueprint.Options{Files: fstest.MapFS{"data/q.csv": {Data: []byte(csv)}}})
}

const template = `          template:
            name: "q-{{id}}"
            input: {question: "{{question}}", lang: "in {{lang}}"}
            expect: {graders: [{type: equals, field: answer, value: "{{answer}}"}]}
`

// TestExpandTemplate: a text that is one column becomes the column's value, and
// a text with a column in it stays text.
func TestExpandTemplate(t *testing.T) {
	a, err := parseWithData(t, template, "id,question,lang,answer:json\n7,How many?,English,42\n")
	if err != nil {
		t.Fatal(err)
	}
	s := a.Spec.Evaluation.Suites[0]
	if s.Data.File != "" || !strings.HasPrefix(s.Data.Digest, "sha256:") || len(s.Data.Rows) != 1 {
		t.Errorf("the data set was not inlined: %+v", s.Data)
	}
	got, err := s.Expand()
	want := []blueprint.Scenario{{Name: "q-7", Input: map[string]any{"question": "How many?", "lang": "in English"},
		Expect: blueprint.Expect{Graders: []blueprint.Grader{{Type: "equals", Field: "answer", Value: 42.0}}}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Expand() = %v, (-want +got):\n%s", err, diff)
	}
}

// TestExpandOwnFields: without a template the columns are a scenario's fields.
func TestExpandOwnFields(t *testing.T) {
	a, err := parseWithData(t, "        taskType: classification\n", "id,input.text,expected,tags:json\na,I am happy,joy,\"[\"\"short\"\"]\"\n")
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Spec.Evaluation.Suites[0].Expand()
	want := []blueprint.Scenario{{Name: "a", Input: map[string]any{"text": "I am happy"}, Tags: []string{"short"},
		Expect: blueprint.Expect{Output: "joy", Graders: []blueprint.Grader{{Type: "equals", IgnoreCase: true}}}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Expand() = %v, (-want +got):\n%s", err, diff)
	}
}

// TestDataProblems: what is wrong with a row is said at the row and the column.
func TestDataProblems(t *testing.T) {
	tests := []struct{ name, more, csv, at, message string }{
		{"a column that is missing", template, "id,question,lang\n1,q,en\n", "data/q.csv:2:1 spec.evaluation.suites[0].data.rows[0].answer", `no column "answer"`},
		{"a column that no scenario has", "", "id,input,color\n1,q,red\n", "data/q.csv:2:5 spec.evaluation.suites[0].data.rows[0].color", `color`},
		{"no input", "", "id\n1\n", "data/q.csv:2:1 spec.evaluation.suites[0].data.rows[0].input", "missing"},
		{"an odd grader", "", "id,input,graders:json\n1,q,\"[{\"\"type\"\":\"\"odd\"\"}]\"\n", "data/q.csv:2:5 spec.evaluation.suites[0].data.rows[0].graders", "odd"},
		{"nothing expected", "        taskType: qa\n", "id,input\n1,q\n", "data/q.csv:2:1 spec.evaluation.suites[0].data.rows[0]", "needs graders"},
		{"another file than pinned", "          digest: sha256:" + strings.Repeat("0", 64) + "\n", "id,input\n1,q\n", "agent.yaml:15:19 spec.evaluation.suites[0].data.digest", "is pinned"},
	}
	for _, tt := range tests {
		_, err := parseWithData(t, tt.more, tt.csv)
		var fe *fault.Error
		if !errors.As(err, &fe) || len(fe.Details) == 0 {
			t.Errorf("%s: Parse = %v, want a problem with its place", tt.name, err)
			continue
		}
		d := fe.Details[0]
		if got := fmt.Sprintf("%s:%d:%d %s", d.File, d.Line, d.Column, d.Path); got != tt.at || !strings.Contains(d.Message, tt.message) {
			t.Errorf("%s: Parse is at %s (%s), want %s with %q", tt.name, got, d.Message, tt.at, tt.message)
		}
	}
}

func FuzzParseData(f *testing.F) {
	for _, s := range []string{"{\"a\":1}\n", "a,b\n1,2\n", "- {a: 1}", "[{}]", "a:json\n{}\n", "\"", "a:number,b:bool\n1e999,x\n"} {
		for format := range 4 {
			f.Add(format, s)
		}
	}
	f.Fuzz(func(t *testing.T, format int, text string) {
		name := []string{"jsonl", "csv", "yaml", "json"}[uint(format)%4]
		rows, _, err := blueprint.ParseData("d", name, []byte(text))
		if err != nil {
			if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) {
				t.Errorf("ParseData(%q) = %v, want INVALID", text, err)
			}
			return
		}
		s := blueprint.Suite{Name: "s", Data: &blueprint.DataSet{Rows: rows}}
		_, _ = s.Expand() // it may refuse the rows, and never panics
	})
}
