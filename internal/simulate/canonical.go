package simulate

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
)

// canonical is the RFC 8785 form of v, so that 1, 1.0 and a value read from YAML
// compare equal.
func canonical(v any) ([]byte, error) { return blueprint.Canonical(v) }

// readable is v as JSON with sorted keys and nothing escaped that need not be.
func readable(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
