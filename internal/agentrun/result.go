package agentrun

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/aureus-agents/aureus/blueprint"
)

// shownResult is a result as the model is shown it: cut to MaxShown, and
// between markers when an outsider may have written it. The markers hold a
// digest of the text, so that the text cannot hold its own end marker.
func shownResult(t blueprint.Tool, r Result) string {
	text := cut(strings.ToValidUTF8(r.Text, "\uFFFD"), MaxShown)
	if outside(t.Labels) {
		sum := sha256.Sum256([]byte(text))
		mark := hex.EncodeToString(sum[:8])
		text = fmt.Sprintf("<outside-text id=%q tool=%q>\n%s\n</outside-text id=%q>", mark, t.Name, text, mark)
	}
	if r.IsError {
		return "The tool reports an error:\n" + text
	}
	return text
}

// cut shortens s to at most n bytes at a character's end and says so.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	keep := n
	for keep > 0 && !utf8.RuneStart(s[keep]) {
		keep--
	}
	return fmt.Sprintf("%s\n[cut: the first %d of %d bytes are shown]", s[:keep], keep, len(s))
}

// resultValue is a result as gates judge it: structured content, else JSON, else
// text. A number that would become another one is judged as its text, which no
// check takes for a number.
func resultValue(r Result) any {
	if r.Structured != nil {
		return r.Structured
	}
	if !json.Valid([]byte(r.Text)) {
		return r.Text
	}
	d := json.NewDecoder(strings.NewReader(r.Text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return r.Text
	}
	return exactOrText(v)
}

// structuredOnly reports whether a result's text is nothing but its structured
// content.
func structuredOnly(r Result) bool {
	if r.Structured == nil {
		return false
	}
	var text any
	return json.Unmarshal([]byte(r.Text), &text) == nil && reflect.DeepEqual(text, r.Structured)
}

func exactOrText(v any) any {
	switch x := v.(type) {
	case json.Number:
		n, err := exact(x)
		if err != nil {
			return x.String()
		}
		return n
	case map[string]any:
		for k, e := range x {
			x[k] = exactOrText(e)
		}
	case []any:
		for i, e := range x {
			x[i] = exactOrText(e)
		}
	}
	return v
}

// inputText is a run's input as the user says it: text as it is, anything else
// as canonical JSON.
func inputText(v any) (string, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case string:
		return x, nil
	}
	b, err := blueprint.Canonical(v)
	return string(b), err
}

// jsonText is v as JSON with sorted keys and nothing escaped that need not be.
func jsonText(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
