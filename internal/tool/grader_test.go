package tool

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// TestGraders: a program is given the run and gives its answer; one that fails,
// says too much or does not end is an error, and it sees nothing of the machine
// that it does not need.
func TestGraders(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("hidden"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, script, want, problem string }{
		{"answers", `read line; echo "{\"score\":1,\"reason\":\"$line\"}"`, `{"score":1,"reason":"the run"}`, ""},
		{"does not read", `echo true`, "true", ""},
		{"fails", `echo true; echo broken >&2; exit 3`, "", "exit status 3"},
		{"says too much", `head -c 2000000 /dev/zero`, "", "more than 1048576 bytes"},
		{"reads a file of the machine", `cat ` + secret + ` 2>/dev/null || echo no`, "no", ""},
		{"writes a file of the machine", `echo x 2>/dev/null > ` + secret + ` || echo no`, "no", ""},
		{"has a network", `ls /sys/class/net 2>/dev/null | grep -v '^lo$' || echo no`, "no", ""},
		{"sees keys", `env | grep AUREUS_ || echo no`, "no", ""},
	}
	t.Setenv("AUREUS_MODEL_KEY", "sk-1")
	g := NewGraders(Config{TempDir: t.TempDir(), Dir: t.TempDir(), Private: []string{dir}})
	for _, tt := range tests {
		got, err := g.Run(t.Context(), []string{"sh", "-c", tt.script}, []byte("the run\n"))
		switch {
		case tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)):
			t.Errorf("%s: Run = %q, %v, want %q", tt.name, got, err, tt.problem)
		case tt.problem == "" && (err != nil || strings.TrimSpace(string(got)) != tt.want):
			t.Errorf("%s: Run = %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "hidden" {
		t.Errorf("the file of the machine is %q, %v after the graders", b, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := g.Run(ctx, []string{"sh", "-c", "while :; do :; done"}, nil); !fault.Is(err, fault.Upstream) || !strings.Contains(err.Error(), "in its time") {
		t.Errorf("Run of a program that does not end = %v, want UPSTREAM", err)
	}
	if _, err := g.Run(t.Context(), []string{"no-such-program"}, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("Run of no program = %v, want INVALID", err)
	}
}
