package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
)

// TestAddScenario adds a scenario to suite files as people write them: what is in
// them stays as it is, and a second time adds nothing.
func TestAddScenario(t *testing.T) {
	sc := blueprint.Scenario{Name: "run-r1", FromRun: "r1", Input: map[string]any{"message": "two\nlines: and # no comment"},
		Fixtures: []blueprint.Fixture{{Tool: "t", Match: map[string]any{"id": "A-1"}, Result: map[string]any{"total": 5.5, "note": ""}}},
		Expect:   blueprint.Expect{Outcome: "success"}, Approve: []string{"t"}}
	for _, c := range []struct{ name, before string }{
		{"no file", ""},
		{"a list under its key", "# ours\nscenarios:\n- name: a # the first\n  input: x\n\n# the end\n"},
		{"indented", "scenarios:\n    - name: a\n      input: x\n      # inside\n"},
		{"a bare list", "# ours\n- name: a\n  input: x"},
		{"brackets", `{"scenarios": [{"name": "a", "input": "x"}]}`},
		{"an empty list", "scenarios: []\n"},
		{"comments alone", "# nothing yet\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "suite.yaml")
			if c.before != "" {
				if err := os.WriteFile(file, []byte(c.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for i, want := range []bool{true, false} {
				if added, err := addScenario(file, sc); err != nil || added != want {
					t.Fatalf("addScenario() for the %d. time = %t, %v, want %t", i+1, added, err, want)
				}
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			list, err := blueprint.ParseScenarios(file, text, blueprint.Options{})
			if err != nil || list[len(list)-1].Name != sc.Name {
				t.Fatalf("ParseScenarios() = %+v, %v, want it to end with the new one:\n%s", list, err, text)
			}
			if strings.Contains(c.before, "#") && strings.Contains(c.before, "name") && !strings.HasPrefix(string(text), strings.TrimRight(c.before, "\n")) {
				t.Errorf("the file's text was changed:\n%s", text)
			}
			// The same run under another name is the same scenario.
			renamed := sc
			renamed.Name = "shipping is refunded once"
			if added, err := addScenario(file, renamed); err != nil || added {
				t.Errorf("addScenario() of the same run by another name = %t, %v, want nothing added", added, err)
			}
		})
	}
}
