// Package screen makes text safe to show to a person who answers for what they
// read. What a terminal would obey or not show (escape sequences, line returns,
// marks that turn the direction of text or take no room) is written as a JSON
// escape such as \u001b, so that it is seen, and a JSON document stays the same
// document.
package screen

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Hidden reports whether a terminal would obey r or not show it: control
// characters but line feed and tab, format characters (which turn the direction of
// text, or take no room), and the separators of lines and paragraphs.
func Hidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' && r != '\n' && r != '\t' || r == 0x7f
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// Text is s with what is hidden in it as escapes. A byte that is no text is
// U+FFFD.
func Text(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s { // a byte that is no text is U+FFFD here
		switch {
		case !Hidden(r):
			b.WriteRune(r)
		case r > 0xffff: // as JSON has it
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// plain reports whether s has only what Text leaves as it is.
func plain(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, Hidden) < 0
}

// Line is Text on one line: line feeds and tabs are spaces.
func Line(s string) string {
	return Text(strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s))
}

// Writer writes text on as [Text] shows it. It is safe for concurrent use.
type Writer struct {
	mu   sync.Mutex
	to   io.Writer
	rest []byte // the beginning of a character whose end is not written yet
}

// NewWriter returns a Writer to to.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	whole := append(w.rest, p...)
	end := len(whole) - begun(whole)
	text := Text(string(whole[:end]))
	w.rest = append([]byte(nil), whole[end:]...)
	if text == "" {
		return len(p), nil
	}
	if _, err := io.WriteString(w.to, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes what was held back, a character without its end.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := Text(string(w.rest))
	w.rest = nil
	_, err := io.WriteString(w.to, text)
	return err
}

// begun is how many bytes at the end of p begin a character that is not whole.
func begun(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
