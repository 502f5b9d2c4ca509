package guard

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
)

func TestArgsDigest(t *testing.T) {
	a := map[string]any{"b": 1.0, "a": []any{"x", nil, true}, "c": map[string]any{"z": "é<&>", "y": 1e21, "x": 0.1}}
	same := map[string]any{"c": map[string]any{"x": 0.1, "y": 1e21, "z": "é<&>"}, "a": []any{"x", nil, true}, "b": json.Number("1")}
	if ArgsDigest("t", a) != ArgsDigest("t", same) {
		t.Errorf("ArgsDigest differs for equal arguments: %s, %s", ArgsDigest("t", a), ArgsDigest("t", same))
	}
	if ArgsDigest("t", a) == ArgsDigest("u", a) || ArgsDigest("t", a) == ArgsDigest("t", nil) {
		t.Error("ArgsDigest is equal for another tool or other arguments")
	}
	if ArgsDigest("t", nil) != ArgsDigest("t", map[string]any{}) {
		t.Error("ArgsDigest differs between no arguments and none")
	}
	big := func(n int64) string { return ArgsDigest("t", map[string]any{"n": n}) }
	if big(1<<53) == big(1<<53+1) {
		t.Error("ArgsDigest is equal for two large numbers")
	}
	for _, bad := range []any{math.NaN(), math.Inf(1), "\xff", func() {}, make(chan int), json.Number("x")} {
		if got := ArgsDigest("t", map[string]any{"x": bad}); got != "" {
			t.Errorf("ArgsDigest(%T) = %q, want none", bad, got)
		}
	}
	var deep any
	for range 2 * maxJSONDepth {
		deep = []any{deep}
	}
	if got := ArgsDigest("t", map[string]any{"x": deep}); got != "" {
		t.Errorf("ArgsDigest of deep nesting = %q, want none", got)
	}
}

// TestArgsDigestIsCanonical holds the digest to the blueprint's canonical form.
func TestArgsDigestIsCanonical(t *testing.T) {
	value := rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			return rapid.String().Draw(t, "s")
		case 1:
			return rapid.Float64().Filter(func(f float64) bool { return math.Abs(f) < 1<<53 }).Draw(t, "f")
		case 2:
			return float64(rapid.Int64Range(-1<<53, 1<<53).Draw(t, "i"))
		case 3:
			return []any{rapid.Bool().Draw(t, "b"), nil, rapid.String().Draw(t, "in")}
		case 4:
			return rapid.Int64Range(-1<<53, 1<<53).Draw(t, "n")
		}
		return map[string]any{rapid.String().Draw(t, "k"): "v", rapid.String().Draw(t, "k2"): 1.5}
	})
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.MapOf(rapid.String(), value).Draw(t, "args")
		want, err := blueprint.Digest([2]any{"tool", args})
		if err != nil {
			return // no canonical form
		}
		if got := ArgsDigest("tool", args); got != want {
			b, _ := blueprint.Canonical([2]any{"tool", args})
			mine, _ := appendObject(nil, args, 0)
			t.Fatalf("ArgsDigest = %s, want %s\nof %s\nmine %s", got, want, b, mine)
		}
	})
}
