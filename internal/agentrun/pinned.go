package agentrun

import (
	"cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// PinnedTool is a tool of a version as clients are shown it.
type PinnedTool struct {
	blueprint.Tool
	// Pin is what the server offered when the version was registered; nil for none.
	Pin *resource.ToolPin
}

// PinnedTools are the tools of a version in the blueprint's order. A tool without
// a description of its own has its server's.
func PinnedTools(m *resource.Manifest) []PinnedTool {
	out := make([]PinnedTool, 0, len(m.Blueprint.Spec.Tools))
	for _, t := range m.Blueprint.Spec.Tools {
		p := PinnedTool{Tool: t, Pin: pinOf(m, t)}
		if p.Pin != nil {
			p.Description = cmp.Or(t.Description, p.Pin.Description)
		}
		out = append(out, p)
	}
	return out
}
