package control_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestGatesBeforeTraffic: what the gates read is read again when traffic is near.
// Each case changes something while an approved release is held.
func TestGatesBeforeTraffic(t *testing.T) {
	t.Parallel()
	a := ask(t, blueprint.TierHigh)
	other := a.push(variant(t, lean(t, blueprint.TierHigh), "Be brief."))
	evidence := func(set, kind string) {
		if n := a.sql(`UPDATE evidence SET `+set+` WHERE release = $1 AND kind = $2`, a.rel.ID, kind); n != 1 {
			t.Fatalf("%s changed %d rows of evidence, want 1", set, n)
		}
	}
	field := func(path, value string) string {
		return fmt.Sprintf("doc = json_set(doc, '$.%s', %s)", path, value)
	}
	// resigned puts another bundle in place of one, with its digest.
	resigned := func(kind string, by func(resource.Evidence) []byte) {
		var e resource.Evidence
		a.must(a.db.View(t.Context(), func(r control.Reader) error {
			list, err := r.Evidence(control.EvidenceFilter{Subject: a.version.Digest, Kind: kind, Release: a.rel.ID}, control.Page{Limit: 1})
			if err == nil {
				e = list[0]
			}
			return err
		}))
		e.Bundle = by(e)
		sum := sha256.Sum256(e.Bundle)
		a.sql(`UPDATE evidence SET bundle = $1, doc = json_set(doc, '$.digest', $2) WHERE id = $3`, e.Bundle, "sha256:"+hex.EncodeToString(sum[:]), e.ID)
	}
	another := func(e resource.Evidence) []byte {
		st, err := attest.Verify(e.Bundle, a.key.PublicPEM())
		a.must(err)
		key, err := attest.NewKey()
		a.must(err)
		bundle, err := key.Attest(attest.Claim{Kind: e.Kind, SubjectName: a.version.Name, SubjectDigest: e.Subject, Predicate: json.RawMessage(st.Predicate)})
		a.must(err)
		return bundle
	}
	nobody := func(e resource.Evidence) []byte {
		var b map[string]any
		a.must(json.Unmarshal(e.Bundle, &b))
		b["dsseEnvelope"].(map[string]any)["signatures"] = []any{}
		bundle, err := json.Marshal(b)
		a.must(err)
		return bundle
	}
	tests := []struct {
		name   string
		change func()
		gate   string
		code   resource.FailureCode
	}{
		{"missing evidence", func() { a.sql(`DELETE FROM evidence WHERE release = $1 AND kind = 'simulation'`, a.rel.ID) },
			resource.EvidenceSimulation, resource.MissingData},
		{"missing approval", func() { a.sql(`DELETE FROM evidence WHERE release = $1 AND kind = 'approval'`, a.rel.ID) },
			resource.EvidenceApproval, resource.MissingData},
		{"a changed byte in a bundle", func() {
			evidence("bundle = CAST(replace(CAST(bundle AS TEXT), 'payload', 'payloae') AS BLOB)", "validation")
		},
			resource.EvidenceValidation, resource.PolicyViolation},
		{"a bundle of another version", func() {
			a.sql(`UPDATE evidence SET bundle = (SELECT bundle FROM evidence WHERE subject = $1 AND kind = 'validation' LIMIT 1),
				doc = json_set(doc, '$.digest', (SELECT json_extract(doc, '$.digest') FROM evidence WHERE subject = $1 AND kind = 'validation' LIMIT 1))
				WHERE release = $2 AND kind = 'validation'`, other.Digest, a.rel.ID)
		}, resource.EvidenceValidation, resource.PolicyViolation},
		{"a statement signed with another key", func() { resigned("validation", another) }, resource.EvidenceValidation, resource.PolicyViolation},
		{"a statement that nobody signed", func() { resigned("simulation", nobody) }, resource.EvidenceSimulation, resource.PolicyViolation},
		{"an approval signed with another key", func() { resigned("approval", another) }, resource.EvidenceApproval, resource.PolicyViolation},
		{"rules that people did not say yes to", func() {
			a.changed(a.rel.ID, func(r *resource.Release) { r.Stage.Stage.Soak = blueprint.Duration(time.Millisecond) })
		}, resource.EvidenceApproval, resource.ConflictData},
		{"an approval of another release", func() {
			a.sql(`UPDATE evidence SET release = $1, doc = json_set(doc, '$.release', $1) WHERE kind = 'approval' AND release != $1`, a.rel.ID)
			a.sql(`DELETE FROM evidence WHERE kind = 'approval' AND seq = (SELECT max(seq) FROM evidence WHERE kind = 'approval')`)
		}, resource.EvidenceApproval, resource.PolicyViolation},
		{"a verdict that is not the signed one", func() { evidence(field("verdict", "'warn'"), "evaluation") },
			resource.EvidenceEvaluation, resource.PolicyViolation},
		{"a time that is not the signed one", func() { evidence(field("createdAt", "json_extract(doc, '$.createdAt') + 1"), "evaluation") },
			resource.EvidenceEvaluation, resource.PolicyViolation},
		{"a report that is not the signed one", func() { evidence("report = CAST('{}' AS BLOB)", "evaluation") },
			resource.EvidenceEvaluation, resource.PolicyViolation},
		{"quarantine", func() {
			a.must(a.db.Update(t.Context(), func(tx control.Tx) error {
				return tx.SetQuarantine(desk, a.version.Digest, &resource.Quarantine{Incident: "inc_1", Reason: "test"})
			}))
		}, "quarantine", resource.PolicyViolation},
		{"evidence of the day before", func() { a.advance(25 * time.Hour) }, resource.EvidenceValidation, resource.MissingData},
		{"tools that changed", func() {
			a.must(os.WriteFile(filepath.Join(a.dir, "shop", changedShop), nil, 0o600))
			a.restart()
		}, "tools", resource.ToolError},
	}
	for _, tt := range tests {
		a.move(a.rel, "pause")
		a.approve(approver, a.rel.Approval)
		tt.change()
		_, err := a.MoveRelease(t.Context(), operator, a.rel.ID, "resume", "test")
		if tt.gate == "quarantine" {
			a.wants(err, fault.Blocked, "resume of a quarantined version")
			a.sql(`UPDATE releases SET doc = json_set(doc, '$.state', 'deploying', '$.pausedFrom', ''), state = 'deploying' WHERE id = $1`, a.rel.ID)
			a.runJob("release.deploy", a.rel.ID)
		} else {
			a.must(err)
		}
		rel := a.expect(a.until(a.rel.ID, resource.ReleaseRejected), resource.ReleaseRejected)
		if g := gate(rel, tt.gate); g.Verdict != resource.Block || g.Code != tt.code || g.Message == "" || g.Remediation == "" {
			t.Errorf("%s: gate %s = %+v, want it to block with %s and say what to do", tt.name, tt.gate, g, tt.code)
		}
		if d := a.serving("staging"); d.Stable != "" || d.Candidate != "" {
			t.Errorf("%s: Deployment() = %+v, want nothing", tt.name, d)
		}
		if tt.gate == "quarantine" {
			a.sql(`UPDATE versions SET doc = json_remove(doc, '$.quarantine')`)
		}
		if tt.gate != "tools" {
			a.again()
		}
	}
}

// runJob does a job of a release by hand.
func (w *world) runJob(kind, release string) {
	w.Helper()
	rel, err := w.Release(w.Context(), viewer, release)
	w.must(err)
	commit, err := w.HandleJob()(w.Context(), control.Job{Kind: kind, Key: "test",
		Payload: fmt.Appendf(nil, `{"release":%q,"attempt":%d}`, release, rel.Attempt)})
	w.must(err)
	if commit == nil {
		w.Fatalf("job %s of a release in %s has nothing to do", kind, rel.State)
	}
	w.must(w.db.Update(w.Context(), commit))
}

// TestTamperedManifest: a changed version is not deployed, and one that serves
// is not served.
func TestTamperedManifest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	change := func(from, to string) {
		w.restart() // nothing of it is in memory
		if n := w.sql(`UPDATE versions SET manifest = replace(manifest, $1, $2)`, from, to); n != 1 {
			t.Fatalf("%d versions changed, want 1", n)
		}
	}
	change("never more", "and more")
	rel := w.expect(w.release(v, "staging"), resource.ReleaseRejected)
	if g := gate(rel, "signature"); g.Verdict != resource.Block || !strings.Contains(g.Message, "digest") {
		t.Errorf("signature gate = %+v, want it to block because of the digest", g)
	}
	change("and more", "never more")
	w.promote(v, "staging")
	change("never more", "and more")
	w.unchanged("a run of a changed version", func() {
		_, err := w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "staging", Input: refundOf(plainOrder(0))})
		w.wants(err, fault.Verification, "Invoke() of a changed version")
	})
	change("and more", "never more")
	if run := w.invoke("staging", "", plainOrder(0)); run.Outcome != resource.OutcomeSuccess {
		t.Errorf("Invoke() of the version as it was signed = %s: %s", run.Outcome, run.Message)
	}
}

// TestPromotionEvidence: an environment serves only what was promoted in it, and
// production takes only what was promoted in staging.
func TestPromotionEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	w.serve(v)
	w.restart()
	w.sql(`UPDATE evidence SET bundle = CAST(replace(CAST(bundle AS TEXT), 'payload', 'payloae') AS BLOB) WHERE kind = 'promotion' AND environment = 'production'`)
	_, err := w.Invoke(t.Context(), app, desk, control.InvokeRequest{Input: refundOf(plainOrder(0))})
	w.wants(err, fault.Verification, "Invoke() without valid promotion evidence")
	if run := w.invoke("staging", "", plainOrder(0)); run.Outcome != resource.OutcomeSuccess {
		t.Errorf("Invoke() in staging = %s: %s", run.Outcome, run.Message)
	}
	// The same digest, moved from staging to production on paper only.
	v2 := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	w.promote(v2, "staging")
	w.sql(`UPDATE evidence SET environment = 'production', doc = json_set(doc, '$.environment', 'production') WHERE kind = 'promotion' AND subject = $1`, v2.Digest)
	_, err = w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v2.Name, Environment: control.Production})
	w.wants(err, fault.Blocked, "StartRelease() in production without the promotion in staging")
}

// TestStartRelease: who is first gets the environment.
func TestStartRelease(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	v1, v2 := w.push(lean(t, blueprint.TierMedium)), w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	var mu sync.Mutex
	var wg sync.WaitGroup
	won := []resource.Release{}
	for i := range 20 {
		wg.Go(func() {
			rel, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: []string{v1.Name, v2.Name}[i%2], Environment: "staging"})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, rel)
			} else {
				w.wants(err, fault.Conflict, "StartRelease() beside another")
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d of 20 releases began, want 1", len(won))
	}
	for name, tt := range map[string]struct {
		r    control.ReleaseRequest
		want fault.Code
	}{
		"another one moves":            {control.ReleaseRequest{Version: v2.Name, Environment: "staging"}, fault.Conflict},
		"an unknown environment":       {control.ReleaseRequest{Version: v2.Name, Environment: "moon"}, fault.Invalid},
		"an unknown version":           {control.ReleaseRequest{Version: "desk@v9", Environment: "staging"}, fault.NotFound},
		"a reference that is none":     {control.ReleaseRequest{Version: "desk@9", Environment: "staging"}, fault.Invalid},
		"production before staging":    {control.ReleaseRequest{Version: v2.Name, Environment: control.Production}, fault.Blocked},
		"an agent that does not exist": {control.ReleaseRequest{Version: "nobody", Environment: "staging"}, fault.NotFound},
	} {
		w.unchanged(name, func() {
			_, err := w.StartRelease(t.Context(), author, tt.r)
			w.wants(err, tt.want, "StartRelease() with "+name)
		})
	}
}

// TestServesAlready: what serves is not released again.
func TestServesAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.push(lean(t, blueprint.TierMedium))
	rel := w.promote(v, "staging")
	_, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v.Name, Environment: "staging"})
	w.wants(err, fault.Conflict, "StartRelease() of what serves")
	if len(rel.Plan.Steps) != 0 {
		t.Errorf("Plan.Steps = %v in an environment without canary, want none", rel.Plan.Steps)
	}
}

// TestBaselineMoved: a release that was compared with a version that has been
// rolled back since does not go out on that comparison.
func TestBaselineMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v1 := w.push(lean(t, blueprint.TierMedium))
	v2 := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	v3 := w.push(variant(t, lean(t, blueprint.TierMedium), "Be kind."))
	w.promote(v1, "staging")
	good := w.promote(v2, "staging")
	var rel resource.Release
	w.holdModel(func() {
		rel = w.begin(v3, "staging")
		w.move(rel, "pause")
		w.move(good, "rollback")
		_, err := w.Rollback(w.Context(), operator, desk, "staging", "again, while it is being verified")
		w.wants(err, fault.Conflict, "Rollback() while a rollback goes on")
	})
	w.until(good.ID, resource.ReleaseRolledBack)
	w.move(rel, "resume")
	rel = w.expect(w.until(rel.ID, resource.ReleaseRejected), resource.ReleaseRejected)
	if g := gate(rel, "baseline"); g.Verdict != resource.Block {
		t.Errorf("baseline gate = %+v, want it to block", g)
	}
	if d := w.serving("staging"); d.Stable != v1.Digest || d.Stopped || d.Paused {
		t.Errorf("Deployment() = %+v, want v1", d)
	}
}
