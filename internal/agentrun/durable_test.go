package agentrun

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

func longScript() []any {
	return []any{calls(tc("find", `{"id":"A7"}`), tc("note", `{"text":"x"}`)), calls(tc("nothing", `{}`)),
		calls(tc("note", `{"text":"y"}`)), text("done")}
}

// Each write of the journal fails in turn, with and without having been written:
// the run stops, and no call is made whose decision is not in the journal.
func TestJournalFailsAtEveryWrite(t *testing.T) {
	whole := newRig(longScript()...)
	whole.run(t)
	writes := len(whole.journal.records)
	for n := 1; n <= writes; n++ {
		for _, persist := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d persisted %v", n, persist), func(t *testing.T) {
				r := newRig(longScript()...)
				r.journal.failAt, r.journal.persist = n, persist
				_, err := r.runner().Run(context.Background(), r.prepare(t))
				if !errors.Is(err, errDisk) || !fault.Is(err, fault.StorageFull) {
					t.Fatalf("Run = %v, want the journal's error", err)
				}
				if got, max := len(r.tools.calls), r.journal.approved(); got > max || (!persist && got != max) || got > n-1 {
					t.Errorf("%d calls were made with %d approved decisions in the journal", got, max)
				}
				if r.journal.n != n {
					t.Errorf("the journal was asked %d times after it failed at %d", r.journal.n, n)
				}
			})
		}
	}
}

// A run is killed after each write of the journal and goes on from its last
// checkpoint: no call that writes is made twice, and reads are made again.
func TestCrashAtEveryWrite(t *testing.T) {
	whole := newRig(longScript()...)
	want := whole.run(t)
	for n := 1; n < len(whole.journal.records); n++ {
		for _, after := range []bool{false, true} { // killed before or after the effect
			t.Run(fmt.Sprintf("write %d effect %v", n, after), func(t *testing.T) {
				cp := whole.journal.records[n-1]
				r := newRig(longScript()[cp.Run.Stats.ModelCalls:]...)
				if cp.InFlight != nil && after {
					r.tools.calls = append(r.tools.calls, Call{Tool: r.agent.Spec.Tools[map[string]int{"find": 0, "note": 1}[cp.InFlight.Name]]})
				}
				got, err := r.runner().Resume(context.Background(), r.prepare(t), cp, Grant{})
				if err != nil || got.Outcome != resource.OutcomeSuccess {
					t.Fatalf("Resume = %s %q, %v", got.Outcome, got.Message, err)
				}
				writes := 0
				for _, s := range got.Steps {
					if s.Tool != nil && s.Tool.Tool == "note" && strings.Contains(s.Tool.Result, "not known") {
						if cp.InFlight == nil || cp.InFlight.Name != "note" {
							t.Errorf("step %d is in doubt, though nothing was in flight", s.Index)
						}
						writes--
					}
					if s.Tool != nil && s.Tool.Tool == "note" {
						writes++
					}
				}
				made := 0
				for _, c := range r.tools.calls {
					if c.Tool.Name == "note" && c.ID != "" {
						made++
					}
				}
				done := strings.Count(stepsBefore(cp), "note;")
				if made+done > 2 || made+done != writes {
					t.Errorf("note was called %d times after the crash and %d before, %d steps say so", made, done, writes)
				}
				if cp.InFlight == nil {
					opts := cmp.Options{cmpopts.IgnoreFields(resource.Step{}, "AtMs", "TookMs"), cmpopts.EquateEmpty()}
					if diff := cmp.Diff(want.Steps, got.Steps, opts); diff != "" {
						t.Errorf("a run that went on differs from one that was not interrupted (-want +got):\n%s", diff)
					}
				}
			})
		}
	}
}

// stepsBefore lists the calls that a checkpoint knows the result of.
func stepsBefore(cp Checkpoint) string {
	s := ""
	for _, x := range cp.Run.Steps {
		if x.Tool != nil && x.Tool.Result != "" && !x.Tool.IsError {
			s += x.Tool.Tool + ";"
		}
	}
	return s
}

func refundScript() []any {
	return []any{calls(tc("find", `{"id":"A7"}`), tc("refund", `{"id":"A7"}`), tc("note", `{}`)), text("refunded")}
}

func TestWaitAndResumeIsTheSameRun(t *testing.T) {
	at := newRig(refundScript()...)
	at.spec.Approve = func(tool string, _ map[string]any) bool { return tool == "refund" }
	want := at.run(t)
	if want.Outcome != resource.OutcomeSuccess || len(at.tools.calls) != 3 || want.Stats.Escalations != 1 {
		t.Fatalf("Run approved at once = %s with %d calls: %s", want.Outcome, len(at.tools.calls), want.Message)
	}

	r := newRig(refundScript()...)
	spec := r.prepare(t)
	got, err := r.runner().Run(context.Background(), spec)
	if err != nil || got.Outcome != resource.OutcomeWaiting || len(r.tools.calls) != 1 {
		t.Fatalf("Run = %s, %v with %d calls, want waiting after one", got.Outcome, err, len(r.tools.calls))
	}
	cp := r.last()
	if cp.Run.Outcome != resource.OutcomeWaiting || len(cp.Pending) != 2 || cp.Pending[0].Name != "refund" {
		t.Fatalf("checkpoint = %s, pending %v, want refund first", cp.Run.Outcome, cp.Pending)
	}
	d := r.journal.ds[len(r.journal.ds)-1]
	if d.State != resource.DecisionPending || d.ArgsDigest != guard.ArgsDigest("refund", map[string]any{"id": "A7"}) {
		t.Fatalf("decision = %+v, want pending for exactly these arguments", d)
	}
	got, err = r.runner().Resume(context.Background(), spec, cp, Grant{Approval: "scenario", ArgsDigest: d.ArgsDigest})
	if err != nil {
		t.Fatal(err)
	}
	opts := []cmp.Option{cmpopts.IgnoreFields(resource.Step{}, "AtMs", "TookMs"), cmpopts.IgnoreFields(resource.Run{}, "EndedAt", "LatencyMs")}
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Errorf("a run that waited differs from one approved at once (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(at.last().Messages, r.last().Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestResumeAnswers(t *testing.T) {
	tests := []struct {
		name    string
		grant   Grant
		outcome resource.Outcome
		refunds int
		told    string
	}{
		{"approved", Grant{Approval: "ap_1"}, resource.OutcomeSuccess, 1, ""},
		{"denied", Grant{Approval: "ap_1", Denied: true, Reason: "the parcel arrived"}, resource.OutcomeSuccess, 0, "the parcel arrived"},
		{"approval of something else", Grant{Approval: "ap_1", ArgsDigest: "sha256:00"}, resource.OutcomeWaiting, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(calls(tc("refund", `{"id":"A7"}`)), text("done"))
			spec := r.prepare(t)
			if _, err := r.runner().Run(context.Background(), spec); err != nil {
				t.Fatal(err)
			}
			if tt.grant.ArgsDigest == "" {
				tt.grant.ArgsDigest = r.journal.ds[0].ArgsDigest
			}
			got, err := r.runner().Resume(context.Background(), spec, r.last(), tt.grant)
			if err != nil || got.Outcome != tt.outcome || len(r.tools.calls) != tt.refunds {
				t.Fatalf("Resume = %s, %v with %d refunds, want %s with %d", got.Outcome, err, len(r.tools.calls), tt.outcome, tt.refunds)
			}
			if tt.told != "" && !strings.Contains(toolMessage(r.model.requests[1]), tt.told) {
				t.Errorf("the model is told %q, want %q in it", toolMessage(r.model.requests[1]), tt.told)
			}
			if len(got.Steps) > 1 && tt.outcome == resource.OutcomeSuccess && got.Steps[1].Tool.Decision.Approval != "ap_1" {
				t.Errorf("decision = %+v, want the approval's id", got.Steps[1].Tool.Decision)
			}
			if got.Outcome == resource.OutcomeWaiting {
				return
			}
			if _, err := r.runner().Resume(context.Background(), spec, r.last(), tt.grant); !fault.Is(err, fault.Conflict) {
				t.Errorf("Resume of an ended run = %v, want CONFLICT", err)
			}
		})
	}
}

func TestScenarioDenies(t *testing.T) {
	r := newRig(calls(tc("refund", `{}`)), text("ok"))
	r.spec.Approve = func(string, map[string]any) bool { return false }
	got := r.run(t)
	if got.Outcome != resource.OutcomeSuccess || len(r.tools.calls) != 0 || got.Stats.Denials != 1 {
		t.Errorf("Run = %s with %d calls and %d denials, want success with none and one", got.Outcome, len(r.tools.calls), got.Stats.Denials)
	}
}

func TestBrokenCheckpoints(t *testing.T) {
	r := newRig()
	for _, c := range []Checkpoint{{Run: resource.Run{Outcome: resource.OutcomeWaiting}}, {Run: resource.Run{Outcome: resource.OutcomeRunning}}} {
		if _, err := r.runner().Resume(context.Background(), r.prepare(t), c, Grant{}); !fault.Is(err, fault.Corrupt) {
			t.Errorf("Resume(%+v) = %v, want STORAGE_CORRUPT", c, err)
		}
	}
}

// Whatever a model asks for and wherever the journal fails: no call is made
// without an approved decision in the journal, and no call of a tool that needs
// a human without that human.
func TestNoCallWithoutDurableApproval(t *testing.T) {
	names := []string{"find", "note", "refund", "mail", "format_disk", ""}
	args := []string{`{}`, `{"id":"A7"}`, `{`, ``, `[1]`, `{"n":9007199254740993}`}
	base := newRig()
	spec := base.prepare(t)
	rapid.Check(t, func(rt *rapid.T) {
		var answers []any
		for range rapid.IntRange(1, 6).Draw(rt, "rounds") {
			var cs []ToolCall
			for range rapid.IntRange(0, 4).Draw(rt, "calls") {
				cs = append(cs, tc(rapid.SampledFrom(names).Draw(rt, "tool"), rapid.SampledFrom(args).Draw(rt, "args")))
			}
			answers = append(answers, calls(cs...))
		}
		r := newRig(answers...)
		r.journal.failAt = rapid.IntRange(0, 12).Draw(rt, "failAt")
		yes := rapid.Bool().Draw(rt, "approve")
		s := spec
		if rapid.Bool().Draw(rt, "human") {
			s.Approve = func(string, map[string]any) bool { return yes }
		}
		got, err := r.runner().Run(context.Background(), s)
		if len(r.tools.calls) > r.journal.approved() {
			rt.Fatalf("%d calls with %d approved decisions in the journal", len(r.tools.calls), r.journal.approved())
		}
		for _, c := range r.tools.calls {
			if c.Tool.Name == "refund" && (s.Approve == nil || !yes) {
				rt.Fatalf("refund was called and nobody approved it")
			}
		}
		if err == nil && got.Outcome == resource.OutcomeRunning {
			rt.Fatal("the run came back without an outcome")
		}
		if got.Stats.ToolCalls != len(r.tools.calls) {
			rt.Fatalf("Stats.ToolCalls = %d, %d were made", got.Stats.ToolCalls, len(r.tools.calls))
		}
	})
}
