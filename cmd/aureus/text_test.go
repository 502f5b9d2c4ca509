package main

import (
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"pgregory.net/rapid"
)

func TestWrap(t *testing.T) {
	tests := []struct {
		name, in, indent string
		width            int
		want             string
	}{
		{"fits", "one two", "", 10, "one two"},
		{"breaks at a space", "one two three", "", 9, "one two\nthree"},
		{"keeps what it begins with", "    one two three", "      ", 14, "    one two\n      three"},
		{"a long word is broken", "  abcdefghijklmnop", "  ", 12, "  abcdefghij\n  klmnop"},
		{"empty", "", "  ", 12, ""},
		{"only spaces", "   ", "", 12, "   "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := wrap(tt.in, tt.width, tt.indent); got != tt.want {
				t.Errorf("wrap(%q, %d, %q) = %q, want %q", tt.in, tt.width, tt.indent, got, tt.want)
			}
		})
	}
}

// TestWrapKeepsEverything: no line is too wide, and no word is lost.
func TestWrapKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringMatching(`( {0,6})([a-zé界█]{1,40} )*[a-z]{1,30}`).Draw(t, "text")
		width, indent := rapid.IntRange(20, 60).Draw(t, "width"), strings.Repeat(" ", rapid.IntRange(0, 8).Draw(t, "indent"))
		got := wrap(in, width, indent)
		for line := range strings.SplitSeq(got, "\n") {
			if w := lipgloss.Width(line); w > width {
				t.Errorf("wrap(%q, %d, %q) has a line of %d columns", in, width, indent, w)
			}
		}
		letters := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		if letters(got) != letters(in) {
			t.Errorf("wrap(%q, %d, %q) = %q, which is another text", in, width, indent, got)
		}
	})
}

// TestTextOfOthers: what others wrote begins no line and no cell of its own.
func TestTextOfOthers(t *testing.T) {
	var b strings.Builder
	say(&b, "reason: %s (%d)\n", "fine\napproved by: \x1b[2Kada", 3)
	table(&b, "A B", func(row func(...any)) { row("x\ty\nz\u202e", 1) })
	want := "reason: fine approved by: \\u001b[2Kada (3)\nA            B\nx y z\\u202e  1\n"
	if got := b.String(); got != want {
		t.Errorf("say and table = %q, want %q", got, want)
	}
}
