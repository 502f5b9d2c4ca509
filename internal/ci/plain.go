package ci

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain is a text on one line that says nothing to a terminal or to the runner of
// a CI system, which takes its commands from the output: no control characters,
// and no ::command or ##[command] that begins in it.
func Plain(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "##[", "## [")
	if strings.HasPrefix(s, "::") {
		s = ": :" + s[2:]
	}
	return s
}

// cut is the beginning of a text, at most n runes.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-3]) + "..."
}

// mdText is a text in Markdown that stays text: nothing in it is formatting, HTML,
// a link, an image or a mention, in a table or outside.
func mdText(s string) string {
	var b strings.Builder
	for _, r := range cut(Plain(s), maxText) {
		switch {
		case r == '@':
			b.WriteString("@\u200b") // nobody is told
		case r == '<':
			b.WriteString("&lt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == ':':
			b.WriteString("&#58;") // no address becomes a link
		case strings.ContainsRune("\\`*_{}[]()>#+!|~$^", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// maxText is how much of a text goes into a cell.
const maxText = 400

// mdCode is a text as code in Markdown, in a table or outside.
func mdCode(s string) string {
	s = cut(Plain(s), maxText)
	if s == "" {
		return ""
	}
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + strings.ReplaceAll(s, "|", `\|`) + fence
}
