package crv

import (
	"maps"

	"github.com/aureus-agents/aureus/resource"
)

// CompileInputs prepares the pinned input schema of each tool, by the blueprint's
// name for it. A tool without one, or with one that is no JSON Schema, has none:
// its server alone says then what fits.
func CompileInputs(m *resource.Manifest) map[string]*CompiledSchema {
	out := map[string]*CompiledSchema{}
	all := pins(m)
	for _, t := range m.Blueprint.Spec.Tools {
		pin, ok := all[t.Server+"\x00"+t.Resolved().Upstream]
		if !ok || len(pin.InputSchema) == 0 {
			continue
		}
		// Servers name all drafts; what tools say in schemas means the same in them.
		schema := maps.Clone(pin.InputSchema)
		delete(schema, "$schema")
		if s, err := CompileSchema(schema); err == nil {
			out[t.Name] = s
		}
	}
	return out
}
