package guard

import (
	"encoding/json"
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

// FuzzDecide throws arguments and states of any kind at Decide: it always
// answers, an unknown tool is always rejected, and a forbid on everything holds.
func FuzzDecide(f *testing.F) {
	f.Add("refund", `{"id":"A","amount":20}`, `{"phase":"work"}`, "refund A", "text")
	f.Add("send_mail", `{"to":["a",1,null,{"x":[]}]}`, `{}`, "", "")
	f.Add("nope", `[]`, `{"spent":1e308,"toolCalls":-1}`, "\xff", "\x00")
	f.Add("note", `{"size":1e400}`, `{"sources":[{"origin":"tool:x","text":"y"}]}`, "5.5", "5")
	a := thirty()
	m := manifest(a)
	c := mustCompile(f, m)
	a.Spec.Policies = policyOf("forbid (principal, action, resource);")
	never := mustCompile(f, manifest(a))
	f.Fuzz(func(t *testing.T, tool, args, state, said, seen string) {
		var s State
		if json.Unmarshal([]byte(state), &s) != nil {
			s = c.Start(said)
		}
		s = c.Observe(s, Observation{Tool: tool, Text: seen})
		call := Call{Tool: tool}
		if json.Unmarshal([]byte(args), &call.Args) != nil {
			call.Args = map[string]any{"raw": args}
		}
		call.ApprovedDigest = ArgsDigest(tool, call.Args)
		d, after := c.Decide(s, call)
		switch d.State {
		case resource.DecisionApproved, resource.DecisionRejected, resource.DecisionPending:
		default:
			t.Fatalf("Decide = %q, want a decision", d.State)
		}
		if c.tools[tool] == nil && d.State != resource.DecisionRejected {
			t.Fatalf("unknown tool %q is %s", tool, d.State)
		}
		if d.State != resource.DecisionPending && after.ToolCalls < 1 {
			t.Fatalf("a decided call was not counted: %d", after.ToolCalls)
		}
		if n, _ := never.Decide(s, call); n.State != resource.DecisionRejected {
			t.Fatalf("a call that everything forbids is %s", n.State)
		}
		if _, err := json.Marshal(after); err != nil {
			t.Fatalf("the state has no JSON form: %v", err)
		}
	})
}

// FuzzRecordsOf: whatever a server answers, reading it ends, and every field is
// as provenance compares it.
func FuzzRecordsOf(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"x"}]}`, "- a: 1\n  b: |\n   two\n   lines\n", "{'message': 'sent'}", "a: &x\n  *x", "[[[[[[", "%", "\x00: 1", "? a\n: b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		records, ok := recordsOf(text)
		if !ok && records != nil {
			t.Fatalf("recordsOf(%q) = %v for a text", text, records)
		}
		for _, r := range records {
			for _, field := range r {
				if field == "" || normalise(field) != field {
					t.Errorf("recordsOf(%q) has the field %q, want it normalised", text, field)
				}
			}
		}
	})
}

// FuzzMayLink: what the quick look says has no link has none.
func FuzzMayLink(f *testing.F) {
	for _, seed := range []string{"hello", "WwW.example.com", "a@b.c", "https:x", "w.ww.x", "www."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !mayLink(s) && linkPattern.MatchString(s) {
			t.Errorf("mayLink(%q) = false, and it has the link %q", s, linkPattern.FindString(s))
		}
	})
}
