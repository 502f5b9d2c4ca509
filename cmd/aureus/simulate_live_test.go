package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestFurnish: a scenario's servers get copies of what is beside Aureus, and may
// change nothing else.
func TestFurnish(t *testing.T) {
	beside := t.TempDir()
	for name, text := range map[string]string{"shop/shop.db": "rows", "server.py": "code", "other.txt": "not named"} {
		file := filepath.Join(beside, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc", filepath.Join(beside, "shop", "out")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		command []string
		write   []string
		err     string
		copied  []string
	}{
		{"what is named", []string{"python3", "server.py", "--db", "shop/shop.db", "nothing.txt"}, []string{"shop"}, "", []string{"server.py", "shop/shop.db"}},
		{"nothing", []string{"python3", "."}, nil, "", nil},
		{"a folder of the machine", []string{"python3"}, []string{"/var/lib/shop"}, "may change /var/lib/shop, of which a scenario cannot have a copy", nil},
		{"a folder above", []string{"python3"}, []string{"../shop"}, "may change ../shop", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &resource.Manifest{}
			m.Blueprint.Spec.Servers = []blueprint.Server{{Name: "shop", Stdio: &blueprint.StdioServer{Command: tt.command, Sandbox: blueprint.Sandbox{Write: tt.write}}}}
			room := t.TempDir()
			work := filepath.Join(room, "work")
			err := privateServers{dir: beside}.furnish(m, work, filepath.Join(room, "temp"))
			if tt.err != "" {
				if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("furnish() = %v, want %s with %q", err, fault.Invalid, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			err = filepath.WalkDir(work, func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					rel, _ := filepath.Rel(work, path) // it is below work
					got = append(got, rel)
				}
				return err
			})
			if err != nil || strings.Join(got, " ") != strings.Join(tt.copied, " ") {
				t.Errorf("furnish() copied %v, %v, want %v", got, err, tt.copied)
			}
		})
	}
}
