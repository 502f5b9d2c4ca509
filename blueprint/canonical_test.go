package blueprint_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// The vectors of RFC 8785: sections 3.2.2 and 3.2.3, and appendix B.
func TestCanonicalVectors(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"section 3.2.2", `{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
			"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		{"section 3.2.3", `{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
			"\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
	} {
		got, err := blueprint.Canonical(json.RawMessage(tt.in))
		if err != nil || string(got) != tt.want {
			t.Errorf("Canonical(%s) = %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0", 0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992", 0xc340000000000000: "-9007199254740992",
		0x44b52d02c7e14af5: "9.999999999999997e+22", 0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef50: "1e+21", 0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7", 0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332", 0x41b3de4355555554: "333333333.33333325", 0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333",
	} {
		got, err := blueprint.Canonical(math.Float64frombits(bits))
		if err != nil || string(got) != want {
			t.Errorf("Canonical(%#x) = %s, %v, want %s", bits, got, err, want)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"integer over 2^53":     int64(1<<53 + 1),
		"negative":              int64(-1<<53 - 1),
		"uint64":                uint64(math.MaxUint64),
		"2^68 as a float":       math.Float64frombits(0x4430000000000000),
		"integer in raw JSON":   json.RawMessage(`{"a":[9007199254740993]}`),
		"1e400":                 json.RawMessage(`1e400`),
		"infinity":              math.Inf(1),
		"not a number":          math.NaN(),
		"invalid UTF-8":         "a\xff",
		"invalid UTF-8 in raw":  json.RawMessage("\"a\xff\""),
		"duplicate names":       json.RawMessage(`{"a":1,"a":2}`),
		"lone surrogate":        json.RawMessage(`"\ud800"`),
		"a channel":             make(chan int),
		"a key that is no text": map[string]any{"\xff": 1},
	} {
		if got, err := blueprint.Canonical(v); !fault.Is(err, fault.Invalid) {
			t.Errorf("Canonical(%s) = %s, %v, want INVALID", name, got, err)
		}
	}
}

func TestDigest(t *testing.T) {
	// printf '{"a":1,"b":[true,null]}' | sha256sum
	const want = "sha256:1cc69c7fa23616ca2ec3ee70d24390a6225c8832db8a4c814c7e0e7f942f8668"
	a, err := blueprint.Digest(map[string]any{"b": []any{true, nil}, "a": 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := blueprint.Digest(json.RawMessage("{ \"b\": [true, null],\n\"a\": 1.0 }"))
	if err != nil || a != want || b != want {
		t.Errorf("Digest = %s and %s, %v, want %s", a, b, err, want)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{}`, `[1,2.5,-0,1e3]`, `"\u2028<>&"`, `{"b":1,"a":{"z":null}}`, `9007199254740993`, `1e20`, `1e21`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := blueprint.Canonical(json.RawMessage(data))
		if err != nil {
			return
		}
		twice, err := blueprint.Canonical(json.RawMessage(once))
		if err != nil || string(once) != string(twice) {
			t.Errorf("Canonical(Canonical(%q)) = %q, %v, want %q", data, twice, err, once)
		}
	})
}
