package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary also the commands that the tests start as
// processes of their own: the program itself, and MCP servers that misbehave.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"aureus": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
			stop()
			os.Exit(code)
		},
		"oddmcp": func() { os.Exit(oddMCP(os.Args[1:])) },
	})
}

// TestScripts runs testdata/script/*.txtar. Each script is a test in a folder of
// its own; script_test.go has the commands that are not testscript's own.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true, ContinueOnError: true,
		Cmds:                scriptCommands,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			e.Setenv("NO_COLOR", "1")
			// The template's agent with the example's shop, as scripts change it.
			return writeRefundDesk(filepath.Join(e.WorkDir, "refund-desk.yaml"))
		},
	})
}
