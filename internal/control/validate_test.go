package control_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func startText(t *testing.T) string {
	t.Helper()
	text, err := blueprint.Init("order-notes")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func validated(t *testing.T, text string) control.Report {
	t.Helper()
	a, src, err := blueprint.ParseSource("order-notes.yaml", []byte(text), blueprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return control.Validate(a, src)
}

func TestValidateStartPasses(t *testing.T) {
	want := control.Report{Agent: "order-notes", Tier: blueprint.TierMedium, Passed: true, Findings: []resource.Finding{}}
	if diff := cmp.Diff(want, validated(t, startText(t))); diff != "" {
		t.Errorf("Validate (-want +got):\n%s", diff)
	}
}

func TestValidateGivesPlaces(t *testing.T) {
	text := strings.Replace(startText(t), "riskTier: medium\n\n", "riskTier: low\n\n", 1)
	text = strings.Replace(text, "      riskTier: medium\n      intent: write", "      riskTier: critical\n      intent: write", 1)
	line := 1 + strings.Count(text[:strings.Index(text, "riskTier: critical")], "\n")
	r := validated(t, text)
	if r.Passed || len(r.Findings) == 0 {
		t.Fatalf("Validate(low agent, critical tool) = %+v, want it not passed", r)
	}
	f := r.Findings[0]
	if f.Rule != "tier/low-agent-high-tool" || f.File != "order-notes.yaml" || f.Line != line || f.Column != 17 {
		t.Errorf("finding = %+v, want tier/low-agent-high-tool at order-notes.yaml:%d:17", f, line)
	}
}

func TestValidateJudgesPolicies(t *testing.T) {
	text := strings.Replace(startText(t), "  input:\n", "  policies:\n    - id: house\n      cedar: forbid (principal, action, resource) when { context.nonsense };\n  input:\n", 1)
	r := validated(t, text)
	if r.Passed {
		t.Fatalf("Validate(policy with an unknown attribute) passed: %+v", r.Findings)
	}
	if f := r.Findings[0]; !strings.HasPrefix(f.Rule, "policy/") || f.Line == 0 {
		t.Errorf("finding = %+v, want a policy rule with a line", f)
	}
}

func TestValidateStructureOfWhatWasNotParsed(t *testing.T) {
	r := control.Validate(&blueprint.Agent{}, nil)
	if r.Passed || len(r.Findings) == 0 || r.Findings[0].Rule != "blueprint/structure" {
		t.Errorf("Validate(empty) = %+v, want blueprint/structure findings", r)
	}
}

func TestValidateError(t *testing.T) {
	_, err := blueprint.Parse("a.yaml", []byte("apiVersion: x\n"), blueprint.Options{})
	r, ok := control.ValidateError(err)
	if !ok || r.Passed || len(r.Findings) == 0 || r.Findings[0].File != "a.yaml" || r.Findings[0].Line != 1 {
		t.Errorf("ValidateError = %+v, %v, want findings in a.yaml", r, ok)
	}
	if _, ok := control.ValidateError(fault.New(fault.TooLarge, "x")); ok {
		t.Error("ValidateError(TOO_LARGE) = true, want false")
	}
}

func TestSARIF(t *testing.T) {
	r := control.Report{Findings: []resource.Finding{
		{Rule: "tier/x", Severity: "error", Code: resource.PolicyViolation, Path: "spec.tools[0]", File: "my dir/a.yaml", Line: 3, Column: 4, Message: "m", Remediation: "do it"},
		{Rule: "eval/y", Severity: "warning", Message: "n"},
	}}
	got, err := r.SARIF("1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/report.sarif")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("SARIF (-want +got):\n%s", diff)
	}
	empty, err := control.Report{}.SARIF("")
	if err != nil || !json.Valid(empty) || !strings.Contains(string(empty), `"results": []`) {
		t.Errorf("SARIF of no findings = %s, %v, want an empty list of results", empty, err)
	}
}

func TestValidateWarnsOfHiddenText(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		line int // 0 for no finding
	}{
		"a direction":       {"Say yes.\u202e", 1},
		"an escape":         {"One.\nTwo.\x1b[2K", 2},
		"no room":           {"A\u200bB", 1},
		"a joined emoji":    {"Hi \U0001F469\u200d\U0001F4BB", 0},
		"lines of Windows":  {"One.\r\nTwo.", 0},
		"letters elsewhere": {"Grüße, 世界\t!", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, err := blueprint.ParseSource("a.yaml", []byte(startText(t)), blueprint.Options{})
			if err != nil {
				t.Fatal(err)
			}
			a.Spec.Instructions = tt.text
			r := control.Validate(a, nil)
			if !r.Passed || len(r.Findings) != min(tt.line, 1) {
				t.Fatalf("Validate(%q) = %+v, want it to pass with %d warnings", tt.text, r, min(tt.line, 1))
			}
			if tt.line > 0 && (r.Findings[0].Rule != "blueprint/hidden-text" || r.Findings[0].Severity != "warning") {
				t.Errorf("finding = %+v, want the warning blueprint/hidden-text", r.Findings[0])
			}
		})
	}
}
