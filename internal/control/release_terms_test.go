package control_test

import (
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// TestApprovalHolds: a yes does not age while the version is previewed; when the
// checks are made again meanwhile and find less, people are asked again.
func TestApprovalHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline("  environments: [{name: staging, approvals: [{count: 1}], rollout: {strategy: blue-green}, before: [{name: pen-test, external: true}]}]\n")
	previewed := func(v resource.Version) resource.Release {
		t.Helper()
		w.submit(v, resource.Pass, "")
		rel := w.expect(w.until(w.begin(v, "staging").ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
		w.approve(approver, rel.Approval)
		rel = w.expect(w.until(rel.ID, resource.ReleasePreview), resource.ReleasePreview)
		w.advance(26 * time.Hour)
		return rel
	}

	v := w.push(lean(t, blueprint.TierMedium))
	rel := previewed(v)
	w.submit(v, resource.Pass, "")
	w.move(rel, "promote")
	done := w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	if done.Approval != rel.Approval || done.ApprovedAt != rel.ApprovedAt || done.CheckedAt == rel.CheckedAt {
		t.Errorf("approval %s at %d, checked at %d; want the one of before the preview (%s at %d), and checks after it", done.Approval, done.ApprovedAt, done.CheckedAt, rel.Approval, rel.ApprovedAt)
	}

	v = w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	rel = previewed(v)
	waiver, err := w.RequestWaiver(t.Context(), author, control.WaiverRequest{Version: v.Name, Environment: "staging", Gate: "pen-test", Reason: "booked"})
	w.must(err)
	w.approve(approver, waiver.Approval)
	w.move(rel, "promote")
	asked := w.expect(w.until(rel.ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	if asked.Approval == rel.Approval || asked.ApprovedAt != 0 {
		t.Errorf("approval %s, at %d; want a new one: pen-test passed, and is waived by now", asked.Approval, asked.ApprovedAt)
	}
	if old, err := w.Approval(t.Context(), viewer, rel.Approval); err != nil || old.State != resource.ApprovalWithdrawn {
		t.Errorf("the first approval is %s, %v, want it withdrawn", old.State, err)
	}
	w.approve(approver2, asked.Approval)
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
}
