package refunddesk

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmes runs every sh block of the examples' pages, in order, as a reader
// would: in a copy of the page's folder, with aureus on PATH.
func TestReadmes(t *testing.T) {
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "aureus"), "../../cmd/aureus").CombinedOutput(); err != nil {
		t.Fatalf("go build ./cmd/aureus: %v\n%s", err, out)
	}
	for _, folder := range []string{".", "../agentdojo"} {
		page := filepath.Join(folder, "README.md")
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "page")
			if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
				t.Fatal(err)
			}
			// The commands start servers in the background; they end with the page.
			script := "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + blocks(string(text))
			cmd := exec.Command("bash", "-c", script)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "AUREUS_TOKEN=", "AUREUS_SERVER=")
			out, err := os.Create(filepath.Join(t.TempDir(), "out")) // a file: background commands do not hold it open
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			cmd.Stdout, cmd.Stderr = out, out
			if err := cmd.Run(); err != nil {
				said, _ := os.ReadFile(out.Name()) // what can be read is shown
				t.Errorf("the commands of %s: %v\n%s", page, err, said)
			}
		})
	}
}

// blocks are the sh blocks of a page, one after the other.
func blocks(page string) string {
	var b strings.Builder
	in := false
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, "```sh"):
			in = true
		case strings.HasPrefix(line, "```"):
			in = false
		case in:
			b.WriteString(line)
		}
	}
	return b.String()
}
