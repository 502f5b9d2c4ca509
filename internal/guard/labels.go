package guard

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// withLabels is a copy of a in which labels that were left out have what the
// pinned tool says of itself, where that is safe to believe: a server's hints
// can make the guard more careful about a tool than nothing, never less careful
// than the blueprint. What still is nil takes the safe side.
//
// Hints of MCP: a tool that is read-only changes nothing inside; one that is not
// open-world has nobody outside to act on. That its results hold no stranger's
// text, or no private data, no hint says.
func withLabels(a *blueprint.Agent, pins map[string]resource.ToolPin) *blueprint.Agent {
	out := *a
	out.Spec.Tools = slices.Clone(a.Spec.Tools)
	for i := range out.Spec.Tools {
		t := &out.Spec.Tools[i]
		pin, ok := pins[t.Name]
		if !ok {
			continue
		}
		hint := func(name string) (value, said bool) { value, said = pin.Annotations[name].(bool); return value, said }
		if readOnly, _ := hint("readOnlyHint"); readOnly && t.Labels.ActsInside == nil && t.Intent == blueprint.IntentRead {
			t.Labels.ActsInside = new(false)
		}
		if open, said := hint("openWorldHint"); said && !open && t.Labels.ActsOutside == nil {
			t.Labels.ActsOutside = new(false)
		}
		if len(pin.OutputSchema) > 0 && t.Labels.Records == nil {
			t.Labels.Records = new(true)
		}
	}
	return &out
}

func isTrue(b *bool) bool { return b != nil && *b }
