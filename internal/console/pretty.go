package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pretty is v as indented JSON with everything that could make text look like
// something else (control, bidirectional and invisible characters) written as
// escapes: an approver has to see exactly what is sent.
func pretty(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return "This value is not JSON."
	}
	return visible(strings.TrimSuffix(b.String(), "\n"))
}

// shownValue is a value as a page shows it: on one line, or folded when it is long.
type shownValue struct {
	Flat, Full string
	Size       int // in characters
	Long       bool
}

// maxFlat is how many characters stand open on a page.
const maxFlat = 140

func shownOf(v any) *shownValue {
	s := &shownValue{Full: pretty(v)}
	lines := strings.Split(s.Full, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	s.Flat = strings.Join(lines, " ")
	s.Size = utf8.RuneCountInString(s.Flat)
	s.Long = s.Size > maxFlat
	return s
}

// maxBrief is how many bytes of a value stand on a page of many runs.
const maxBrief = 4 << 10

// briefOf is shownOf for a page of many values; a huge one is cut.
func briefOf(v any) *shownValue {
	s := shownOf(v)
	if len(s.Full) > maxBrief {
		s.Full = strings.ToValidUTF8(s.Full[:maxBrief], "") + "\n... (cut; the run's page has all of it)"
	}
	return s
}

// prettyBytes is pretty for text that may be JSON.
func prettyBytes(raw []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return visible(string(raw))
	}
	return visible(b.String())
}

// visible writes characters that a reader cannot see as \uXXXX.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case r == '\r' || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co):
			if r > 0xffff {
				fmt.Fprintf(&b, `\U%08x`, r)
			} else {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
