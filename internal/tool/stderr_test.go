package tool

import (
	"log/slog"
	"testing"
)

func TestTailQuotes(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  string
	}{
		{"nothing", nil, ""},
		{"the last line", []string{"starting", "no database at shop.db"}, "no database at shop.db"},
		{"an exception of Node.js", []string{"node:internal/modules/esm/resolve:275", "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod'",
			"at finalizeResolution (node:internal)", "code: 'ERR_MODULE_NOT_FOUND'", "}", "Node.js v20.20.2"}, "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod'"},
		{"the last of several", []string{"TypeError: one", "RangeError: two", "Node.js v22.1.0"}, "RangeError: two"},
		{"no exception was named", []string{"Node.js v20.20.2"}, "Node.js v20.20.2"},
		{"an error that did not end it", []string{"Error: a row was skipped", "aureus: it used more memory than it may"}, "aureus: it used more memory than it may"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tail := newTail(slog.New(slog.DiscardHandler))
			for _, line := range tt.lines {
				tail.keep(line)
			}
			if got := tail.last(); got != tt.want {
				t.Errorf("last() after %q = %q, want %q", tt.lines, got, tt.want)
			}
		})
	}
}
