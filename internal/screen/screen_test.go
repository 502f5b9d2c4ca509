package screen

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "one\ttwo\nthree: é 界 😀", "one\ttwo\nthree: é 界 😀"},
		{"an escape sequence", "\x1b[2K\x1b[1Gapproved", `\u001b[2K\u001b[1Gapproved`},
		{"a C1 control", "a\u009b2Kb", `a\u009b2Kb`},
		{"a byte that an 8-bit terminal obeys", "a\x9b2Kb", "a\ufffd2Kb"},
		{"return, bell, backspace, delete", "a\rb\ac\bd\x7fe", `a\u000db\u0007c\u0008d\u007fe`},
		{"directions", "a\u202eb\u2066c\u200fd\u061ce", `a\u202eb\u2066c\u200fd\u061ce`},
		{"no room", "a\u200bb\u200dc\ufeffd\u00ade", `a\u200bb\u200dc\ufeffd\u00ade`},
		{"tags", "a\U000E0041b", `a\udb40\udc41b`},
		{"separators", "a\u2028b\u2029c", `a\u2028b\u2029c`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Text(tt.in); got != tt.want {
				t.Errorf("Text(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
	if got, want := Line("a\r\nb\tc\rd"), `a b c\u000dd`; got != want {
		t.Errorf("Line = %q, want %q", got, want)
	}
}

// TestWriter: nothing that is hidden gets through, however the text is cut into
// writes, and a JSON document stays the same document.
func TestWriter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringOfN(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\x1b\u202e\u200b\u009b\U000E0041"))), 0, 30, -1).Draw(t, "text")
		doc, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		w := NewWriter(&out)
		for rest := doc; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "write")
			if got, err := w.Write(rest[:n]); got != n || err != nil {
				t.Fatalf("Write(%q) = %d, %v", rest[:n], got, err)
			}
			rest = rest[n:]
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(out.String(), Hidden); i >= 0 {
			t.Errorf("the output %q of %q has a hidden character", out.String(), in)
		}
		var got string
		if err := json.Unmarshal([]byte(out.String()), &got); err != nil || got != in {
			t.Errorf("json of %q is %q, %v after the writer", in, got, err)
		}
	})
}

func TestWriterFlush(t *testing.T) {
	var out strings.Builder
	w := NewWriter(&out)
	_, _ = w.Write([]byte("a\xe2\x80")) // a builder takes everything
	if out.String() != "a" {
		t.Errorf("before Flush = %q, want the whole characters only", out.String())
	}
	if err := w.Flush(); err != nil || !strings.HasPrefix(out.String(), "a\ufffd") {
		t.Errorf("after Flush = %q, %v, want what was cut off shown", out.String(), err)
	}
}
