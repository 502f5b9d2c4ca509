package evaluate

import (
	"encoding/json"
	"strings"

	"github.com/aureus-agents/aureus/internal/simulate"
)

// maxOutput bounds the bytes of an output in a report.
const maxOutput = 16 << 10

// shownOutput is an output as a report keeps it.
func shownOutput(v any) any {
	if s, ok := v.(string); ok {
		if len(s) > maxOutput {
			return strings.ToValidUTF8(s[:maxOutput], "") + "..."
		}
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil || len(raw) <= maxOutput {
		return v
	}
	return strings.ToValidUTF8(string(raw[:maxOutput]), "") + "..."
}

// transcriptOf is the transcript of a run that a reader asks about.
func transcriptOf(p simulate.Played) []simulate.Line {
	if p.Report.Passed && !p.Conversation() {
		return nil
	}
	return p.Transcript()
}
