package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var (
	// quoted is a command as messages, help texts and pages quote it.
	quoted = regexp.MustCompile("(?:`|<code>|\"|\n)(aureus [a-z][^`<\"\n\\\\]*)")
	flag   = regexp.MustCompile(`(?:^| |\[|\|)--([a-z][a-z-]*)`)
	// fenced is a block of a page of documentation, inline a command in its prose,
	// which may go over the end of a line.
	fenced = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	inline = regexp.MustCompile("`(aureus [a-z][^`]*)`")
	typed  = regexp.MustCompile(`(?m)^(?:\$ )?(aureus [a-z].*)$`)
	// argument is a quoted argument of a command, which can be a command itself.
	argument = regexp.MustCompile(`'[^']*'`)
)

// quotedCommands are the commands that a file quotes.
func quotedCommands(ext, text string) (out []string) {
	find := func(re *regexp.Regexp, text string) {
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			out = append(out, strings.Join(strings.Fields(m[1]), " "))
		}
	}
	if ext != ".md" {
		find(quoted, text)
		return out
	}
	find(inline, fenced.ReplaceAllString(text, ""))
	for _, block := range fenced.FindAllString(text, -1) {
		find(typed, argument.ReplaceAllString(block, "ARGUMENT"))
	}
	return out
}

// TestQuotedCommands holds every command that a message, a help text, a page of the
// console or one of the documentation quotes against the commands that there are.
func TestQuotedCommands(t *testing.T) {
	root := newRoot(&env{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }})
	n := 0
	for _, dir := range []string{"../../internal", ".", "../../blueprint", "../../client", "../../docs", "../../ci", "../../examples", "../../README.md"} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			ext := filepath.Ext(path)
			if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") || ext != ".go" && ext != ".html" && ext != ".md" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, cmd := range quotedCommands(ext, string(text)) {
				if strings.HasPrefix(cmd, "aureus serves ") { // a sentence
					continue
				}
				if why := wrongCommand(root, cmd); why != "" {
					t.Errorf("%s quotes %q: %s", path, cmd, why)
				}
				n++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 300 {
		t.Errorf("%d commands are quoted, want the 300 and more that there were", n)
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

func TestWrongCommandOnAPage(t *testing.T) {
	root := newRoot(&env{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }})
	page := "Use `aureus release\nstart V --env E --wait` and `aureus relaese start`; `aureus` alone is no command.\n\n```sh\naureus push x.yaml --forse\naureus run --param 'server=aureus example shop --db x'\n```\nand `aureus token create [--nmae NAME]`\n"
	var got []string
	for _, cmd := range quotedCommands(".md", page) {
		got = append(got, wrongCommand(root, cmd))
	}
	want := []string{"", "there is no such command", "it has no flag --nmae", "it has no flag --forse", "there is no such command"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is wrong on the page (-want +got):\n%s", diff)
	}
}
