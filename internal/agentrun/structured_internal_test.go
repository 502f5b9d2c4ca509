package agentrun

import "testing"

func TestStructuredOnly(t *testing.T) {
	doc := map[string]any{"content": `[{"to":"bob@example.org"}]`}
	tests := []struct {
		name string
		res  Result
		want bool
	}{
		{"its JSON", Result{Text: `{ "content" : "[{\"to\":\"bob@example.org\"}]" }`, Structured: doc}, true},
		{"a document beside it", Result{Text: `[{"to":"bob@example.org"}]`, Structured: doc}, false},
		{"more than it", Result{Text: "{\"content\":\"x\"}\n{}", Structured: map[string]any{"content": "x"}}, false},
		{"text alone", Result{Text: `{"content":"x"}`}, false},
	}
	for _, tt := range tests {
		if got := structuredOnly(tt.res); got != tt.want {
			t.Errorf("structuredOnly(%s) = %v, want %v", tt.name, got, tt.want)
		}
	}
}
