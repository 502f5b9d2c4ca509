package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDocs runs every sh block of the documentation, in order and a page in one
// shell, as a reader would: in an empty folder, or a copy of the page's own when
// it is an example's, with aureus on PATH. Blocks with another tag are not run.
//
// Two commands are covered elsewhere: `go run ./cmd/aureus demo` by TestDemoJSON
// and TestDemoText, and `make test` by what runs this test.
func TestDocs(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{filepath.Join(root, "README.md")}
	for _, pattern := range []string{"docs/*.md", "examples/*/README.md"} {
		more, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(more) == 0 {
			t.Fatalf("%s names no page: %v", pattern, err)
		}
		pages = append(pages, more...)
	}
	for _, page := range pages {
		name, err := filepath.Rel(root, page)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		script, err := shellBlocks(string(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if script == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "page")
			if strings.HasPrefix(name, "examples") {
				err = os.CopyFS(dir, os.DirFS(filepath.Dir(page)))
			} else {
				err = os.Mkdir(dir, 0o700)
			}
			if err != nil {
				t.Fatal(err)
			}
			if out, err := runPage(t, dir, script); err != nil {
				t.Errorf("the commands of %s: %v\n%s", name, err, out)
			}
		})
	}
}

// otherTags are the tags of blocks that hold no commands to run.
var otherTags = []string{"text", "yaml", "json", "mermaid", "go"}

// shellBlocks joins the sh blocks of a page. A block without a tag, or with one
// that nobody knows, is an error: what it shows would not be tested.
func shellBlocks(page string) (string, error) {
	var b strings.Builder
	in, tag, n := false, "", 0
	for line := range strings.Lines(page) {
		n++
		rest, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && !in:
			in, tag = true, rest
			if tag != "sh" && !slices.Contains(otherTags, tag) {
				return "", fmt.Errorf("line %d: the block's tag %q is neither sh nor one of %v", n, tag, otherTags)
			}
		case fence:
			in = false
		case in && tag == "sh":
			b.WriteString(strings.TrimPrefix(line, "$ "))
		}
	}
	if in {
		return "", fmt.Errorf("the last block has no end")
	}
	return b.String(), nil
}

// pageLimit is how long the commands of a page may take on a busy machine.
const pageLimit = 4 * time.Minute

// runPage runs a page's commands with bash. What they start in the background
// ends with them. The default addresses, which something else may have, are
// replaced by free ones.
func runPage(t *testing.T, dir, script string) (string, error) {
	t.Helper()
	server, model := freeAddress(t), freeAddress(t)
	script = strings.NewReplacer("127.0.0.1:7420", server, "127.0.0.1:7421", model).Replace(script)
	script = "set -ex\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n" + script
	ctx, cancel := context.WithTimeout(t.Context(), pageLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // and what it started
	bin := serveOn(t, server)
	cmd.Env = childEnv("AUREUS_SERVER=http://"+server, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := os.Create(filepath.Join(t.TempDir(), "out")) // a file: background commands do not hold it open
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	runErr := cmd.Run()
	if ctx.Err() != nil {
		runErr = fmt.Errorf("not done in %s", pageLimit)
	}
	said, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(said), runErr
}

// serveOn makes a folder with an aureus whose server listens on addr unless it
// is told otherwise. The process that it becomes is the program itself.
func serveOn(t *testing.T, addr string) string {
	t.Helper()
	real, bin := shipped(t), t.TempDir()
	text := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = serve ] || exec %[1]q \"$@\"\nshift\nexec %[1]q serve --listen %[2]s \"$@\"\n", real, addr)
	if err := os.WriteFile(filepath.Join(bin, "aureus"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return bin
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestShellBlocks(t *testing.T) {
	for _, tt := range []struct{ name, page, want, err string }{
		{"none", "# Title\n\n    make test\n", "", ""},
		{"two", "a\n```sh\nx\n$ y\n```\nb\n```text\nno\n```\n```sh\nz &\n```\n", "x\ny\nz &\n", ""},
		{"in a list", "- a\n\n  ```sh\n  x\n  ```\n", "  x\n", ""},
		{"no tag", "```\nx\n```\n", "", `line 1: the block's tag "" is neither sh`},
		{"unknown tag", "a\n```console\nx\n```\n", "", `line 2: the block's tag "console"`},
		{"no end", "```sh\nx\n", "", "the last block has no end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := shellBlocks(tt.page)
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("shellBlocks(%q) = %q, %v; want %q, %q", tt.page, got, err, tt.want, tt.err)
			}
		})
	}
}
