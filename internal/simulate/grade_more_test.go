package simulate

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

func f64(x float64) *float64 { return &x }

// TestScoredGraders: what each newer grader says of an output, and its score.
func TestScoredGraders(t *testing.T) {
	obj := map[string]any{"a": 1.0, "b": map[string]any{"c": "X", "d": []any{1.0, 2.0}}}
	tests := []struct {
		name   string
		grader blueprint.Grader
		output any
		passed bool
		score  *float64
		why    string
	}{
		{"contains all", blueprint.Grader{Type: "contains", Texts: []string{"a", "b"}}, "a c", false, nil, `"b"`},
		{"contains any", blueprint.Grader{Type: "contains", Texts: []string{"a", "b"}, Mode: "any"}, "a c", true, nil, ""},
		{"contains whatever the case", blueprint.Grader{Type: "contains", Text: "HELLO", IgnoreCase: true}, "hello", true, nil, ""},
		{"not contains", blueprint.Grader{Type: "contains", Text: "x", Not: true}, "axb", false, nil, "holds, and must not"},
		{"not, of a field that is absent", blueprint.Grader{Type: "contains", Field: "nope", Text: "x", Not: true}, obj, false, nil, "no field"},
		{"startsWith", blueprint.Grader{Type: "startsWith", Text: "Dear"}, "Dear Ada", true, nil, ""},
		{"equals whatever the case", blueprint.Grader{Type: "equals", Value: "Joy", IgnoreCase: true}, " joy\n", true, nil, ""},
		{"json", blueprint.Grader{Type: "json"}, `{"a":1}`, true, nil, ""},
		{"json that is none", blueprint.Grader{Type: "json"}, `{"a":1} and more`, false, nil, "not JSON"},
		{"json in a text", blueprint.Grader{Type: "json", Mode: "part", Schema: map[string]any{"required": []any{"a"}}}, `see {"b":1} {"a":1}`, true, nil, ""},
		{"json that does not fit", blueprint.Grader{Type: "json", Schema: map[string]any{"required": []any{"a"}}}, `{"b":1}`, false, nil, "a"},
		{"jsonSubset", blueprint.Grader{Type: "jsonSubset", Value: map[string]any{"b": map[string]any{"c": "X"}}}, obj, true, f64(1), ""},
		{"jsonSubset in part", blueprint.Grader{Type: "jsonSubset", Value: map[string]any{"a": 2, "b": map[string]any{"c": "X", "d": []any{1, 2}}}}, obj, false, f64(0.75), "a is 1, expected 2"},
		{"jsonSubset with min", blueprint.Grader{Type: "jsonSubset", Value: map[string]any{"a": 2, "b": map[string]any{"c": "x"}}, Min: f64(0.5), IgnoreCase: true}, obj, true, f64(0.5), ""},
		{"jsonSubset of a text", blueprint.Grader{Type: "jsonSubset", Value: map[string]any{"a": 1}}, "```json\n{\"a\":1}\n```", true, f64(1), ""},
		{"number", blueprint.Grader{Type: "number", Value: 100, Relative: 0.05}, "1,04", false, nil, "no number"},
		{"number within", blueprint.Grader{Type: "number", Value: 100, Relative: 0.05}, "104.9", true, nil, ""},
		{"number with thousands", blueprint.Grader{Type: "number", Value: 12345.5}, "12,345.5", true, nil, ""},
		{"number without tolerance", blueprint.Grader{Type: "number", Value: 0.3}, 0.1 + 0.2, true, nil, ""},
		{"number that is none", blueprint.Grader{Type: "number", Value: 1}, "many", false, nil, "no number"},
		{"levenshtein", blueprint.Grader{Type: "similarity", Text: "kitten"}, "sitting", false, f64(1 - 3.0/7), "0.57"},
		{"recall", blueprint.Grader{Type: "similarity", Measure: "recall", Text: "Paris"}, "The capital of France is Paris.", true, f64(1), ""},
		{"f1", blueprint.Grader{Type: "similarity", Measure: "f1", Text: "a b", Min: f64(0.5)}, "b c", true, f64(0.5), ""},
		{"rougeL", blueprint.Grader{Type: "similarity", Measure: "rougeL", Text: "police killed the gunman"}, "police kill the gunman", false, f64(0.75), ""},
		{"refusal", blueprint.Grader{Type: "refusal"}, "I\u2019m sorry, but I can\u2019t help with that.", true, nil, ""},
		{"no refusal", blueprint.Grader{Type: "refusal", Not: true}, "Here it is. I can't help noticing that it is late.", false, nil, ""},
		{"an answer", blueprint.Grader{Type: "refusal", Not: true}, "It costs 5 euros.", true, nil, ""},
		{"starlark bool", blueprint.Grader{Type: "starlark", Source: "def grade(run):\n    return run['output'] == 'x'\n"}, "x", true, nil, ""},
		{"starlark score", blueprint.Grader{Type: "starlark", Source: "def grade(run):\n    return 0.4\n"}, "x", false, f64(0.4), "does not pass"},
		{"starlark dict", blueprint.Grader{Type: "starlark", Source: "def grade(run):\n    return {'score': 0.6, 'reason': 'so so'}\n"}, "x", true, f64(0.6), ""},
		{"starlark of another form", blueprint.Grader{Type: "starlark", Source: "def grade(run):\n    return 'good'\n"}, "x", false, nil, "no verdict"},
		{"starlark with a score too high", blueprint.Grader{Type: "starlark", Source: "def grade(run):\n    return 7\n"}, "x", false, f64(7), "no verdict"},
		{"starlark with an odd field", blueprint.Grader{Type: "starlark", Source: "def grade(run):\n    return {'pass': True}\n"}, "x", false, nil, "no verdict"},
		{"starlark that fails", blueprint.Grader{Type: "starlark", Source: "def grade(run):\n    return run['nope']\n"}, "x", false, nil, "no verdict"},
		{"starlark without end", blueprint.Grader{Type: "starlark", Source: "def grade(run):\n    for i in range(100000):\n        for j in range(100000):\n            pass\n    return True\n"}, "x", false, nil, "endless"},
		{"command without a runner", blueprint.Grader{Type: "command", Command: []string{"true"}}, "x", false, nil, "not run here"},
	}
	for _, tt := range tests {
		gs, err := CompileGraders([]blueprint.Grader{tt.grader}, nil)
		if err != nil {
			t.Errorf("%s: CompileGraders = %v", tt.name, err)
			continue
		}
		grades, _ := gs.grade(t.Context(), graded{run: resource.Run{Output: tt.output}})
		got := grades[0]
		wantScore := tt.score
		if strings.Contains(tt.why, "no verdict") {
			wantScore = nil
		}
		same := (got.Score == nil) == (wantScore == nil) && (got.Score == nil || math.Abs(*got.Score-*wantScore) < 1e-9)
		if got.Passed != tt.passed || !same || !strings.Contains(got.Message, tt.why) {
			t.Errorf("%s: grade = %+v (score %v), want passed %t, score %v, %q", tt.name, got, got.Score, tt.passed, wantScore, tt.why)
		}
	}
}

// TestExpectedOutput: what the scenario expects serves graders without a value.
func TestExpectedOutput(t *testing.T) {
	gs, err := CompileGraders([]blueprint.Grader{{Type: "equals"}, {Type: "contains"}, {Type: "equals", Value: "own"}, {Type: "similarity"}}, "Paris")
	if err != nil {
		t.Fatal(err)
	}
	grades, _ := gs.grade(t.Context(), graded{run: resource.Run{Output: "Paris"}})
	for i, want := range []bool{true, true, false, true} {
		if grades[i].Passed != want {
			t.Errorf("grader %d = %+v, want passed %t", i, grades[i], want)
		}
	}
}

func TestGraderFieldsRefused(t *testing.T) {
	for name, g := range map[string]blueprint.Grader{
		"a field of another type":    {Type: "equals", Value: 1, Rubric: "x"},
		"a score over 1":             {Type: "similarity", Text: "x", Min: f64(2)},
		"an unknown measure":         {Type: "similarity", Text: "x", Measure: "cosine"},
		"nothing to compare with":    {Type: "similarity"},
		"text and texts":             {Type: "contains", Text: "a", Texts: []string{"b"}},
		"an unknown mode":            {Type: "contains", Text: "a", Mode: "some"},
		"a number that is none":      {Type: "number", Value: "many"},
		"a judge without rubric":     {Type: "judge"},
		"a pair without reference":   {Type: "judge", Rubric: "x", Mode: "pairwise"},
		"a pair with marks":          {Type: "judge", Rubric: "x", Mode: "pairwise", Value: "y", Scale: 5},
		"too many repeats":           {Type: "judge", Rubric: "x", Repeats: 26},
		"starlark without grade":     {Type: "starlark", Source: "def other(run):\n    return True\n"},
		"starlark that is none":      {Type: "starlark", Source: "def grade(run"},
		"a command without program":  {Type: "command", Command: []string{""}},
		"not, of a trajectory":       {Type: "trajectory", Mode: "none", Not: true},
		"not, of what is not turned": {Type: "notContains", Text: "x", Not: true},
	} {
		if _, err := CompileGraders([]blueprint.Grader{g}, nil); err == nil {
			t.Errorf("%s: CompileGraders(%+v) took it", name, g)
		}
	}
}

// programs answers as a command grader's program.
type programs struct {
	out string
	err error
}

func (p programs) Run(context.Context, []string, []byte) ([]byte, error) { return []byte(p.out), p.err }

func TestCommandGrader(t *testing.T) {
	gs, err := CompileGraders([]blueprint.Grader{{Type: "command", Command: []string{"grade"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		run    programs
		passed bool
		why    string
	}{
		{programs{out: "true\n"}, true, ""},
		{programs{out: `{"passed":false,"reason":"too long"}`}, false, "too long"},
		{programs{out: `{"score":0.49}`}, false, "0.49"},
		{programs{out: "pass"}, false, "no verdict"},
		{programs{out: ""}, false, "no verdict"},
		{programs{err: errors.New("it crashed")}, false, "no verdict: it crashed"},
	} {
		grades, _ := gs.grade(t.Context(), graded{helpers: Helpers{Commands: tt.run}})
		if got := grades[0]; got.Passed != tt.passed || !strings.Contains(got.Message, tt.why) {
			t.Errorf("a program that says %q, %v: %+v, want %t, %q", tt.run.out, tt.run.err, got, tt.passed, tt.why)
		}
	}
}

// TestJudgeNeedsItsModel: a judge with a model of its own gives no verdict where
// only the agent's can be used.
func TestJudgeNeedsItsModel(t *testing.T) {
	gs, err := CompileGraders([]blueprint.Grader{{Type: "judge", Rubric: "x", Model: &blueprint.Model{Name: "judge"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	grades, _ := gs.grade(t.Context(), graded{})
	if g := grades[0]; g.Passed || !strings.Contains(g.Message, "no verdict") {
		t.Errorf("grade = %+v, want no verdict", g)
	}
	asked := ""
	open := func(m blueprint.Model) (agentrun.Model, error) {
		asked = m.Name
		return nil, errors.New("no such model")
	}
	if _, _ = gs.grade(t.Context(), graded{helpers: Helpers{Models: open}}); asked != "judge" {
		t.Errorf("the model %q was opened, want judge", asked)
	}
}
