package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var (
	// quoted is a command as messages, help texts and pages quote it.
	quoted = regexp.MustCompile("(?:`|<code>|\"|\n)(aureus [a-z][^`<\"\n\\\\]*)")
	flag   = regexp.MustCompile(`(?:^| )--([a-z][a-z-]*)`)
)

// TestQuotedCommands holds every command that a message, a help text or a page of
// the console tells a person to run against the commands that there are.
func TestQuotedCommands(t *testing.T) {
	root := newRoot(&env{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }})
	n := 0
	for _, dir := range []string{"../../internal", ".", "../../blueprint", "../../client"} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			ext := filepath.Ext(path)
			if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") || ext != ".go" && ext != ".html" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
				if strings.HasPrefix(m[1], "aureus serves ") { // a sentence
					continue
				}
				if why := wrongCommand(root, m[1]); why != "" {
					t.Errorf("%s quotes %q: %s", path, m[1], why)
				}
				n++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 20 {
		t.Errorf("%d commands are quoted, want the 20 and more that there were", n)
	}
}

// wrongCommand says what is wrong with a quoted command; "" when nothing is.
func wrongCommand(root *cobra.Command, text string) string {
	words := strings.Fields(text)[1:]
	cmd := root
	for _, w := range words {
		next, _, err := cmd.Find([]string{w})
		if err != nil || next == cmd {
			break
		}
		cmd = next
	}
	if cmd == root || !cmd.Runnable() && len(words) > 1 {
		return "there is no such command"
	}
	for _, m := range flag.FindAllStringSubmatch(text, -1) {
		if m[1] != "help" && cmd.Flags().Lookup(m[1]) == nil {
			return "it has no flag --" + m[1]
		}
	}
	return ""
}
