package model

import (
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func TestCost(t *testing.T) {
	table, err := newPriceTable([]Price{{Model: "llama3", Input: 0.1, Output: 0.2}, {Model: "gpt-4o", Input: 1, Output: 1}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, reported, asked string
		want                  resource.MicroUSD
	}{
		{"the user's price first", "gpt-4o-2024-08-06", "", 2000},
		{"longer name", "gpt-4o-mini-2024-07-18", "", 750},
		{"built in, dated", "claude-sonnet-4-5-20250929", "", 18000},
		{"latest", "gemini-2.5-pro-latest", "", 11250},
		{"tag", "llama3:8b", "", 300},
		{"router", "openai/gpt-4.1", "", 10000},
		{"asked for", "local", "gpt-4.1-nano", 500},
		{"another word", "gpt-4o-audio-preview", "", 0},
		{"another number", "gpt-5.9", "", 0},
		{"a size", "llama3-70", "", 0},
		{"unknown", "x", "y", 0},
		{"none", "", "", 0},
	}
	for _, tt := range tests {
		if got := table.cost(tt.reported, tt.asked, 1000, 1000); got != tt.want {
			t.Errorf("%s: cost(%q, %q) = %d, want %d", tt.name, tt.reported, tt.asked, got, tt.want)
		}
	}
	if got := table.cost("llama3", "", 1, 0); got != 1 {
		t.Errorf("cost of one token = %d, want it rounded up", got)
	}
}

func TestReadPrices(t *testing.T) {
	tests := []struct {
		name, in string
		code     fault.Code
	}{
		{"good", `{"comment":"mine","prices":[{"model":"m","input":1,"output":2}]}`, ""},
		{"no JSON", `m: 1`, fault.Invalid},
		{"unknown field", `{"price":[]}`, fault.Invalid},
		{"no model", `{"prices":[{"input":1}]}`, fault.Invalid},
		{"negative", `{"prices":[{"model":"m","input":-1}]}`, fault.Invalid},
		{"huge", `{"prices":[{"model":"m","output":1e300}]}`, fault.Invalid},
		{"text behind", `{"prices":[]} x`, fault.Invalid},
		{"too large", strings.Repeat(" ", maxPriceFile+1), fault.TooLarge},
	}
	for _, tt := range tests {
		if _, err := ReadPrices(strings.NewReader(tt.in)); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: ReadPrices = %v, want code %q", tt.name, err, tt.code)
		}
	}
}

func FuzzReadPrices(f *testing.F) {
	f.Add(string(builtInPrices))
	f.Add(`{"prices":[{"model":"m","input":1e9}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		ps, err := ReadPrices(strings.NewReader(s))
		if err != nil {
			return
		}
		table := priceTable{ps}
		for _, p := range ps {
			if got := table.cost(p.Model, "", 1<<20, 1<<20); got < 0 {
				t.Fatalf("cost of %+v = %d", p, got)
			}
		}
	})
}

func TestStrict(t *testing.T) {
	obj := func(required []any, props map[string]any) map[string]any {
		return map[string]any{"type": "object", "additionalProperties": false, "properties": props, "required": required}
	}
	str := map[string]any{"type": "string"}
	tests := []struct {
		name string
		in   map[string]any
		want bool
	}{
		{"closed and required", obj([]any{"a"}, map[string]any{"a": str}), true},
		{"nested", obj([]any{"a"}, map[string]any{"a": map[string]any{"type": "array", "items": obj([]any{"b"}, map[string]any{"b": str})}}), true},
		{"open", map[string]any{"type": "object", "properties": map[string]any{}}, false},
		{"optional", obj(nil, map[string]any{"a": str}), false},
		{"open inside", obj([]any{"a"}, map[string]any{"a": map[string]any{"type": "object"}}), false},
		{"open in a list", obj([]any{"a"}, map[string]any{"a": map[string]any{"type": "array", "items": map[string]any{"type": "object"}}}), false},
		{"open in $defs", func() map[string]any {
			m := obj([]any{"a"}, map[string]any{"a": map[string]any{"$ref": "#/$defs/x"}})
			m["$defs"] = map[string]any{"x": map[string]any{"type": "object"}}
			return m
		}(), false},
		{"oneOf", map[string]any{"oneOf": []any{str}}, false},
	}
	for _, tt := range tests {
		if got := strict(tt.in); got != tt.want {
			t.Errorf("%s: strict = %v, want %v", tt.name, got, tt.want)
		}
	}
}
