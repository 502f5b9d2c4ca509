package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary also the commands that the tests start as
// processes of their own: the program itself, and MCP servers that misbehave.
func TestMain(m *testing.M) {
	testscript.Main(withProgram{m}, map[string]func(){
		"aureus": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
			stop()
			os.Exit(code)
		},
		"oddmcp": func() { os.Exit(oddMCP(os.Args[1:])) },
	})
}

// program is the program as it is shipped, without the race detector, which makes
// the long tests ten times longer.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "aureus-program")
	if err != nil {
		return "", err
	}
	programDir = dir
	file := filepath.Join(dir, "aureus")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

// programDir is where the program was built, "" when it was not.
var programDir string

// withProgram removes the program when the tests are done.
type withProgram struct{ *testing.M }

func (m withProgram) Run() int {
	code := m.M.Run()
	if programDir != "" {
		_ = os.RemoveAll(programDir) // in the folder for temporary files
	}
	return code
}

// shipped is the path of the program as it is shipped.
func shipped(t *testing.T) string {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestScripts runs testdata/script/*.txtar. Each script is a test in a folder of
// its own; script_test.go has the commands that are not testscript's own.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	// Recorded runs that others made are not part of the project; where they are, they
	// are used too.
	shared, err := filepath.Abs("../../../shared/data")
	if err != nil {
		t.Fatal(err)
	}
	_, missing := os.Stat(shared)
	if missing != nil {
		t.Logf("%s is not there: the scripts use their own recorded runs only", shared)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds:                scriptCommands,
		Condition: func(cond string) (bool, error) {
			if cond == "shared-data" {
				return missing == nil, nil
			}
			return false, fmt.Errorf("there is no condition %q", cond)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			e.Setenv("SHARED_DATA", shared)
			e.Setenv("NO_COLOR", "1")
			// The scripts run the program as it is shipped: with the race detector they take
			// ten times longer. One that does much at once runs with it.
			if name := filepath.Base(e.WorkDir); name != "script-apply_twice" {
				e.Setenv("PATH", filepath.Dir(shipped(t))+string(os.PathListSeparator)+e.Getenv("PATH"))
			}
			// The template's agent with the example's shop, as scripts change it.
			return writeRefundDesk(filepath.Join(e.WorkDir, "refund-desk.yaml"))
		},
	})
}
