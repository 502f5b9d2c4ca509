package tool

import (
	"bufio"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

const (
	maxLogLine  = 2 << 10 // bytes of a line of stderr that are logged
	maxLastLine = 300     // characters of the last line that an error quotes
)

// Node.js ends what it says of an exception with its own version, after lines of
// the stack. The line that names the exception is the one to quote.
var (
	exception  = regexp.MustCompile(`^\w*Error\b`)
	nodeSigned = regexp.MustCompile(`^Node\.js v\d`)
)

// tail reads a child's stderr: each line goes to the debug log, the last one that
// says something is kept for errors.
type tail struct {
	log    *slog.Logger
	done   chan struct{}
	mu     sync.Mutex
	line   string
	thrown string // the last line that names an exception
}

func newTail(log *slog.Logger) *tail { return &tail{log: log, done: make(chan struct{})} }

func (t *tail) read(f *os.File) {
	defer close(t.done)
	defer f.Close()
	r := bufio.NewReaderSize(f, maxLogLine)
	for {
		b, rest, err := r.ReadLine()
		if err != nil {
			return
		}
		line := clean(string(b))
		for rest && err == nil { // the rest of an overlong line is dropped
			_, rest, err = r.ReadLine()
		}
		if line == "" {
			continue
		}
		t.log.Debug("tool server stderr", "line", line)
		t.keep(line)
	}
}

func (t *tail) keep(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case exception.MatchString(line):
		t.thrown = line
	case nodeSigned.MatchString(line) && t.thrown != "":
		line = t.thrown
	}
	t.line = line
}

// last is the last line that was not empty and says something.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := []rune(t.line); len(r) > maxLastLine {
		return string(r[:maxLastLine]) + "..."
	}
	return t.line
}

// clean makes a line safe to print: no control characters, no broken UTF-8.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}
