package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
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
