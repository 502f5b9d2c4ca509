package folder_test

import (
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/folder"
)

func TestKindOf(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"an agent", "a.yaml", "# c\napiVersion: aureus/v1\nkind: Agent\n", "Agent"},
		{"quoted", "a.yml", "\"kind\": 'Pipeline' # c\n\"apiVersion\":  \"aureus/v1\"\n", "Pipeline"},
		{"JSON", "a.json", `{"kind":"Agent","apiVersion":"aureus/v1"}`, "Agent"},
		{"JSON in YAML", "a.yaml", `  {"kind":"Agent","apiVersion":"aureus/v1"}`, "Agent"},
		{"CRLF", "a.yaml", "apiVersion: aureus/v1\r\nkind: Agent\r\n", "Agent"},
		{"a later version", "a.yaml", "apiVersion: aureus/v9\nkind: Agent\n", "Agent"},
		{"no kind", "a.yaml", "apiVersion: aureus/v1\n", "unknown"},
		{"another program's", "a.yaml", "apiVersion: v1\nkind: Agent\n", ""},
		{"another group", "a.yaml", "apiVersion: aureus.example.com/v1\nkind: Agent\n", ""},
		{"inside of something", "a.yaml", "a:\n  apiVersion: aureus/v1\n  kind: Agent\n", ""},
		{"scenarios", "a.yaml", "- name: x\n", ""},
		{"broken JSON", "a.json", `{"apiVersion":"aureus/v1",`, ""},
		{"nothing", "a.yaml", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := folder.KindOf(tt.file, []byte(tt.text)); got != tt.want {
				t.Errorf("KindOf(%q, %q) = %q, want %q", tt.file, tt.text, got, tt.want)
			}
		})
	}
	for name, want := range map[string]bool{"a.yaml": true, "A.YML": true, "x/a.json": true, "a.cedar": false, "yaml": false, "a.yaml.bak": false} {
		if got := folder.IsText(name); got != want {
			t.Errorf("IsText(%q) = %v, want %v", name, got, want)
		}
	}
}

func FuzzKindOf(f *testing.F) {
	f.Add("a.yaml", "apiVersion: aureus/v1\nkind: Agent")
	f.Add("a.json", `{"apiVersion":"aureus/v1"}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		if kind := folder.KindOf(name, []byte(text)); kind != "" && !strings.Contains(text, "aureus") {
			t.Errorf("KindOf(%q, %q) = %q, want none: nothing in it is for Aureus", name, text, kind)
		}
	})
}
