package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// timeline prints the demo's steps for a person to read. With no writer it
// prints nothing.
type timeline struct {
	w     io.Writer
	live  bool // a terminal: the running step is shown and overwritten
	style bool
}

func newTimeline(w io.Writer) *timeline {
	t := &timeline{w: w}
	if f, ok := w.(*os.File); ok {
		st, err := f.Stat()
		t.live = err == nil && st.Mode()&os.ModeCharDevice != 0
	}
	t.style = t.live && os.Getenv("NO_COLOR") == ""
	return t
}

func (t *timeline) paint(s string, st lipgloss.Style) string {
	if !t.style {
		return s
	}
	return st.Render(s)
}

var (
	faint = lipgloss.NewStyle().Faint(true)
	bold  = lipgloss.NewStyle().Bold(true)
	green = lipgloss.NewStyle().Foreground(lipgloss.Color("2"))
	red   = lipgloss.NewStyle().Foreground(lipgloss.Color("1"))
	gold  = lipgloss.NewStyle().Foreground(lipgloss.Color("3")).Bold(true)
)

// chapter opens a part of the story.
func (t *timeline) chapter(format string, args ...any) {
	if t.w == nil {
		return
	}
	fmt.Fprintf(t.w, "\n%s\n", t.paint(fmt.Sprintf(format, args...), gold))
}

func (t *timeline) begin(title string) {
	if t.w == nil || !t.live {
		return
	}
	fmt.Fprintf(t.w, "        … %s", title)
}

// end prints a finished step: when, what, how long, and the command that does it.
func (t *timeline) end(at time.Duration, title, what, command string, took time.Duration, err error) {
	if t.w == nil {
		return
	}
	if t.live {
		fmt.Fprint(t.w, "\r\033[2K")
	}
	mark := t.paint("✓", green)
	if err != nil {
		mark = t.paint("✗", red)
	}
	fmt.Fprintf(t.w, "%6.1fs %s %s %s\n", at.Seconds(), mark, t.paint(title, bold), t.paint("("+round(took)+")", faint))
	for line := range strings.Lines(what) {
		fmt.Fprintf(t.w, "          %s\n", strings.TrimRight(line, "\n"))
	}
	if command != "" {
		fmt.Fprintf(t.w, "          %s\n", t.paint("$ "+command, faint))
	}
}

func (t *timeline) footer(console, token string) {
	if t.w == nil {
		return
	}
	fmt.Fprintf(t.w, "\nThe console is at %s\nLog in with the admin token %s\nA customer goes on writing now and then. Ctrl-C ends the demo.\n", t.paint(console, bold), token)
}

func round(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
