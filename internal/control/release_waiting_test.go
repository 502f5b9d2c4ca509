package control_test

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestManyWait: what waits for its turn is bounded.
func TestManyWait(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	w.pipeline("  environments: [{name: staging, approvals: [{count: 0}]}]\n  concurrency: wait\n")
	v := w.push(lean(t, blueprint.TierMedium))
	w.must(w.db.Update(t.Context(), func(tx control.Tx) error {
		for i := range 100 {
			rel := resource.Release{ID: fmt.Sprintf("rel_%d", i), Agent: desk, Version: 9, Digest: fmt.Sprintf("sha256:%d", i), Environment: "staging",
				State: resource.ReleasePending, Revision: 1}
			if err := tx.InsertRelease(rel); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v.Name, Environment: "staging"})
	w.wants(err, fault.Conflict, "StartRelease() behind a hundred others")
}
