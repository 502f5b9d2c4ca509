package control_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// earlier makes the stopped folder's rows what an earlier build had written, and
// upgrades them.
func (w *world) earlier(statements ...string) {
	w.Helper()
	upgrade, err := os.ReadFile("../store/sqlite/migrations/00013_earlier_builds.sql")
	w.must(err)
	for _, s := range append(statements, string(upgrade)) {
		w.sql(s)
	}
}

// resign signs the evidence of a kind without parts that earlier builds did not sign.
func (w *world) resign(kind, release string, without func(predicate map[string]any)) {
	w.Helper()
	var e resource.Evidence
	w.must(w.db.View(w.Context(), func(r control.Reader) error {
		list, err := r.Evidence(control.EvidenceFilter{Kind: kind, Release: release}, control.Page{Limit: 1})
		if err == nil {
			e = list[0]
		}
		return err
	}))
	st, err := attest.Verify(e.Bundle, w.key.PublicPEM())
	w.must(err)
	var predicate map[string]any
	w.must(json.Unmarshal(st.Predicate, &predicate))
	without(predicate)
	bundle, err := w.key.Attest(attest.Claim{Kind: kind, SubjectName: "as before", SubjectDigest: e.Subject, Predicate: predicate})
	w.must(err)
	sum := sha256.Sum256(bundle)
	w.sql(`UPDATE evidence SET bundle = $1, doc = json_set(doc, '$.digest', $2) WHERE id = $3`, bundle, "sha256:"+hex.EncodeToString(sum[:]), e.ID)
}

// TestFolderOfAnEarlierBuild: what an earlier build asked is asked anew, the
// versions that were pushed to it can be approved, what people said yes to goes out,
// and who was to be told is told.
func TestFolderOfAnEarlierBuild(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	waiver, err := a.RequestWaiver(t.Context(), author, control.WaiverRequest{Version: a.version.Name, Environment: "staging", Gate: "simulation", Reason: "test"})
	a.must(err)
	unkind := func(p map[string]any) {
		delete(p["buildDefinition"].(map[string]any)["internalParameters"].(map[string]any), "pusherKind")
	}
	a.resign(resource.EvidenceVersion, "", unkind)
	queued, err := json.Marshal(control.Notice{Kind: "incident.opened", Subject: "inc_1", Text: "queued before"})
	a.must(err)
	a.must(a.db.Update(t.Context(), func(tx control.Tx) error {
		return tx.Enqueue(control.Job{Kind: "notify", Key: "notify/before", Payload: queued, RunAt: resource.Millis(a.clock.Now().Add(time.Hour).UnixMilli())})
	}))
	a.stop()
	a.earlier(`UPDATE approvals SET doc = json_set(doc, '$.digest', 'sha256:before')`)
	a.start()

	rel, err := a.Release(t.Context(), viewer, a.rel.ID)
	a.must(err)
	if old := a.approval(a.rel.Approval); rel.Approval == a.rel.Approval || old.State != resource.ApprovalWithdrawn {
		t.Fatalf("the release waits for %s, and the earlier request %s is %s; want another one, and that withdrawn", rel.Approval, old.ID, old.State)
	}
	if again := a.approval(rel.Approval); again.Quorum != 1 || again.Subject != rel.ID || again.State != resource.ApprovalPending {
		t.Errorf("asked anew: %+v", again)
	}
	if old := a.approval(waiver.Approval); old.State != resource.ApprovalWithdrawn {
		t.Errorf("the earlier request of the waiver is %s, want it withdrawn", old.State)
	}
	list, err := a.Waivers(t.Context(), viewer, control.WaiverFilter{}, control.Page{})
	a.must(err)
	if len(list) != 1 || list[0].Approval == waiver.Approval || list[0].State != waiver.State {
		t.Errorf("the waiver is %+v, want it to wait for another request", list)
	}
	a.restart()
	if again, err := a.Release(t.Context(), viewer, rel.ID); err != nil || again.Approval != rel.Approval {
		t.Errorf("after another start the release waits for %s, %v; want %s still", again.Approval, err, rel.Approval)
	}
	a.approve(approver, list[0].Approval)
	a.approve(approver, rel.Approval)
	a.expect(a.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
	a.advance(time.Hour + time.Second)
	a.eventually("what was queued", func() bool { return a.notices.count("incident.opened") == 1 && a.other.count("incident.opened") == 1 })
}

// TestApprovalOfAnEarlierBuild: a signed yes without its terms is judged as the
// build did that signed it, and asked for again when the checks are made again.
func TestApprovalOfAnEarlierBuild(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline("  environments: [{name: staging, approvals: [{count: 1}], rollout: {strategy: blue-green}}]\n")
	previewed := func(v resource.Version) resource.Release {
		t.Helper()
		rel := w.expect(w.until(w.begin(v, "staging").ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
		w.approve(approver, rel.Approval)
		rel = w.expect(w.until(rel.ID, resource.ReleasePreview), resource.ReleasePreview)
		w.resign(resource.EvidenceApproval, rel.ID, func(p map[string]any) { delete(p, "terms"); delete(p, "gates") })
		return rel
	}
	rel := previewed(w.push(lean(t, blueprint.TierMedium)))
	w.move(rel, "promote")
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)

	rel = previewed(w.push(variant(t, lean(t, blueprint.TierMedium), strings.Repeat("Be brief. ", 2))))
	w.advance(26 * time.Hour)
	w.move(rel, "promote")
	if again := w.expect(w.until(rel.ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting); again.Approval == rel.Approval {
		t.Error("after a day the yes of before still holds, want it asked for again")
	}
}
