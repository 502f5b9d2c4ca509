package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/resource"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		name, message string
		names         bool
		want          string
	}{
		{"numbers and ids", "order A-10013 was not found after 3 tries", false, "order # was not found after # tries"},
		{"an amount with a mark", "a refund of 59.90, which is more than 49.90.", false, "a refund of #, which is more than #"},
		{"an address", "no mail to ada@example.com", false, "no mail to #"},
		{"a quoted value", `customer "John Smith" is unknown`, false, `customer "…" is unknown`},
		{"a quoted name", `success criterion "a-refund-was-made": it is false`, true, `success criterion "a-refund-was-made": it is false`},
		{"a quoted id", `run "r17" is late`, true, `run "…" is late`},
		{"JSON", `{"error": "no stock of item 7", "code": 12, "details": {"left": [1, 2]}}`, false, "code #; details left #; error no stock of item #"},
		{"blanks", "  a \n b\t", false, "a b"},
		{"an open quote", `it's "half`, false, `it's "half`},
		{"nothing", "", false, ""},
		{"long", strings.Repeat("é ", 200), false, strings.TrimRight(strings.Repeat("é ", 54), " ")[:160-1] + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := pattern(c.message, c.names)
			if c.name == "long" {
				if len(got) > maxPattern+len("…") || strings.ContainsRune(got, '\uFFFD') {
					t.Errorf("pattern(long) = %q (%d bytes)", got, len(got))
				}
				return
			}
			if got != c.want {
				t.Errorf("pattern(%q, %t) = %q, want %q", c.message, c.names, got, c.want)
			}
		})
	}
}

// FuzzPattern checks that numbers never tell two messages apart, and that a pattern
// is bounded and valid text.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{"a 1 b", `{"a":1}`, "`x`", `"1"`, "(3)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := pattern(strings.ToValidUTF8(s, ""), false)
		if len(got) > maxPattern+len("…") || got != strings.ToValidUTF8(got, "") {
			t.Errorf("pattern(%q) = %q", s, got)
		}
		if strings.ContainsAny(got, "0123456789") {
			t.Errorf("pattern(%q) = %q, which has a digit", s, got)
		}
	})
}

func failed(id, tool, result string, ended resource.Millis) resource.Run {
	return resource.Run{ID: id, Agent: "desk", Outcome: resource.OutcomeFailure, Input: "x", EndedAt: ended, Steps: []resource.Step{
		{Kind: "tool", Tool: &resource.ToolStep{Tool: "lookup", Result: "ok", Decision: resource.Decision{State: resource.DecisionApproved}}},
		{Kind: "tool", Tool: &resource.ToolStep{Tool: tool, Result: result, IsError: true, Decision: resource.Decision{State: resource.DecisionApproved}}}}}
}

func TestCauseOf(t *testing.T) {
	gate := resource.Run{ID: "g", Outcome: resource.OutcomeBlocked, Code: resource.OutOfScope, Message: "x", Steps: []resource.Step{
		{Kind: "crv", CRV: &resource.CRVStep{Gate: "sane", On: "output", Verdict: resource.Block, Message: "12 is over 10"}}}}
	denied := resource.Run{ID: "d", Outcome: resource.OutcomeDenied, Code: resource.PolicyViolation, Steps: []resource.Step{
		{Kind: "tool", Tool: &resource.ToolStep{Tool: "refund", Decision: resource.Decision{State: resource.DecisionRejected, Policies: []string{"b", "a"}, Reason: "over the limit of 50"}}}}}
	no := resource.Run{ID: "n", Outcome: resource.OutcomeDenied, Code: resource.PolicyViolation, Steps: []resource.Step{
		{Kind: "tool", Tool: &resource.ToolStep{Tool: "refund", Decision: resource.Decision{State: resource.DecisionRejected, Check: "approval", Reason: "a human denied the call: ask her first"}}}}}
	model := resource.Run{ID: "m", Outcome: resource.OutcomeError, Message: "the model answered 503", Steps: []resource.Step{}}
	for _, c := range []struct {
		name string
		run  resource.Run
		want string
	}{
		{"a tool's error", failed("t", "refund", "a refund of 5 is more than 4", 1), "failure: refund reported an error: a refund of # is more than #"},
		{"a gate", gate, "blocked: gate sane blocked: # is over #"},
		{"policies", denied, "denied: refund was refused by a, b: over the limit of #"},
		{"a human's no", no, "denied: refund was refused: a human denied the call"},
		{"a message", model, "error: the run ended: the model answered #"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := CauseOf(c.run)
			if got := Title(g); got != c.want {
				t.Errorf("Title(CauseOf(%s)) = %q, want %q", c.run.ID, got, c.want)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	g := &Grouper{}
	for i := range 12 { // newest first
		g.Add(failed(fmt.Sprintf("u%02d", 20-i), "refund", fmt.Sprintf("a refund of %d is too much", i), resource.Millis(1000-i)))
	}
	short := failed("short", "refund", "a refund of 77 is too much", 500)
	short.Steps = short.Steps[1:]
	g.Add(short)
	g.Add(failed("c1", "refund", "the account is closed", 400))
	for i := range 10 {
		g.AddControl(failed(fmt.Sprintf("k%d", i), "refund", "the account is closed", 1))
	}
	g.AddControl(failed("k", "mail", "only beside it", 1))
	got := g.Groups(100, 900)
	want := []resource.FailureGroup{
		{ID: got[0].ID, Title: "failure: refund reported an error: a refund of # is too much", Outcome: "failure", Tool: "refund", Pattern: "a refund of # is too much",
			Runs: 13, StandsOut: true, FirstAt: 500, LastAt: 1000, Example: "short"},
		{ID: got[1].ID, Title: "failure: refund reported an error: the account is closed", Outcome: "failure", Tool: "refund", Pattern: "the account is closed",
			Runs: 1, Control: 10, FirstAt: 400, LastAt: 400, Example: "c1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Groups() differs (-want +got):\n%s", diff)
	}
	if got := g.Of("short"); got != want[0].ID {
		t.Errorf("Of(short) = %q, want %q", got, want[0].ID)
	}
	g.Add(resource.Run{ID: "cut", Outcome: resource.OutcomeError, Code: resource.OffTraffic, Message: "desk@v2 was taken off traffic"})
	if all := g.Groups(100, 0); len(all) != 3 || all[2].StandsOut {
		t.Errorf("Groups() with a run that the rollback ended = %+v, want it last, and that it does not stand out", all)
	}
	if all := g.Groups(100, 0); !all[0].StandsOut || !all[1].StandsOut {
		t.Errorf("Groups() without a control arm = %+v, want that each stands out", all)
	}
	Redact(got)
	if got[0].Title != "failure: refund reported an error" || got[0].Pattern != "" {
		t.Errorf("Redact() leaves %+v", got[0])
	}
}

// TestGroupsHold checks that no run is lost, and that the order of runs does not
// matter but for the example.
func TestGroupsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := []string{"a is too much", "b is closed", "c 7", "d"}
		var runs []resource.Run
		for i := range rapid.IntRange(0, 40).Draw(t, "runs") {
			runs = append(runs, failed(fmt.Sprint("u", i), rapid.SampledFrom([]string{"refund", "mail"}).Draw(t, "tool"),
				rapid.SampledFrom(words).Draw(t, "result"), resource.Millis(rapid.IntRange(1, 100).Draw(t, "at"))))
		}
		of := func(list []resource.Run) []resource.FailureGroup {
			g := &Grouper{}
			for _, r := range list {
				g.Add(r)
			}
			gs := g.Groups(int64(len(list)), 0)
			for i := range gs {
				gs[i].Example = ""
			}
			return gs
		}
		one := of(runs)
		total := int64(0)
		for _, g := range one {
			total += g.Runs
		}
		if total != int64(len(runs)) {
			t.Fatalf("groups hold %d of %d runs", total, len(runs))
		}
		other := slices.Clone(runs)
		slices.Reverse(other)
		if diff := cmp.Diff(one, of(other)); diff != "" {
			t.Fatalf("another order gives other groups:\n%s", diff)
		}
	})
}
