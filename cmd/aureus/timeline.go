package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"golang.org/x/term"

	"github.com/aureus-agents/aureus/internal/screen"
)

// timeline prints the demo's steps for a person to read. In a terminal a step
// shows from its beginning, its lines come as they happen, and its heading gets
// its time and mark when it ends. Elsewhere a step is printed when it ends, with
// the same text. With no writer nothing is printed.
type timeline struct {
	w             io.Writer
	live, style   bool
	width, height int

	rows    int      // live: rows of the running step below its heading
	status  bool     // live: the last row is one that changes
	pending []string // not live: the running step's lines
}

// indent is where the text of a step begins.
const indent = "          "

func newTimeline(w io.Writer) *timeline {
	t := &timeline{w: w, width: 100}
	if f, ok := w.(*os.File); ok {
		width, height, err := term.GetSize(int(f.Fd()))
		if err == nil && width > 20 && os.Getenv("TERM") != "dumb" {
			t.live, t.width, t.height = true, width, height
		}
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

// begin shows the heading of a step.
func (t *timeline) begin(title string) {
	t.rows, t.status, t.pending = 0, false, nil
	if t.w != nil && t.live {
		fmt.Fprintf(t.w, "        … %s\n", t.paint(title, bold))
	}
}

// tell adds a line to the running step; its continuation lines begin with hang.
func (t *timeline) tell(line, hang string) {
	if t.w == nil {
		return
	}
	line = screen.Text(line)
	if !t.live { // a reader of a file wraps as they like
		t.pending = append(t.pending, indent+line)
		return
	}
	t.clearStatus()
	text := wrap(indent+line, t.width, indent+hang)
	t.rows += strings.Count(text, "\n") + 1
	fmt.Fprintln(t.w, text)
}

// now shows a line that the next one takes the place of; only in a terminal.
func (t *timeline) now(line string) {
	if t.w == nil || !t.live {
		return
	}
	t.clearStatus()
	fmt.Fprintln(t.w, t.paint(cut(indent+screen.Line(line), t.width), faint))
	t.rows++
	t.status = true
}

func (t *timeline) clearStatus() {
	if t.status {
		fmt.Fprint(t.w, "\033[1A\r\033[2K")
		t.rows--
		t.status = false
	}
}

// end finishes a step: when, how long, what came of it, and the command that
// does it.
func (t *timeline) end(at time.Duration, title, what, command string, took time.Duration, err error) {
	if t.w == nil {
		return
	}
	mark := t.paint("✓", green)
	if err != nil {
		mark = t.paint("✗", red)
	}
	heading := fmt.Sprintf("%6.1fs %s %s %s", at.Seconds(), mark, t.paint(title, bold), t.paint("("+round(took)+")", faint))
	t.head(heading)
	for line := range strings.Lines(what) {
		t.tell(strings.TrimRight(line, "\n"), "")
	}
	for _, line := range t.pending {
		fmt.Fprintln(t.w, line)
	}
	if command == "" {
		return
	}
	text := indent + "$ " + command
	if t.live {
		text = wrap(text, t.width, indent+"    ")
	}
	for line := range strings.Lines(text + "\n") {
		fmt.Fprintln(t.w, t.paint(strings.TrimRight(line, "\n"), faint))
	}
}

// head writes a step's heading: in its place, when that is still on the screen.
func (t *timeline) head(heading string) {
	if !t.live {
		fmt.Fprintln(t.w, heading)
		return
	}
	t.clearStatus()
	if t.rows+1 >= t.height {
		fmt.Fprintln(t.w, heading)
		return
	}
	fmt.Fprintf(t.w, "\033[%dA\r\033[2K%s\n", t.rows+1, heading)
	if t.rows > 0 {
		fmt.Fprintf(t.w, "\033[%dB\r", t.rows)
	}
}

func (t *timeline) footer(console, token string) {
	if t.w == nil {
		return
	}
	fmt.Fprintf(t.w, "\nThe console is at %s\nLog in with the admin token %s\nCtrl-C ends the demo.\n", t.paint(console, bold), token)
}

func round(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
