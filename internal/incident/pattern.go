package incident

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPattern bounds a pattern, in bytes; what a message says beyond is not needed
// to tell it apart.
const maxPattern = 160

// maxQuoted is the longest quoted name that is kept.
const maxQuoted = 40

// pattern is a message without what differs from run to run: every word with a
// digit or an @ is #, and what stands in quotes is "…", unless names is set and it
// looks like a name. JSON is read as its fields, sorted.
func pattern(message string, names bool) string {
	var v any
	if t := strings.TrimSpace(message); strings.HasPrefix(t, "{") && json.Unmarshal([]byte(t), &v) == nil {
		message = flat(v, names)
	} else {
		message = plain(message, names)
	}
	message = strings.TrimRight(message, " .")
	if len(message) <= maxPattern {
		return message
	}
	cut := maxPattern
	for !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut] + "…"
}

// flat writes JSON as text.
func flat(v any, names bool) string {
	switch x := v.(type) {
	case map[string]any:
		parts := make([]string, 0, len(x))
		for _, k := range slices.Sorted(maps.Keys(x)) {
			parts = append(parts, plain(k, names)+" "+flat(x[k], names))
		}
		return strings.Join(parts, "; ")
	case []any:
		if len(x) == 0 {
			return "none"
		}
		return flat(x[0], names) // how many there are differs from run to run
	case string:
		return plain(x, names)
	case bool:
		return fmt.Sprint(x)
	case nil:
		return "null"
	}
	return "#"
}

// plain normalises text.
func plain(s string, names bool) string {
	var out []string
	for _, part := range quotes(s) {
		if part.quoted {
			if names && isName(part.text) {
				out = append(out, `"`+part.text+`"`)
			} else {
				out = append(out, `"…"`)
			}
			continue
		}
		for _, word := range strings.Fields(part.text) {
			out = append(out, masked(word))
		}
	}
	text := strings.Join(out, " ")
	for _, mark := range []string{",", ".", ";", ":", ")"} { // a mark after a quote stands by itself now
		text = strings.ReplaceAll(text, " "+mark, mark)
	}
	return text
}

// masked is a word, or # with the marks around it.
func masked(word string) string {
	if !strings.ContainsFunc(word, unicode.IsDigit) && !strings.Contains(word, "@") {
		return word
	}
	isMark := func(r rune) bool { return strings.ContainsRune("(),.;:!?[]", r) }
	left := word[:len(word)-len(strings.TrimLeftFunc(word, isMark))]
	right := word[len(strings.TrimRightFunc(word, isMark)):]
	return left + "#" + right
}

type span struct {
	text   string
	quoted bool
}

// quotes cuts s at double quotes and backquotes; one that is not closed is no quote.
func quotes(s string) (spans []span) {
	for s != "" {
		i := strings.IndexAny(s, "\"`")
		if i < 0 {
			break
		}
		j := strings.IndexByte(s[i+1:], s[i])
		if j < 0 {
			break
		}
		spans = append(spans, span{s[:i], false}, span{s[i+1 : i+1+j], true})
		s = s[i+j+2:]
	}
	return append(spans, span{s, false})
}

// isName reports whether a quoted text looks like the name of something: short, no
// digits, nothing but letters, blanks and -_./
func isName(s string) bool {
	return s != "" && len(s) <= maxQuoted && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !strings.ContainsRune(" -_./", r)
	})
}
