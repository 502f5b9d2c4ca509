package guard

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// normalise makes text comparable: lower case, every run of white space one space.
func normalise(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// clip cuts s to n bytes at a word border, so that no cut word looks like a value.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if i := strings.LastIndexByte(s[:n], ' '); i >= 0 {
		return s[:i]
	}
	return ""
}

// spellings are the ways a value can be written in a text.
func spellings(v any) []string {
	switch x := v.(type) {
	case string:
		if s := normalise(x); s != "" {
			return []string{s}
		}
		return nil
	case bool:
		return []string{strconv.FormatBool(x)}
	}
	f, i, whole, ok := number(v)
	switch {
	case !ok:
		return nil
	case whole:
		s := strconv.FormatInt(i, 10)
		return []string{s, s + ".0", s + ".00"}
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if cents := strconv.FormatFloat(f, 'f', 2, 64); cents != s && strings.HasPrefix(cents, s) {
		return []string{s, cents}
	}
	return []string{s}
}

// mentions reports whether text has one of forms between word borders.
func mentions(text string, forms []string) bool {
	for _, f := range forms {
		for from := 0; len(f) >= minTraced; {
			i := strings.Index(text[from:], f)
			if i < 0 {
				break
			}
			i += from
			if border(text, i, f) {
				return true
			}
			_, size := utf8.DecodeRuneInString(text[i:])
			from = i + size
		}
	}
	return false
}

// A value with at least this many letters and digits, this many of them digits,
// is the same value when it is written in groups: account and phone numbers.
const (
	minGrouped       = 8
	minGroupedDigits = 4
)

// grouped is a value without the marks that people set between groups, "" for
// one that is too short or too plain to be told apart.
func grouped(f string) string {
	out := make([]byte, 0, len(f))
	digits := 0
	for i := range len(f) {
		switch c := f[i]; {
		case digit(rune(c)):
			digits++
			out = append(out, c)
		case 'a' <= c && c <= 'z':
			out = append(out, c)
		case !groupMark(c):
			return ""
		}
	}
	if len(out) < minGrouped || digits < minGroupedDigits {
		return ""
	}
	return string(out)
}

func groupMark(c byte) bool { return strings.IndexByte(" -./()+", c) >= 0 }

// mentionsGrouped reports whether text has the value between word borders with
// other marks between its groups.
func mentionsGrouped(text, value string) bool {
	for from := 0; value != ""; {
		i := strings.IndexByte(text[from:], value[0])
		if i < 0 {
			return false
		}
		i += from
		from = i + 1
		if before, n := utf8.DecodeLastRuneInString(text[:i]); n > 0 && word(before) {
			continue
		}
		j, k := i, 0
		for j < len(text) && k < len(value) && (text[j] == value[k] || k > 0 && groupMark(text[j])) {
			if text[j] == value[k] {
				k++
			}
			j++
		}
		if after, n := utf8.DecodeRuneInString(text[j:]); k == len(value) && (n == 0 || !word(after)) {
			return true
		}
	}
	return false
}

// border reports whether f at text[i:] is not part of a longer word or number.
func border(text string, i int, f string) bool {
	first, _ := utf8.DecodeRuneInString(f)
	last, _ := utf8.DecodeLastRuneInString(f)
	if before, n := utf8.DecodeLastRuneInString(text[:i]); n > 0 && word(before) && word(first) {
		return false
	}
	rest := text[i+len(f):]
	after, n := utf8.DecodeRuneInString(rest)
	if n > 0 && word(after) && word(last) {
		return false
	}
	// 5 is not in 5.25, nor in 1.5.
	if digit(last) && len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') && digit(rune(rest[1])) {
		return false
	}
	if digit(first) && i > 1 && (text[i-1] == '.' || text[i-1] == ',') && digit(rune(text[i-2])) {
		return false
	}
	return true
}

func word(r rune) bool  { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
func digit(r rune) bool { return r >= '0' && r <= '9' }
