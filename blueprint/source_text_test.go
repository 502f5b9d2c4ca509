package blueprint

import "testing"

func TestTextPosition(t *testing.T) {
	text := "apiVersion: aureus/v1\nkind: Agent\nmetadata: {name: a, owner: b}\nspec:\n  goal: g\n  instructions: |\n    first\n    second\n" +
		"  riskTier: low\n  zone: public\n  model: {name: m}\n"
	_, src, err := ParseSource("a.yaml", []byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path string
		line, want int
	}{
		{"block text", "spec.instructions", 2, 8},
		{"no line", "spec.instructions", 0, 6},
		{"text in one line", "spec.goal", 3, 5},
	}
	for _, tt := range tests {
		if got := src.TextPosition(tt.path, tt.line); got.Line != tt.want {
			t.Errorf("%s: TextPosition(%q, %d) = %+v, want line %d", tt.name, tt.path, tt.line, got, tt.want)
		}
	}
	if got := (*Source)(nil).TextPosition("spec.goal", 1); got != (Position{}) {
		t.Errorf("TextPosition of no source = %+v, want none", got)
	}
}
