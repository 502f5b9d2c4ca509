package guard

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// appendCanonical appends the RFC 8785 form of v, a value as encoding/json
// decodes it. It is written out here because it is on the path of every call;
// a test holds it to blueprint.Canonical. Whole numbers over 2^53, which only
// a Go integer or json.Number can hold exactly, keep all their digits.
func appendCanonical(b []byte, v any, depth int) ([]byte, error) {
	if depth > maxJSONDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxJSONDepth)
	}
	switch x := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, x), nil
	case string:
		return appendString(b, x)
	case map[string]any:
		return appendObject(b, x, depth)
	case []any:
		b = append(b, '[')
		for i, e := range x {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendCanonical(b, e, depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	if _, i, whole, ok := number(v); ok && whole && exact(v, i) {
		return strconv.AppendInt(b, i, 10), nil
	} else if f, _, _, ok := number(v); ok {
		return appendFloat(b, f), nil
	}
	return appendOther(b, v, depth)
}

// maxJSONDepth bounds the nesting of arguments.
const maxJSONDepth = 64

// exact reports whether writing i's digits is the canonical form of v: always for
// integers, and for floats as long as every integer is one float.
func exact(v any, i int64) bool {
	switch v.(type) {
	case float64, float32:
		return -1<<53 <= i && i <= 1<<53
	}
	return true
}

func appendObject(b []byte, x map[string]any, depth int) ([]byte, error) {
	b = append(b, '{')
	for i, key := range sortedKeys(x) {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendString(b, key); err != nil {
			return nil, err
		}
		if b, err = appendCanonical(append(b, ':'), x[key], depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// sortedKeys sorts by UTF-16 code units, as RFC 8785 wants; for ASCII that is
// the order of bytes.
func sortedKeys(x map[string]any) []string {
	keys := slices.AppendSeq(make([]string, 0, len(x)), maps.Keys(x))
	slices.SortFunc(keys, func(a, c string) int {
		if ascii(a) && ascii(c) {
			return cmp.Compare(a, c)
		}
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(c)))
	})
	return keys
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

const hexDigits = "0123456789abcdef"

func appendString(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("text that is not UTF-8")
	}
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\f':
			b = append(b, `\f`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[from:]...), '"'), nil
}

// appendFloat writes f as ECMAScript does.
func appendFloat(b []byte, f float64) []byte {
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	from := len(b)
	b = strconv.AppendFloat(b, f, format, -1, 64)
	if n := len(b); format == 'e' && n-from >= 4 && b[n-2] == '0' && b[n-4] == 'e' {
		b = append(b[:n-2], b[n-1]) // e-07 is written e-7
	}
	return b
}

// appendOther takes any other Go value through JSON once.
func appendOther(b []byte, v any, depth int) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, err
	}
	return appendCanonical(b, plain, depth+1)
}
