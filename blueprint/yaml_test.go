package blueprint_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

func TestYAML(t *testing.T) {
	a := mustParse(t, "a.json", `{"apiVersion":"aureus/v1","kind":"Agent","metadata":{"name":"a","owner":"yes","labels":{"a b":"1"}},
		"spec":{"goal":"on","instructions":"one\n two\n\nthree\n","riskTier":"low","zone":"public","model":{"name":"m"},
		"tools":[{"name":"t","server":"s","riskTier":"low","intent":"read","zone":"public","labels":{"actsOutside":false}}],
		"servers":[{"name":"s","stdio":{"command":["run","--x=1","true"]}}],"input":{"schema":{"type":"object","properties":{}}}}}`)
	got, err := a.YAML()
	if err != nil {
		t.Fatal(err)
	}
	want := `apiVersion: aureus/v1
kind: Agent
metadata:
  name: a
  owner: "yes"
  labels:
    "a b": "1"
spec:
  goal: on
  instructions: |
    one
     two

    three
  riskTier: low
  zone: public
  model:
    name: m
  servers:
    - name: s
      stdio:
        command: [run, "--x=1", "true"]
  tools:
    - name: t
      server: s
      riskTier: low
      intent: read
      zone: public
      labels:
        actsOutside: false
  input:
    schema:
      properties: {}
      type: object
`
	if diff := cmp.Diff(strings.ReplaceAll(want, `"a b"`, "a b"), string(got)); diff != "" {
		t.Errorf("YAML (-want +got):\n%s", diff)
	}
}

// TestYAMLRoundTrip: what YAML writes, Parse reads back, whatever the texts hold.
func TestYAMLRoundTrip(t *testing.T) {
	text := rapid.OneOf(rapid.StringN(1, 40, -1),
		rapid.StringMatching(`[ \t\n#:&*!|>'"%@\-\[\]{},?0-9a-z~.]{1,30}`),
		rapid.SampledFrom([]string{"yes", "null", "~", "1e3", "0x1F", "010", "1_000", "- a", "a: b", "a #b", "\n", " a\nb", "a\n\n", "a\r\nb", "\u0085", "\u2028x", "2020-01-01", "<<", "---", "...", "a\tb", "=", "on"}))
	rapid.Check(t, func(t *rapid.T) {
		a := minimalAgent()
		a.Spec.Goal, a.Spec.Instructions = text.Draw(t, "goal"), text.Draw(t, "instructions")
		a.Metadata.Labels = map[string]string{text.Draw(t, "key"): text.Draw(t, "label")}
		a.Spec.Evaluation.Suites = []blueprint.Suite{{Name: "s", Scenarios: []blueprint.Scenario{{Name: "n",
			Input: map[string]any{text.Draw(t, "inputKey"): []any{text.Draw(t, "inputText"), nil, true, rapid.Float64Range(-1e15, 1e15).Draw(t, "number"), map[string]any{}, []any{}, []any{[]any{text.Draw(t, "deep")}}}}}}}}
		out, err := a.YAML()
		if err != nil {
			t.Fatalf("YAML = %v", err)
		}
		back, err := blueprint.Parse("a.yaml", out, blueprint.Options{})
		if err != nil {
			t.Fatalf("Parse(YAML) = %v\n%s", err, out)
		}
		if diff := cmp.Diff(a, back); diff != "" {
			t.Fatalf("round trip (-want +got):\n%s\n%s", diff, out)
		}
	})
}

func minimalAgent() *blueprint.Agent {
	return &blueprint.Agent{APIVersion: blueprint.APIVersion, Kind: blueprint.KindAgent,
		Metadata: blueprint.Metadata{Name: "a", Owner: "o"},
		Spec:     blueprint.Spec{Goal: "g", Instructions: "i", RiskTier: blueprint.TierLow, Zone: blueprint.ZonePublic, Model: blueprint.Model{Name: "m"}}}
}

func TestInit(t *testing.T) {
	text, err := blueprint.Init("order-notes")
	if err != nil {
		t.Fatal(err)
	}
	a := mustParse(t, "order-notes.yaml", string(text))
	if a.Metadata.Name != "order-notes" {
		t.Errorf("name = %q, want order-notes", a.Metadata.Name)
	}
	for _, bad := range []string{"", "Order", "a b", "a\nkind: X", "a # b", strings.Repeat("a", 64)} {
		if _, err := blueprint.Init(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("Init(%q) = %v, want INVALID", bad, err)
		}
	}
}

func TestBuilder(t *testing.T) {
	b := blueprint.New("notes").Owner("team").Goal("g").Instructions("i").Model("m").Tier(blueprint.TierMedium, blueprint.ZoneInternal).
		StdioServer("shop", "shop-mcp").
		Tool(blueprint.Tool{Name: "add", Server: "shop", RiskTier: blueprint.TierMedium, Intent: blueprint.IntentWrite, Zone: blueprint.ZoneInternal}).
		Policy("house", "forbid (principal, action, resource);").
		Succeeds("ok", "run.outcome == 'success'").
		Suite("s", blueprint.Scenario{Name: "n", Input: "x"}).
		With(func(a *blueprint.Agent) { a.Spec.Budgets.Steps = 3 })
	a, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Problems()) > 0 || a.Spec.Budgets.Steps != 3 || a.Tool("add") == nil || a.Server("shop") == nil {
		t.Errorf("Build = %+v", a)
	}
	b.With(func(a *blueprint.Agent) { a.Spec.Tools[0].RiskTier = "odd" })
	if a.Tool("add").RiskTier != blueprint.TierMedium {
		t.Error("a change of the builder reached a blueprint that was built before")
	}
	if _, err := b.Build(); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "spec.tools[0].riskTier") {
		t.Errorf("Build(odd tier) = %v, want INVALID at spec.tools[0].riskTier", err)
	}
	if _, err := blueprint.New("x").Build(); !fault.Is(err, fault.Invalid) {
		t.Errorf("Build(nothing set) = %v, want INVALID", err)
	}
}

// FuzzParse: Parse never panics; what it accepts is a blueprint that Problems
// accepts, that has a canonical form, and that YAML and Parse keep.
func FuzzParse(f *testing.F) {
	start, err := blueprint.Init("a")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(start, false)
	f.Add([]byte(minimal), false)
	f.Add([]byte(`{"apiVersion":"aureus/v1"}`), true)
	f.Add([]byte("a: &a [*a, <<, !!x y, 'q', \"\\x41\", |\n  z\n]"), false)
	f.Fuzz(func(t *testing.T, data []byte, asJSON bool) {
		name := "a.yaml"
		if asJSON {
			name = "a.json"
		}
		a, err := blueprint.Parse(name, data, blueprint.Options{})
		if err != nil {
			if c := fault.CodeOf(err); c != fault.Invalid && c != fault.TooLarge {
				t.Errorf("Parse(%q) = %v, want INVALID or TOO_LARGE", data, err)
			}
			return
		}
		if p := a.Problems(); len(p) > 0 {
			t.Errorf("Problems(Parse(%q)) = %+v, want none", data, p)
		}
		before, err := blueprint.Digest(a)
		if err != nil {
			t.Fatalf("Digest(Parse(%q)) = %v", data, err)
		}
		text, err := a.YAML()
		if err != nil {
			t.Fatalf("YAML(Parse(%q)) = %v", data, err)
		}
		back, err := blueprint.Parse("a.yaml", text, blueprint.Options{})
		if err != nil {
			t.Fatalf("Parse(YAML(Parse(%q))) = %v\n%s", data, err, text)
		}
		if after, err := blueprint.Digest(back); err != nil || after != before {
			t.Errorf("digest after YAML = %s, %v, want %s", after, err, before)
		}
	})
}
