package simulate

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
)

// fixtureResult is a recorded result as a person wants to read and edit it: JSON
// objects and lists as values, anything else, and JSON whose numbers a reader
// would change, as the text that it was.
func fixtureResult(text string) any {
	t := strings.TrimSpace(text)
	if !strings.HasPrefix(t, "{") && !strings.HasPrefix(t, "[") || !json.Valid([]byte(t)) {
		return text
	}
	d := json.NewDecoder(strings.NewReader(t))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || !exactNumbers(v) {
		return text
	}
	var plain any
	if json.Unmarshal([]byte(t), &plain) != nil {
		return text
	}
	return plain
}

// exactNumbers reports whether a float64 holds every integer in v.
func exactNumbers(v any) bool {
	switch x := v.(type) {
	case json.Number:
		f, err := x.Float64()
		return err == nil && math.Abs(f) <= 1<<53
	case map[string]any:
		for _, e := range x {
			if !exactNumbers(e) {
				return false
			}
		}
	case []any:
		for _, e := range x {
			if !exactNumbers(e) {
				return false
			}
		}
	}
	return true
}

func sameAnswer(a, b blueprint.Fixture) bool {
	if a.Error != b.Error {
		return false
	}
	x, errX := canonical(a.Result)
	y, errY := canonical(b.Result)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
