package main

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/aureus-agents/aureus/internal/screen"
)

// oneLine is the beginning of a text, on one line.
func oneLine(s string) string {
	return cut(line(s), 60)
}

// line is a text on one line, as it can stand among what a command says itself:
// nothing in it begins another line.
func line(s string) string {
	return screen.Line(strings.Join(strings.Fields(s), " "))
}

// cut is the beginning of a line that is too wide for width columns.
func cut(s string, width int) string {
	if lipgloss.Width(s) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && lipgloss.Width(string(r)) > width-3 {
		r = r[:len(r)-1]
	}
	return string(r) + "..."
}

// wrap breaks a text at spaces into lines of at most width columns; the lines
// after the first begin with indent. What the text begins with is kept; a word
// wider than a line is broken.
func wrap(s string, width int, indent string) string {
	var lines []string
	body := strings.TrimLeft(s, " ")
	line, begun := s[:len(s)-len(body)], false
	room := max(width, lipgloss.Width(indent)+10)
	for word := range strings.SplitSeq(body, " ") {
		switch {
		case !begun:
			word, begun = line+word, true
		case lipgloss.Width(line)+1+lipgloss.Width(word) <= room:
			line += " " + word
			continue
		default:
			lines = append(lines, line)
			word = indent + word
		}
		for lipgloss.Width(word) > room {
			head, rest := breakAt(word, room)
			lines = append(lines, head)
			word = indent + rest
		}
		line = word
	}
	return strings.Join(append(lines, line), "\n")
}

// breakAt splits a word after as many runes as fit.
func breakAt(word string, width int) (head, rest string) {
	n, at := 0, 0
	for i, r := range word {
		w := lipgloss.Width(string(r))
		if n+w > width {
			break
		}
		n, at = n+w, i+len(string(r))
	}
	return word[:at], word[at:]
}

// say is fmt.Fprintf, with every text among the arguments on one line. What it
// prints itself and what others wrote stay apart by it.
func say(w io.Writer, format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = screen.Line(s)
		}
	}
	fmt.Fprintf(w, format, args...)
}
