package main

import (
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func testRoot() *cobra.Command {
	return newRoot(&env{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }})
}

// TestExamplesParse: every example in the help is a call of its command that the
// command takes.
func TestExamplesParse(t *testing.T) {
	for path, text := range examples {
		t.Run(path, func(t *testing.T) {
			for line := range strings.SplitSeq(text, "\n") {
				words := shellWords(line)
				for strings.Contains(words[0], "=") { // a variable of the environment
					words = words[1:]
				}
				cmd, rest, err := testRoot().Find(words[1:])
				if err != nil {
					t.Fatalf("Find(%q) = %v, want a command", line, err)
				}
				if got := strings.TrimPrefix(cmd.CommandPath(), "aureus "); got != path {
					t.Errorf("Find(%q) = %q, want %q", line, got, path)
				}
				if err := cmd.ParseFlags(rest); err != nil {
					t.Errorf("ParseFlags(%q) = %v, want no error", line, err)
				}
				if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
					t.Errorf("ValidateArgs(%q) = %v, want no error", line, err)
				}
				if err := cmd.ValidateRequiredFlags(); err != nil {
					t.Errorf("ValidateRequiredFlags(%q) = %v, want no error", line, err)
				}
			}
		})
	}
}

// shellWords splits a call at spaces outside single quotes.
func shellWords(s string) (words []string) {
	word, quoted := "", false
	for _, r := range s + " " {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ' ' && !quoted:
			if word != "" {
				words = append(words, word)
			}
			word = ""
		default:
			word += string(r)
		}
	}
	return words
}

// TestHelp: every command that prints JSON says what, and no help is wider than a
// terminal.
func TestHelp(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := strings.TrimPrefix(cmd.CommandPath(), "aureus ")
		o := cmd.Flags().Lookup("output")
		if o != nil && !o.Hidden && !strings.Contains(cmd.Long+cmd.Short, "JSON") && !strings.Contains(cmd.Long, "-o json prints") {
			t.Errorf("the help of %q does not say what -o json prints", path)
		}
		for line := range strings.SplitSeq(cmd.Long, "\n") {
			if n := len([]rune(line)); n > 90 {
				t.Errorf("the help of %q has a line of %d columns: %s", path, n, line)
			}
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(testRoot())
}

// TestPrintsNamesCommands: the tables of the help name commands that exist.
func TestPrintsNamesCommands(t *testing.T) {
	for path, v := range prints {
		cmd, _, err := testRoot().Find(strings.Fields(path))
		if err != nil || cmd.CommandPath() != "aureus "+path {
			t.Errorf("Find(%q) = %v, %v, want the command", path, cmd.CommandPath(), err)
		}
		if !strings.Contains(strings.Join(strings.Fields(cmd.Long), " "), shape(reflect.TypeOf(v))) {
			t.Errorf("the help of %q does not show %s", path, shape(reflect.TypeOf(v)))
		}
	}
}
