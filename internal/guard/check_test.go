package guard

import (
	"slices"
	"strings"
	"testing"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		name  string
		cedar string
		rule  string // "" is no finding
		says  string
	}{
		{"good", "@reason(\"x\")\nforbid (principal, action, resource) when { context.tainted };", "", ""},
		{"good, arguments open", `forbid (principal, action, resource == Tool::"note") when { context.args.size.value > 10 && context.args.kind.value == "x" };`, "", ""},
		{"good, decimal argument", `forbid (principal, action, resource == Tool::"note") when { context.args.size.value.greaterThan(decimal("1.5")) };`, "", ""},
		{"good, nested argument", `forbid (principal, action, resource == Tool::"note") when { context.args.a.value.b has c && context.args.a.value.b.c == true };`, "", ""},
		{"good, set argument", `forbid (principal, action, resource == Tool::"send_mail") when { context.args.to.value.contains("x") };`, "", ""},
		{"syntax", "permit (principal, action, resource);\n\nforbid (principal, action, resource) when { context.tainted ++ };", "policy/syntax", `"own", line 3`},
		{"misspelt context", "\nforbid (principal, action, resource) when { context.taintd };", "policy/type", `"own", line 2`},
		{"misspelt resource", `forbid (principal, action, resource) when { resource.tir == "high" };`, "policy/type", "tir"},
		{"wrong type", `forbid (principal, action, resource) when { resource.zone == "public" };`, "policy/type", "line 1"},
		{"an action that no tool has", `forbid (principal, action == Action::"send", resource);`, "policy/type", "send"},
		{"a principal that is nobody", `forbid (principal == User::"x", action, resource);`, "policy/type", "User"},
		{"argument used as two types", `forbid (principal, action, resource == Tool::"note") when { context.args.a.value > 1 && context.args.a.value == "x" };`, "policy/type", "note"},
		{"whole arguments before pinning", `forbid (principal, action, resource == Tool::"note") when { context.args == {a: 1} };`, "policy/type", "name the arguments"},
		{"five open arguments", `forbid (principal, action, resource == Tool::"note") when { context.args.a.value > 1 || context.args.b.value > 1 || context.args.c.value > 1 || context.args.d.value > 1 || context.args.e.value > 1 };`, "policy/type", "split"},
		{"unknown tool in scope", `forbid (principal, action, resource == Tool::"refnd");`, "policy/unknown-tool", "refnd"},
		{"unknown tool in condition", `forbid (principal, action, resource) when { resource in [Tool::"refnd", Tool::"refund"] };`, "policy/unknown-tool", "refnd"},
		{"unknown agent", `forbid (principal == Agent::"other", action, resource);`, "policy/unknown-agent", "other"},
		{"unknown action", `forbid (principal, action == Action::"paint", resource);`, "policy/type", "paint"},
		{"unknown entity type", `forbid (principal == User::"ann", action, resource);`, "policy/type", "User"},
		{"ask on a permit", `@decision("ask") permit (principal, action, resource);`, "policy/annotation", "forbid"},
		{"unknown decision", `@decision("maybe") forbid (principal, action, resource);`, "policy/annotation", "maybe"},
		{"quorum of nobody", `@decision("ask") @quorum("0") forbid (principal, action, resource);`, "policy/annotation", "quorum"},
		{"misspelt quorum", `@decision("ask") @quroum("2") forbid (principal, action, resource);`, "policy/annotation", "@quroum"},
		{"quorum without ask", `@quorum("2") forbid (principal, action, resource);`, "policy/annotation", "quorum"},
		{"same id twice", "@id(\"a\") forbid (principal, action, resource);\n@id(\"a\") forbid (principal, action, resource);", "policy/id", "own/a"},
		{"empty", "  \n", "policy/empty", "own"},
		{"only a comment", "// nothing yet", "policy/empty", "own"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := desk()
			a.Spec.Policies = policyOf(tt.cedar)
			got := Check(&a)
			if tt.rule == "" {
				if len(got) != 0 {
					t.Fatalf("Check = %+v, want nothing", got)
				}
				return
			}
			if len(got) == 0 {
				t.Fatalf("Check = nothing, want %s", tt.rule)
			}
			all := ""
			for _, f := range got {
				all += f.Message + "\n"
				if f.Rule != tt.rule || f.Severity != "error" || !strings.HasPrefix(f.Path, "spec.policies[0]") || f.Remediation == "" {
					t.Errorf("Check = %+v, want rule %s at spec.policies[0] with a remediation", f, tt.rule)
				}
			}
			if !strings.Contains(all, tt.says) || !strings.Contains(all, `"own`) {
				t.Errorf("Check says %q, want %q and the policy's id in it", all, tt.says)
			}
			if _, err := Compile(manifest(a)); !fault.Is(err, fault.Invalid) && !strings.HasPrefix(tt.name, "whole") && !strings.HasPrefix(tt.name, "five") {
				t.Errorf("Compile = %v, want fault.Invalid", err)
			}
		})
	}
}

func TestCheckIDs(t *testing.T) {
	a := desk()
	a.Spec.Policies = []blueprint.Policy{
		{ID: "x", Cedar: "permit (principal, action, resource);"}, {ID: "x", Cedar: "permit (principal, action, resource);"},
		{ID: "builtin/permitted", Cedar: "permit (principal, action, resource);"}, {Cedar: "permit (principal, action, resource);"},
	}
	a.Spec.Tools = append(a.Spec.Tools, blueprint.Tool{Name: "note"})
	var got []string
	for _, f := range Check(&a) {
		got = append(got, f.Rule+" "+f.Path)
	}
	want := "policy/id spec.policies[1],policy/id spec.policies[2].cedar,policy/id spec.policies[3].cedar,policy/duplicate-tool spec.tools[12].name"
	if strings.Join(got, ",") != want {
		t.Errorf("Check = %v, want %s", got, want)
	}
}

func TestCheckNamesTheFile(t *testing.T) {
	a := desk()
	a.Spec.Policies = []blueprint.Policy{{ID: "own", File: "limits.cedar", Cedar: "\n\nforbid (principal, action, resource) when { context.taintd };"}}
	got := Check(&a)
	if len(got) == 0 || got[0].File != "limits.cedar" || got[0].Line != 3 {
		t.Errorf("Check = %+v, want a finding at limits.cedar:3", got)
	}
}

func TestCheckVersionKnowsArguments(t *testing.T) {
	tests := []struct{ name, cedar, says string }{
		{"typed", `forbid (principal, action, resource == Tool::"refund") when { context.args.amount.value.greaterThan(decimal("9.0")) };`, ""},
		{"misspelt", `forbid (principal, action, resource == Tool::"refund") when { context.args.amont.value.greaterThan(decimal("9.0")) };`, "amont"},
		{"wrong type", `forbid (principal, action, resource == Tool::"refund") when { context.args.amount.value > 9 };`, "refund"},
		{"optional without has", `forbid (principal, action, resource == Tool::"refund") when { context.args.note.value == "x" };`, "note"},
		{"optional with has", `forbid (principal, action, resource == Tool::"refund") when { context.args has note && context.args.note.value == "x" };`, ""},
		{"whole arguments", `forbid (principal, action, resource == Tool::"get_order") when { context.args.id == {value: "x", origin: "user", role: "target"} };`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := desk()
			a.Spec.Policies = policyOf(tt.cedar)
			got := CheckVersion(manifest(a))
			if (tt.says == "") != (len(got) == 0) {
				t.Fatalf("CheckVersion = %+v, want findings: %t", got, tt.says != "")
			}
			if tt.says != "" && !strings.Contains(got[0].Message, tt.says) {
				t.Errorf("CheckVersion says %q, want %q in it", got[0].Message, tt.says)
			}
		})
	}
}

// TestBuiltInSet: the embedded policies are typed for every intent, say why, name
// a check, and read nothing that is prepared only for a blueprint's policies.
func TestBuiltInSet(t *testing.T) {
	ps, bad := parseBuiltIn()
	if len(bad) > 0 || len(ps) == 0 {
		t.Fatalf("parseBuiltIn = %d policies, problems %v", len(ps), bad)
	}
	seen := map[string]bool{}
	for _, p := range ps {
		for _, intent := range intents {
			if err := typecheck(&p, intent, resolved.RecordType{}); err != nil {
				t.Errorf("%s in %s = %v, want it typed", p.id, intent, err)
			}
		}
		if seen[p.id] || p.id == builtInPrefix {
			t.Errorf("%q is no id of its own", p.id)
		}
		seen[p.id] = true
		if checkRank(p.check) > checkRank(CheckApproval) || slices.Contains(p.uses.fields, "origins") || p.uses.allArgs || len(p.uses.args) > 0 {
			t.Errorf("%s: check %q, uses %+v; want a known check and no arguments or origins", p.id, p.check, p.uses)
		}
		if p.reason == "" && p.cedar.Effect() == cedar.Forbid {
			t.Errorf("%s has no reason", p.id)
		}
	}
}

func TestCompileRefusesNothing(t *testing.T) {
	if _, err := Compile(nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("Compile(nil) = %v, want fault.Invalid", err)
	}
}

func TestDigests(t *testing.T) {
	a, b := desk(), desk()
	if PolicyDigest(&a) != PolicyDigest(&b) || PolicyDigest(&a) == BuiltInDigest() {
		t.Errorf("PolicyDigest = %s and %s, built-in %s; want the first two equal", PolicyDigest(&a), PolicyDigest(&b), BuiltInDigest())
	}
	a.Spec.Policies = []blueprint.Policy{{ID: "x", Cedar: "1"}, {ID: "y", Cedar: "2"}}
	b.Spec.Policies = []blueprint.Policy{{ID: "y", Cedar: "2", Description: "said"}, {ID: "x", Cedar: "1"}}
	if PolicyDigest(&a) != PolicyDigest(&b) {
		t.Error("PolicyDigest depends on the order or the description of policies")
	}
	b.Spec.Policies[0].Cedar = "3"
	if PolicyDigest(&a) == PolicyDigest(&b) {
		t.Error("PolicyDigest is the same for another text")
	}
}
