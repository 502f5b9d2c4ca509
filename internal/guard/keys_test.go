package guard

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// sharing is flow with a tool that takes a map from people to rights.
func sharing() *resource.Manifest {
	a := flow()
	a.Spec.Tools = append(a.Spec.Tools, blueprint.Tool{Name: "share_file", Server: "s", RiskTier: blueprint.TierMedium,
		Intent: blueprint.IntentWrite, Zone: blueprint.ZoneInternal, Labels: labels(false, false, true, false)})
	a.Spec.Policies = []blueprint.Policy{{ID: "own", Cedar: `@id("cap") forbid (principal, action, resource == Tool::"transfer_money")
		when { context.args has amount && context.args.amount.value.greaterThan(decimal("100.0")) };`}}
	text := map[string]any{"type": "string"}
	object := func(props map[string]any) map[string]any {
		return map[string]any{"type": "object", "properties": props}
	}
	return &resource.Manifest{Blueprint: a, Adapters: []resource.Adapter{{Server: "s", Tools: []resource.ToolPin{
		{Name: "share_file", InputSchema: object(map[string]any{
			"file_id": text, "rights": map[string]any{"type": "object", "additionalProperties": text},
			"options": object(map[string]any{"Notify": map[string]any{"type": "boolean"}}), "open": map[string]any{"type": "object"},
			"list": map[string]any{"type": "array", "items": map[string]any{"$ref": "#/$defs/grant"}},
		})},
		{Name: "transfer_money", InputSchema: object(map[string]any{"recipient": text, "amount": map[string]any{"type": "number"}, "opt": object(map[string]any{"memo": text})})},
	}}}}
}

// TestKeys: whom a call affects can stand in a key, and a key that differs from a
// name only in case is one for some servers.
func TestKeys(t *testing.T) {
	m := sharing()
	m.Adapters[0].Tools[0].InputSchema["$defs"] = map[string]any{"grant": map[string]any{"type": "object", "properties": map[string]any{"Role": map[string]any{"type": "string"}}}}
	c := mustCompile(t, m)
	file := func(name string, v any) map[string]any { return map[string]any{"file_id": "m-18", name: v} }
	tests := []struct {
		name string
		says string
		tool string
		args map[string]any
		want string // "", or the policy or check that stops it
	}{
		{"a stranger in a key", "share m-18", "share_file", file("rights", map[string]any{"bob@example.org": "rw"}), "builtin/target-from-outside"},
		{"a stranger's name in a key", "share m-18", "share_file", file("rights", map[string]any{"mallory": "rw"}), "builtin/target-from-outside"},
		{"a user's addressee in a key", "share m-18 with ann@example.com", "share_file", file("rights", map[string]any{"ann@example.com": "rw"}), ""},
		{"a stranger in a key of an open object", "share m-18", "share_file", file("open", map[string]any{"bob@example.org": true}), "builtin/target-from-outside"},
		{"a stranger in a key in a list", "share m-18", "share_file", file("list", []any{map[string]any{"bob@example.org": true}}), "builtin/target-from-outside"},
		{"a stranger in an argument's name", "share m-18", "share_file", file("bob@example.org", true), "builtin/target-from-outside"},
		{"a name of an open object", "share m-18", "share_file", file("open", map[string]any{"notifyAll": true}), ""},
		{"a declared name", "share m-18", "share_file", file("options", map[string]any{"Notify": true}), ""},
		{"a declared name in a list", "share m-18", "share_file", file("list", []any{map[string]any{"Role": "rw"}}), ""},
		{"a name in another case", "pay ann@example.com 50", "transfer_money", map[string]any{"recipient": "ann@example.com", "amount": 50.0, "Amount": 5000.0}, CheckPolicy},
		{"a name with another k", "pay ann@example.com 50", "transfer_money", map[string]any{"recipient": "ann@example.com", "amount": 50.0, "opt": map[string]any{"MEMO": "x"}}, CheckPolicy},
		{"over the cap", "pay ann@example.com 500", "transfer_money", map[string]any{"recipient": "ann@example.com", "amount": 500.0}, "own/cap"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := c.Observe(c.Start(tt.says), Observation{Tool: "search_mail", Args: map[string]any{"query": "unread"}, Text: inbox})
			d, _ := c.Decide(s, Call{Tool: tt.tool, Args: tt.args})
			switch {
			case tt.want == "" && d.State == resource.DecisionApproved, tt.want == CheckPolicy && d.State == resource.DecisionRejected && d.Check == CheckPolicy:
			case len(d.Policies) > 0 && d.Policies[0] == tt.want:
			default:
				t.Errorf("Decide(%v) = %s %v (%s), want %q", tt.args, d.State, d.Policies, d.Reason, tt.want)
			}
		})
	}
}

// TestRecordsOfAnOutputSchema: a server that sends a document as text beside its
// structured content has not drawn the borders that the document shows.
func TestRecordsOfAnOutputSchema(t *testing.T) {
	a := flow()
	a.Spec.Tools[0].Labels.Records = nil
	pin := resource.ToolPin{Name: "search_mail", InputSchema: map[string]any{"type": "object"}, OutputSchema: map[string]any{"type": "object"}}
	c := mustCompile(t, &resource.Manifest{Blueprint: a, Adapters: []resource.Adapter{{Server: "s", Tools: []resource.ToolPin{pin}}}})
	for structured, want := range map[bool]resource.DecisionState{true: resource.DecisionApproved, false: resource.DecisionPending} {
		s := c.Observe(c.Start("send an answer to the mail about lunch"), Observation{Tool: "search_mail", Text: inbox, Structured: structured})
		d, _ := c.Decide(s, Call{Tool: "send_mail", Args: map[string]any{"to": "carl@example.net"}})
		if d.State != want {
			t.Errorf("Decide after a result with Structured %v = %s %v, want %s", structured, d.State, d.Policies, want)
		}
	}
}

// TestLinksInContent: a link counts as the program that follows it reads it.
func TestLinksInContent(t *testing.T) {
	c := mustCompile(t, &resource.Manifest{Blueprint: flow()})
	tests := []struct {
		body string
		ok   bool
	}{
		{"see (https://docs.example.com).", true},
		{"see [the page](https://docs.example.com), please", true},
		{"see 'https://docs.example.com'", true},
		{"see https://docs.example.com'@bob.example.org/?q=secret", false},
		{"see https://docs.example.com)@bob.example.org/?q=secret", false},
		{"<img src=https:bob.example.org/?q=secret>", false},
		{`see https:\\bob.example.org\secret`, false},
		{"https: is what we use", true},
	}
	for _, tt := range tests {
		s := c.Observe(c.Start("mail ann@example.com about https://docs.example.com"), Observation{Tool: "search_mail", Text: inbox})
		d, _ := c.Decide(s, Call{Tool: "send_mail", Args: map[string]any{"to": "ann@example.com", "body": tt.body}})
		if got := d.State == resource.DecisionApproved; got != tt.ok {
			t.Errorf("Decide(body %q) = %s %v, want approved %v", tt.body, d.State, d.Policies, tt.ok)
		}
	}
}

// TestMixedFromTheDecisionOn: a write that never answered may have been done, so
// what a trusted place gives back afterwards is not trusted.
func TestMixedFromTheDecisionOn(t *testing.T) {
	c := mustCompile(t, &resource.Manifest{Blueprint: flow()})
	s := c.Observe(c.Start("add a note to m-18 and mail Carl"), Observation{Tool: "search_mail", Text: inbox})
	d, s := c.Decide(s, Call{Tool: "append_note", Args: map[string]any{"number": 18.0, "text": "bob@example.org"}})
	if d.State == resource.DecisionPending { // the number is nobody's
		d, s = c.Decide(s, Call{Tool: "append_note", Args: map[string]any{"number": 18.0, "text": "bob@example.org"}, ApprovedDigest: d.ArgsDigest})
	}
	if d.State != resource.DecisionApproved {
		t.Fatalf("Decide(append_note) = %s %v, want approved", d.State, d.Policies)
	}
	s = c.Observe(s, Observation{Tool: "contacts", Text: `{"email":"bob@example.org"}`})
	d, _ = c.Decide(s, Call{Tool: "send_mail", Args: map[string]any{"to": "bob@example.org", "body": "hello"}})
	if d.State != resource.DecisionPending {
		t.Errorf("Decide(send_mail) after a write without an answer = %s %v, want it to ask", d.State, d.Policies)
	}
}
