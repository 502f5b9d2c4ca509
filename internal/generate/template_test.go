package generate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/simulate"
)

func TestTemplatesAreValid(t *testing.T) {
	for _, tpl := range Templates() {
		t.Run(tpl.Name, func(t *testing.T) {
			a, rec, err := FromTemplate(tpl.Name, map[string]string{"owner": "platform"}, fixedNow)
			if err != nil {
				t.Fatalf("FromTemplate(%q) = %v", tpl.Name, err)
			}
			for _, f := range append(crv.CheckBlueprint(a), guard.Check(a)...) {
				t.Errorf("FromTemplate(%q): %s %s %s: %s", tpl.Name, f.Severity, f.Rule, f.Path, f.Message)
			}
			cases, err := simulate.Cases(a, nil)
			if err != nil || len(cases) < 2 {
				t.Errorf("Cases(%q) = %d cases, %v; want at least 2", tpl.Name, len(cases), err)
			}
			if a.Metadata.Name != tpl.Name || a.Metadata.Owner != "platform" || a.Spec.Goal == "" {
				t.Errorf("FromTemplate(%q) = %+v, goal %q; want name, owner and goal filled in", tpl.Name, a.Metadata, a.Spec.Goal)
			}
			text, err := blueprint.Canonical(a)
			if err != nil || strings.Contains(string(text), "${") {
				t.Errorf("FromTemplate(%q) leaves a placeholder, %v", tpl.Name, err)
			}
			if rec.Method != MethodTemplate || rec.Template != tpl.Name || rec.InputsDigest == "" || rec.OutputDigest == "" ||
				rec.StartedAt != 1_700_000_000_000 || rec.EndedAt != rec.StartedAt {
				t.Errorf("FromTemplate(%q) record = %+v, want it complete", tpl.Name, rec)
			}
		})
	}
}

func TestFromTemplateParameters(t *testing.T) {
	hostile := `x", "riskTier": "low`
	a, _, err := FromTemplate("support-desk", map[string]string{
		"name": "refund-desk", "owner": hostile, "goal": "${owner}", "server": "./shop serve --db shop.db"}, fixedNow)
	if err != nil {
		t.Fatal(err)
	}
	if a.Metadata.Name != "refund-desk" || a.Metadata.Owner != hostile || a.Spec.Goal != "${owner}" {
		t.Errorf("FromTemplate = %q %q %q, want the values as they are", a.Metadata.Name, a.Metadata.Owner, a.Spec.Goal)
	}
	want := []blueprint.Server{{Name: "shop", Stdio: &blueprint.StdioServer{Command: []string{"./shop", "serve", "--db", "shop.db"}}}}
	if d := cmp.Diff(want, a.Spec.Servers); d != "" {
		t.Errorf("FromTemplate servers: %s", d)
	}
	a, _, err = FromTemplate("research", map[string]string{"owner": "web", "server": "https://mcp.example/mcp"}, fixedNow)
	if err != nil {
		t.Fatal(err)
	}
	if s := a.Spec.Servers[0]; s.HTTP == nil || s.HTTP.URL != "https://mcp.example/mcp" || s.Stdio != nil {
		t.Errorf("FromTemplate with a URL: server = %+v, want it over HTTP", s)
	}
}

func TestFromTemplateRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, template string
		params         map[string]string
		code           fault.Code
		text           string
	}{
		{"unknown template", "chat", nil, fault.NotFound, "there are: data-analyst"},
		{"path as a name", "../generate", nil, fault.NotFound, "no template"},
		{"missing owner", "research", nil, fault.Invalid, "owner is needed"},
		{"unknown parameter", "research", map[string]string{"owner": "a", "size": "9"}, fault.Invalid, "no parameter size"},
		{"bad name", "research", map[string]string{"owner": "a", "name": "Not A Label"}, fault.Invalid, "metadata.name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := FromTemplate(tc.template, tc.params, fixedNow)
			if fault.CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("FromTemplate(%q, %v) = %v, want %s with %q", tc.template, tc.params, err, tc.code, tc.text)
			}
		})
	}
}
