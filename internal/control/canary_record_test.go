package control_test

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestLongCanary: the server does not recompute a record that is long, and gives it
// in pages.
func TestLongCanary(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	const n = 5001
	long := resource.CanaryState{Outcomes: 20_001, Verdict: canary.Promote}
	w.must(w.db.Update(t.Context(), func(tx control.Tx) error {
		for _, r := range []resource.Release{{ID: "long", Canary: &long}, {ID: "none"}} {
			r.Agent, r.Environment, r.State, r.Revision = "desk", "staging", resource.ReleasePromoted, 1
			if err := tx.InsertRelease(r); err != nil {
				return err
			}
		}
		for i := range int64(n) {
			if err := tx.InsertCanaryOutcome(resource.CanaryOutcome{Release: "long", Seq: i + 1, Run: fmt.Sprint("r", i)}); err != nil {
				return err
			}
		}
		return tx.InsertCanaryDraw(resource.CanaryDraw{Release: "long", Seq: 1, Run: "r0"})
	}))
	v, err := w.Verdict(t.Context(), viewer, "long")
	if err != nil || !v.RecordLeftOut || v.Agrees || v.Problem != "" || v.Unverified == "" || len(v.Outcomes)+len(v.Draws) != 0 || v.Stored.Verdict != canary.Promote {
		t.Errorf("Verdict() = %+v, %v; want it left out, and no problem", v, err)
	}
	for _, tt := range []struct{ after, next, outcomes, draws int64 }{{0, 5000, 5000, 1}, {5000, 0, 1, 0}, {n, 0, 0, 0}} {
		page, err := w.CanaryRecord(t.Context(), viewer, "long", tt.after)
		if err != nil || page.Next != tt.next || int64(len(page.Outcomes)) != tt.outcomes || int64(len(page.Draws)) != tt.draws || tt.outcomes > 0 && page.Outcomes[0].Seq != tt.after+1 {
			t.Errorf("CanaryRecord(after %d) = %d outcomes, %d draws, next %d, %v; want %+v", tt.after, len(page.Outcomes), len(page.Draws), page.Next, err, tt)
		}
	}
	_, err = w.CanaryRecord(t.Context(), viewer, "none", 0)
	w.wants(err, fault.NotFound, "CanaryRecord() of a release without a canary")
}
