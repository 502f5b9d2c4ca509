package blueprint_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

const withFiles = minimal + `  policies:
    - {id: house, file: ./policies/house.cedar}
  evaluation:
    suites:
      - {name: list, file: list.yaml}
      - {name: object, file: object.json}
`

func folder() fstest.MapFS {
	return fstest.MapFS{
		"policies/house.cedar": {Data: []byte("forbid (principal, action, resource);\n")},
		"list.yaml":            {Data: []byte("- name: one\n  input: {a: 1}\n- name: two\n  input: 2\n")},
		"object.json":          {Data: []byte(`{"scenarios": [{"name": "three", "input": null}]}`)},
	}
}

func TestParseInlinesFiles(t *testing.T) {
	a, src, err := blueprint.ParseSource("dir/a.yaml", []byte(withFiles), blueprint.Options{Files: folder()})
	if err != nil {
		t.Fatal(err)
	}
	want := []blueprint.Suite{
		{Name: "list", Scenarios: []blueprint.Scenario{{Name: "one", Input: map[string]any{"a": 1.0}}, {Name: "two", Input: 2.0}}},
		{Name: "object", Scenarios: []blueprint.Scenario{{Name: "three"}}},
	}
	if diff := cmp.Diff(want, a.Spec.Evaluation.Suites); diff != "" {
		t.Errorf("suites (-want +got):\n%s", diff)
	}
	if got := a.Spec.Policies[0]; got.File != "" || !strings.HasPrefix(got.Cedar, "forbid") {
		t.Errorf("policy = %+v, want its text and no file", got)
	}
	for path, want := range map[string]blueprint.Position{
		"spec.goal":              {File: "dir/a.yaml", Line: 5, Column: 9},
		"spec.policies[0].cedar": {File: "dir/policies/house.cedar", Line: 1, Column: 1},
		"spec.evaluation.suites[0].scenarios[1].input": {File: "dir/list.yaml", Line: 4, Column: 10},
		"spec.evaluation.suites[1].scenarios[0].name":  {File: "dir/object.json", Line: 1, Column: 25},
		"spec.evaluation.suites":                       {File: "dir/a.yaml", Line: 13, Column: 5},
		"spec.tools[7].name":                           {File: "dir/a.yaml", Line: 4, Column: 1},
	} {
		if got := src.Position(path); got != want {
			t.Errorf("Position(%s) = %+v, want %+v", path, got, want)
		}
	}
	if got := (*blueprint.Source)(nil).Position("spec"); got != (blueprint.Position{}) {
		t.Errorf("nil Position = %+v, want none", got)
	}
}

func TestParseRefusesFiles(t *testing.T) {
	policy := func(file string) string {
		return minimal + "  policies: [{id: p, file: '" + file + "'}]\n"
	}
	suite := minimal + "  evaluation: {suites: [{name: s, file: bad.yaml}]}\n"
	bad := fstest.MapFS{"bad.yaml": {Data: []byte("- name: one\n  inptu: 1\n")}, "dir/x": {Data: []byte("x")}, "empty.cedar": {}}
	tests := []struct {
		name, text string
		files      fs.FS
		want       string
	}{
		{"no folder", policy("a.cedar"), nil, `a.yaml:10:28: spec.policies[0].file: files cannot be named here`},
		{"escape", policy("../a.cedar"), bad, `"../a.cedar" is not a file inside the blueprint's folder`},
		{"hidden escape", policy("x/../../a"), bad, `is not a file inside the blueprint's folder`},
		{"absolute", policy("/etc/passwd"), bad, `"/etc/passwd" is not a file inside the blueprint's folder`},
		{"not there", policy("no.cedar"), bad, `there is no file "no.cedar" beside the blueprint`},
		{"a folder", policy("dir"), bad, `"dir" is not a regular file`},
		{"empty", policy("empty.cedar"), bad, `empty.cedar holds no Cedar text`},
		{"bad scenarios", suite, bad, `bad.yaml:1:3: spec.evaluation.suites[0].scenarios[0].input: the field "input" is missing`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := blueprint.Parse("a.yaml", []byte(tt.text), blueprint.Options{Files: tt.files})
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse(%s) = %v, want INVALID with %q", tt.name, err, tt.want)
			}
		})
	}
	t.Run("large", func(t *testing.T) {
		files := fstest.MapFS{"a.cedar": {Data: make([]byte, 2048)}}
		_, err := blueprint.Parse("a.yaml", []byte(policy("a.cedar")), blueprint.Options{Files: files, MaxBytes: 1024})
		if !fault.Is(err, fault.TooLarge) {
			t.Errorf("Parse = %v, want TOO_LARGE", err)
		}
	})
}

// TestParseKeepsLinksInside: os.Root.FS, which Options asks for, does not follow
// a link out of the folder.
func TestParseKeepsLinksInside(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(inside, "link.cedar")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, err = blueprint.Parse("a.yaml", []byte(minimal+"  policies: [{id: p, file: link.cedar}]\n"), blueprint.Options{Files: root.FS()})
	if !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "holds") {
		t.Errorf("Parse(link out of the folder) = %v, want INVALID", err)
	}
}

func TestParseScenarios(t *testing.T) {
	got, err := blueprint.ParseScenarios("s.yaml", []byte("scenarios:\n  - {name: a, input: x}\n"), blueprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]blueprint.Scenario{{Name: "a", Input: "x"}}, got); diff != "" {
		t.Errorf("ParseScenarios (-want +got):\n%s", diff)
	}
	_, err = blueprint.ParseScenarios("s.yaml", []byte("- {name: a, input: x, expect: {outcome: fine}}"), blueprint.Options{})
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Details) != 1 || f.Details[0].Path != "[0].expect.outcome" {
		t.Errorf("ParseScenarios(bad outcome) = %v, want one problem at [0].expect.outcome", err)
	}
}
