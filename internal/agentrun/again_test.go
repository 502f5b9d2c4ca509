package agentrun

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// moving is a journal for which what a decision was made of moves a few times
// before it is recorded.
type moving struct {
	*book
	times int
	again Again
}

func (m *moving) Record(ctx context.Context, c Checkpoint) error {
	if c.Decision != nil && m.times > 0 {
		m.times--
		return &m.again
	}
	return m.book.Record(ctx, c)
}

// TestDecidedAgain: a run whose decisions have to be made anew is the run that it
// would have been, and each of its calls is made once.
func TestDecidedAgain(t *testing.T) {
	answers := func() []any {
		return []any{calls(tc("find", `{"id":"A7"}`), tc("note", `{"id":"A7"}`)), calls(tc("mail", `{}`)), text("done")}
	}
	still := newRig(answers()...)
	want := still.run(t)
	moved := newRig(answers()...)
	counted := 0
	moved.spec.Count = func(resource.RunStats, *guard.Call) { counted++ }
	r := moved.runner()
	r.Now = newRig().now
	r.Journal = &moving{book: moved.journal, times: 5}
	got, err := r.Run(context.Background(), moved.prepare(t))
	if err != nil {
		t.Fatalf("Run = %v", err)
	}
	if got.Outcome != want.Outcome || got.Stats != want.Stats || len(got.Steps) != len(want.Steps) || len(moved.tools.calls) != len(still.tools.calls) {
		t.Errorf("Run = %s, %+v with %d steps and %d calls, want %s, %+v with %d and %d", got.Outcome, got.Stats, len(got.Steps), len(moved.tools.calls),
			want.Outcome, want.Stats, len(want.Steps), len(still.tools.calls))
	}
	if diff := cmp.Diff(still.last().Guard.GuardState, moved.last().Guard.GuardState); diff != "" {
		t.Errorf("guard state (-undisturbed +moved):\n%s", diff)
	}
	if counted < 3+5 {
		t.Errorf("counts were read %d times, want them read for each decision", counted)
	}
}

// TestContended: a call whose counts never stand still is not made.
func TestContended(t *testing.T) {
	rig := newRig(calls(tc("note", `{"id":"A7"}`)), text("done"))
	r := rig.runner()
	r.Journal = &moving{book: rig.journal, times: MaxAgain + 1}
	if _, err := r.Run(context.Background(), rig.prepare(t)); !fault.Is(err, fault.Unavailable) || len(rig.tools.calls) != 0 {
		t.Errorf("Run = %v with %d calls, want %s with none", err, len(rig.tools.calls), fault.Unavailable)
	}
}

// TestNobodyToAsk: when people cannot be asked, the model is told why and the run
// goes on.
func TestNobodyToAsk(t *testing.T) {
	rig := newRig(calls(tc("refund", `{"id":"A7"}`)), text("done"))
	r := rig.runner()
	r.Journal = &moving{book: rig.journal, times: 1, again: Again{NoAsk: "too many wait"}}
	run, err := r.Run(context.Background(), rig.prepare(t))
	if err != nil || run.Outcome != resource.OutcomeSuccess || run.Stats.Escalations != 0 || run.Stats.Denials != 1 || len(rig.tools.calls) != 0 {
		t.Errorf("Run = %s, %+v, %v with %d calls, want success with one denial and no call", run.Outcome, run.Stats, err, len(rig.tools.calls))
	}
}

// offJournal is of a run whose version is taken off traffic after some decisions.
type offJournal struct {
	*book
	left int
}

func (o *offJournal) Record(ctx context.Context, c Checkpoint) error {
	if c.Decision != nil {
		if o.left == 0 {
			return &Off{Why: "v2 was taken off traffic"}
		}
		o.left--
	}
	return o.book.Record(ctx, c)
}

// TestTakenOff: a run whose version may make no call any more ends in place of its
// next call, on record, also when people would have been asked for that one.
func TestTakenOff(t *testing.T) {
	for name, answers := range map[string][]any{
		"a call":                 {calls(tc("find", `{"id":"A7"}`), tc("note", `{"id":"A7"}`)), text("done")},
		"a call that waits":      {calls(tc("find", `{"id":"A7"}`), tc("refund", `{"id":"A7"}`)), text("done")},
		"a call of a later turn": {calls(tc("find", `{"id":"A7"}`)), calls(tc("mail", `{}`)), text("done")},
	} {
		rig := newRig(answers...)
		r := rig.runner()
		r.Journal = &offJournal{book: rig.journal, left: 1}
		run, err := r.Run(context.Background(), rig.prepare(t))
		if err != nil || run.Outcome != resource.OutcomeError || run.Code != resource.OffTraffic || run.Message != "v2 was taken off traffic" {
			t.Errorf("%s: Run = %s, %s (%s), %v, want it ended %s", name, run.Outcome, run.Code, run.Message, err, resource.OffTraffic)
		}
		if last := rig.last().Run; len(rig.tools.calls) != 1 || last.EndedAt == 0 || last.Code != resource.OffTraffic || run.Stats.Escalations != 0 {
			t.Errorf("%s: %d calls were made and %+v is on record, want the first call and the end", name, len(rig.tools.calls), last)
		}
	}
}
