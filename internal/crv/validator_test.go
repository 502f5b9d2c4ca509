package crv_test

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// parsed reads JSON text as a value.
func parsed(t *testing.T, text string) any {
	t.Helper()
	if text == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func ptr[T any](v T) *T { return &v }

func TestValidators(t *testing.T) {
	v := func(typ string, change func(*blueprint.Validator)) blueprint.Validator {
		out := blueprint.Validator{Type: typ}
		if change != nil {
			change(&out)
		}
		return out
	}
	field := func(f string) func(*blueprint.Validator) { return func(v *blueprint.Validator) { v.Field = f } }
	fields := func(fs ...string) func(*blueprint.Validator) { return func(v *blueprint.Validator) { v.Fields = fs } }
	samples := func(v *blueprint.Validator) { v.Samples = []float64{10, 12, 11, 9, 8} } // mean 10, sd 1.41 (population), 1.58 (sample)
	const ok = resource.FailureCode("")
	tests := []struct {
		name            string
		v               blueprint.Validator
		value, previous string
		want            resource.FailureCode
	}{
		{"notNull whole", v("notNull", nil), `1`, "", ok},
		{"notNull null", v("notNull", nil), `null`, "", resource.MissingData},
		{"notNull field", v("notNull", field("a.b[0]")), `{"a":{"b":[0]}}`, "", ok},
		{"notNull fields", v("notNull", fields("a", "b")), `{"a":1}`, "", resource.MissingData},
		{"schema", v("schema", func(v *blueprint.Validator) { v.Schema = map[string]any{"type": "integer"} }), `3`, "", ok},
		{"schema wrong", v("schema", func(v *blueprint.Validator) { v.Schema = map[string]any{"type": "integer"} }), `"3"`, "", resource.OutOfScope},
		{"schema required", v("schema", func(v *blueprint.Validator) { v.Schema = map[string]any{"required": []any{"a"}} }), `{}`, "", resource.MissingData},
		{"monotonic list", v("monotonic", field("x")), `{"x":[1,1,2]}`, "", ok},
		{"monotonic list down", v("monotonic", field("x")), `{"x":[1,2,1]}`, "", resource.ConflictData},
		{"monotonic first", v("monotonic", field("x")), `{"x":1}`, "", ok},
		{"monotonic on", v("monotonic", field("x")), `{"x":2}`, `{"x":1}`, ok},
		{"monotonic back", v("monotonic", field("x")), `{"x":1}`, `{"x":2}`, resource.ConflictData},
		{"monotonic decreasing", v("monotonic", func(v *blueprint.Validator) { v.Direction = "decreasing" }), `3`, `2`, resource.ConflictData},
		{"monotonic text", v("monotonic", nil), `"a"`, "", resource.OutOfScope},
		{"maxSize", v("maxSize", func(v *blueprint.Validator) { v.Max = ptr(3.0) }), `"äa"`, "", ok},
		{"maxSize over", v("maxSize", func(v *blueprint.Validator) { v.Max = ptr(3.0) }), `"ääa"`, "", resource.OutOfScope},
		{"bounds in", v("statisticalBounds", samples), `14.2`, "", ok},
		{"bounds out", v("statisticalBounds", samples), `14.3`, "", resource.OutOfScope},
		{"bounds list", v("statisticalBounds", samples), `[10, 5]`, "", resource.OutOfScope},
		{"bounds sigma", v("statisticalBounds", func(v *blueprint.Validator) { samples(v); v.Max = ptr(1.0) }), `12`, "", resource.OutOfScope},
		{"bounds constant", v("statisticalBounds", func(v *blueprint.Validator) { v.Samples = []float64{0.1, 0.1, 0.1} }), `0.1`, "", ok},
		{"anomaly in", v("anomaly", samples), `14.7`, "", ok},
		{"anomaly out", v("anomaly", samples), `14.8`, "", resource.NonDeterminism},
		{"anomaly constant", v("anomaly", func(v *blueprint.Validator) { v.Samples = []float64{5, 5} }), `5.1`, "", resource.NonDeterminism},
		{"anomaly itself", v("anomaly", nil), `[1,1,1,1,9]`, "", resource.NonDeterminism},
		{"anomaly few", v("anomaly", nil), `[1,1,9]`, "", ok},
		{"anomaly missing", v("anomaly", field("x")), `{}`, "", resource.MissingData},
		{"cross equal", v("crossFieldConsistency", fields("a", "b")), `{"a":"x  y","b":" x y"}`, "", ok},
		{"cross differ", v("crossFieldConsistency", fields("a", "b")), `{"a":1,"b":2}`, "", resource.ConflictData},
		{"cross expression", v("crossFieldConsistency", func(v *blueprint.Validator) { v.Expression = "value.net + value.tax == value.gross" }), `{"net":1,"tax":2,"gross":4}`, "", resource.ConflictData},
		{"time order", v("temporalMonotonic", fields("a", "b")), `{"a":"2026-01-01","b":"2026-01-01T00:00:00+00:00"}`, "", ok},
		{"time zones", v("temporalMonotonic", fields("a", "b")), `{"a":"2026-01-01T02:00:00+02:00","b":"2026-01-01T00:00:00Z"}`, "", ok},
		{"time back", v("temporalMonotonic", fields("a", "b")), `{"a":"2026-01-02","b":"2026-01-01"}`, "", resource.ConflictData},
		{"time scales", v("temporalMonotonic", fields("a", "b")), `{"a":1,"b":"2026-01-01"}`, "", resource.ConflictData},
		{"time text", v("temporalMonotonic", field("a")), `{"a":"soon"}`, "", resource.OutOfScope},
		{"time previous", v("temporalMonotonic", field("a")), `{"a":5}`, `{"a":6}`, resource.ConflictData},
		{"expression", v("expression", func(v *blueprint.Validator) { v.Expression = "value.amount <= args.limit" }), `{"amount":5}`, "", ok},
		{"expression false", v("expression", func(v *blueprint.Validator) { v.Expression = "value.amount > args.limit" }), `{"amount":5}`, "", resource.PolicyViolation},
		{"expression fails", v("expression", func(v *blueprint.Validator) { v.Expression = "value.none > 1" }), `{}`, "", resource.PolicyViolation},
		{"expression too dear", v("expression", func(v *blueprint.Validator) {
			v.Expression = "value.all(a, value.all(b, value.all(c, value.all(d, a + b + c + d >= 0))))"
		}), manyNumbers(), "", resource.PolicyViolation},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check, err := crv.CompileValidator(tt.v)
			if err != nil {
				t.Fatalf("CompileValidator = %v", err)
			}
			got := check(crv.Value{Value: parsed(t, tt.value), Previous: parsed(t, tt.previous), Args: map[string]any{"limit": 10.0}})
			var code resource.FailureCode
			if len(got) > 0 {
				code = got[0].Code
				if got[0].Rule != "crv/"+tt.v.Type || got[0].Message == "" || got[0].Remediation == "" {
					t.Errorf("finding = %+v, want a rule, a message and a remediation", got[0])
				}
			}
			if code != tt.want {
				t.Errorf("%s(%s) = %q (%v), want %q", tt.v.Type, tt.value, code, got, tt.want)
			}
		})
	}
}

func manyNumbers() string {
	list := make([]int, 60)
	b, _ := json.Marshal(list)
	return string(b)
}

func TestCompileValidatorRefuses(t *testing.T) {
	for name, v := range map[string]blueprint.Validator{
		"unknown":          {Type: "magic"},
		"no schema":        {Type: "schema"},
		"bad schema":       {Type: "schema", Schema: map[string]any{"type": "nothing"}},
		"no max":           {Type: "maxSize"},
		"one sample":       {Type: "statisticalBounds", Samples: []float64{1}},
		"bad sigma":        {Type: "statisticalBounds", Samples: []float64{1, 2}, Max: ptr(math.Inf(1))},
		"bad direction":    {Type: "monotonic", Direction: "up"},
		"one field":        {Type: "crossFieldConsistency", Fields: []string{"a"}},
		"no times":         {Type: "temporalMonotonic"},
		"not CEL":          {Type: "expression", Expression: "value >"},
		"not a bool":       {Type: "expression", Expression: "1 + 1"},
		"unknown variable": {Type: "expression", Expression: "secret == 1"},
	} {
		if _, err := crv.CompileValidator(v); !fault.Is(err, fault.Invalid) {
			t.Errorf("CompileValidator(%s) = %v, want INVALID", name, err)
		}
	}
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		valid bool
		conf  *float64
		want  crv.Decision
	}{
		{true, nil, crv.Allow}, {false, nil, crv.BlockIt}, {true, ptr(0.5), crv.Allow}, {false, ptr(0.5), crv.BlockIt},
		{true, ptr(0.49), crv.Escalate}, {false, ptr(0.49), crv.Escalate}, {true, ptr(math.NaN()), crv.Escalate},
	} {
		if got := crv.Decide(tt.valid, tt.conf); got != tt.want {
			t.Errorf("Decide(%v, %v) = %s, want %s", tt.valid, tt.conf, got, tt.want)
		}
	}
}

func TestRemediationOfEveryCode(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range crv.FailureCodes() {
		r := crv.Remediation(c)
		if r == "" || seen[r] {
			t.Errorf("Remediation(%s) = %q, want one of its own", c, r)
		}
		seen[r] = true
	}
	if len(seen) != 7 {
		t.Errorf("%d failure codes, want 7", len(seen))
	}
}

func TestExtract(t *testing.T) {
	v := parsed(t, `{"a":{"b":[{"c":1},2]},"x.y":3,"n":null}`)
	for path, want := range map[string]any{"a.b[0].c": 1.0, "a.b.0.c": 1.0, "a.b[1]": 2.0, "x.y": 3.0, "n": nil} {
		if got, ok := crv.Extract(v, path); !ok || got != want {
			t.Errorf("Extract(%s) = %v, %v, want %v", path, got, ok, want)
		}
	}
	for _, path := range []string{"a.b[2]", "a.b[-1]", "a.b[x]", "a.c", "n.x", "a..b", "[", "a["} {
		if got, ok := crv.Extract(v, path); ok {
			t.Errorf("Extract(%s) = %v, want nothing", path, got)
		}
	}
}

// anyValue draws a JSON value.
func anyValue(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		top := 6
		if depth == 0 {
			top = 4
		}
		switch rapid.IntRange(0, top).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return float64(rapid.IntRange(-4, 8).Draw(t, "int"))
		case 3:
			return rapid.SampledFrom([]string{"", "a", "bb", "ccc", " a  b "}).Draw(t, "text")
		case 4:
			return float64(rapid.IntRange(-4, 8).Draw(t, "half")) + 0.5
		case 5:
			return rapid.SliceOfN(anyValue(depth-1), 0, 3).Draw(t, "list")
		}
		return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), anyValue(depth-1), 0, 3).Draw(t, "map")
	})
}

func TestNormalizeAndCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyValue(2).Draw(t, "a"), anyValue(2).Draw(t, "b")
		if d := crv.Compare(a, crv.Normalize(a)); len(d) > 0 {
			t.Fatalf("Compare(a, Normalize(a)) = %v, want none", d)
		}
		if ab, ba := len(crv.Compare(a, b)), len(crv.Compare(b, a)); ab != ba {
			t.Fatalf("Compare is not symmetric: %d and %d", ab, ba)
		}
	})
	got := crv.Compare(map[string]any{"a": 1, "b": []int{1, 2}, "c": "x"}, map[string]any{"a": 1.0, "b": []any{1, 3}})
	if len(got) != 2 || got[0] != "b[1]" || got[1] != "c" {
		t.Errorf("Compare = %v, want [b[1] c]", got)
	}
}
