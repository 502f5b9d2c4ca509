package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// tested is one environment that wants a penetration test, at most a day old.
const tested = "  environments: [{name: staging, approvals: [{count: 0}], evidenceMaxAge: 48h, before: [{name: pen-test, external: true, maxAge: 24h}]}]\n"

// submit adds somebody else's verdict on a version.
func (w *world) submit(v resource.Version, verdict resource.Verdict, env string) resource.Evidence {
	w.Helper()
	e, err := w.AddEvidence(w.Context(), operator, v.Name, control.ExternalEvidenceRequest{Kind: "pen-test", Verdict: verdict, Environment: env,
		Report: map[string]any{"found": "nothing"}})
	w.must(err)
	return e
}

// TestExternalGate: missing, failing, stale, foreign and changed evidence block.
func TestExternalGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(tested)
	v := w.push(lean(t, blueprint.TierMedium))
	other := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	run := func() resource.Gate {
		w.Helper()
		rel := w.until(w.begin(v, "staging").ID, resource.ReleaseRejected)
		if rel.State == resource.ReleasePromoted {
			w.move(rel, "rollback")
		}
		return gate(rel, "pen-test")
	}
	for _, tt := range []struct {
		name   string
		before func()
		code   resource.FailureCode
		says   string
	}{
		{"missing", func() { w.submit(other, resource.Pass, "") }, resource.MissingData, "nobody has submitted"},
		{"failing", func() { w.submit(v, resource.Block, "") }, resource.PolicyViolation, "does not pass"},
		{"for another environment", func() {
			w.sql(`DELETE FROM evidence WHERE kind = 'external/pen-test'`)
			w.submit(v, resource.Pass, "production")
		},
			resource.MissingData, "nobody has submitted"},
		{"stale", func() { w.submit(v, resource.Pass, "staging"); w.advance(25 * time.Hour) }, resource.MissingData, "25h0m0s old; it may be 24h0m0s old at most"},
		{"a verdict that is not the signed one", func() {
			e := w.submit(v, resource.Block, "")
			w.sql(`UPDATE evidence SET doc = json_set(doc, '$.verdict', 'pass') WHERE id = $1`, e.ID)
		}, resource.PolicyViolation, "not the signed one"},
		{"a place that is not the signed one", func() {
			e := w.submit(v, resource.Pass, "production")
			w.sql(`UPDATE evidence SET environment = 'staging', doc = json_set(doc, '$.environment', 'staging') WHERE id = $1`, e.ID)
		}, resource.PolicyViolation, "not the signed one"},
	} {
		tt.before()
		if g := run(); g.Verdict != resource.Block || g.Code != tt.code || !strings.Contains(g.Message, tt.says) || g.Remediation == "" {
			t.Errorf("%s: gate = %+v, want it to block with %s and %q", tt.name, g, tt.code, tt.says)
		}
	}
	w.submit(v, resource.Pass, "")
	w.expect(w.release(v, "staging"), resource.ReleasePromoted)

	for name, r := range map[string]control.ExternalEvidenceRequest{
		"a built-in name": {Kind: "evaluation", Verdict: resource.Pass, Report: "x"},
		"no verdict":      {Kind: "pen-test", Verdict: "warn", Report: "x"},
		"no report":       {Kind: "pen-test", Verdict: resource.Pass},
	} {
		_, err := w.AddEvidence(t.Context(), author, v.Name, r)
		w.wants(err, fault.Invalid, "AddEvidence() with "+name)
	}
	bot := control.Principal{Actor: resource.Actor{Name: "scanner", Kind: "service"}, Roles: []resource.Role{resource.RoleViewer}}
	found := control.ExternalEvidenceRequest{Kind: "pen-test", Verdict: resource.Pass, Report: "x"}
	_, err := w.AddEvidence(t.Context(), bot, v.Name, found)
	w.wants(err, fault.Forbidden, "AddEvidence() of a service that may only read")
	bot.Roles = []resource.Role{resource.RoleDeveloper}
	if _, err := w.AddEvidence(t.Context(), bot, v.Name, found); err != nil {
		t.Errorf("AddEvidence() of a service = %v, want it taken", err)
	}
	w.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
		INSERT INTO evidence (id, subject, kind, release, environment, doc, bundle, report)
		SELECT 'copy' || i, subject, kind, release, environment, doc, bundle, report
		FROM n, (SELECT * FROM evidence WHERE kind = 'external/pen-test' AND subject = $1 LIMIT 1)`, v.Digest)
	_, err = w.AddEvidence(t.Context(), bot, v.Name, found)
	w.wants(err, fault.Conflict, "AddEvidence() of a pass beyond what is kept")
	found.Verdict = resource.Block
	if _, err := w.AddEvidence(t.Context(), bot, v.Name, found); err != nil {
		t.Errorf("AddEvidence() of a block beyond what is kept = %v, want it taken: the newest counts", err)
	}
	found.Kind, found.Verdict = "scan", resource.Pass
	if _, err := w.AddEvidence(t.Context(), bot, v.Name, found); err != nil {
		t.Errorf("AddEvidence() of another kind = %v, want it taken", err)
	}
}

// TestEvidenceOfOnesOwnWork: a person does not submit that what they wrote or
// pushed passes; the token of a build that pushes does.
func TestEvidenceOfOnesOwnWork(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	bot := control.Principal{Actor: resource.Actor{Name: "ci", Kind: "service"}, Roles: []resource.Role{resource.RoleDeveloper}}
	pushed := func(by control.Principal, wording, wrote string) resource.Version {
		t.Helper()
		a := lean(t, blueprint.TierMedium)
		a.Spec.Instructions += wording
		r, err := w.Push(t.Context(), by, control.PushRequest{Blueprint: a, Build: resource.Build{Author: wrote}})
		w.must(err)
		return r.Version
	}
	own, built := pushed(author, "", ""), pushed(bot, " Be brief.", "ada@example.com")
	for _, tt := range []struct {
		name    string
		by      control.Principal
		of      resource.Version
		verdict resource.Verdict
		refused bool
	}{
		{"of who pushed it", author, own, resource.Pass, true},
		{"of who pushed it, in capitals", person("ADA", resource.RoleDeveloper), own, resource.Pass, true},
		{"of who wrote it", author, built, resource.Pass, true},
		{"a block of who wrote it", author, built, resource.Block, false},
		{"of the build that pushed it", bot, built, resource.Pass, false},
		{"of somebody else", operator, own, resource.Pass, false},
	} {
		_, err := w.AddEvidence(t.Context(), tt.by, tt.of.Name, control.ExternalEvidenceRequest{Kind: "scan", Verdict: tt.verdict, Report: "x"})
		if tt.refused {
			w.wants(err, fault.Forbidden, "AddEvidence() "+tt.name)
		} else if err != nil {
			t.Errorf("AddEvidence() %s = %v, want it taken", tt.name, err)
		}
	}
}

// waiver asks for one.
func (w *world) waiver(v resource.Version, gate string) (resource.Waiver, error) {
	return w.RequestWaiver(w.Context(), author, control.WaiverRequest{Version: v.Name, Environment: "staging", Gate: gate, Reason: "known", TTLSeconds: 3600})
}

// TestWaiver: a gate passes by a waiver that somebody else approved, while it
// holds, and says so.
func TestWaiver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(tested)
	v := w.push(lean(t, blueprint.TierMedium))
	blocked := func(when string) {
		w.Helper()
		rel := w.until(w.begin(v, "staging").ID, resource.ReleaseRejected)
		if g := gate(rel, "pen-test"); rel.State != resource.ReleaseRejected || g.Verdict != resource.Block {
			t.Errorf("%s: release is %s, gate %+v, want it blocked", when, rel.State, g)
		}
	}
	asked, err := w.waiver(v, "pen-test")
	w.must(err)
	blocked("before anybody answered")
	_, err = w.answer(author, asked.Approval, true)
	w.wants(err, fault.Forbidden, "approval by who asked for it")
	w.approve(approver, asked.Approval)
	w.once("waiver", asked.ID, "waiver.requested")
	w.once("waiver", asked.ID, "waiver.approved")

	rel := w.expect(w.release(v, "staging"), resource.ReleasePromoted)
	if g := gate(rel, "pen-test"); g.Verdict != resource.Warn || !strings.Contains(g.Message, "waived until") || !strings.Contains(g.Message, "eve (known)") || g.Evidence == "" {
		t.Errorf("gate = %+v, want a warning that it is waived, by whom and why", g)
	}
	w.move(rel, "rollback")
	w.until(rel.ID, resource.ReleaseRolledBack)
	w.sql(`UPDATE versions SET doc = json_remove(doc, '$.quarantine')`)

	forged := asked
	forged.ID, forged.Gate, forged.State, forged.ExpiresAt = "wvr_forged", "pen-test", "approved", asked.ExpiresAt+1
	_, err = w.RevokeWaiver(t.Context(), colleague, asked.ID, "test")
	w.wants(err, fault.Forbidden, "RevokeWaiver() by somebody else")
	if got, err := w.RevokeWaiver(t.Context(), author, asked.ID, "mended"); err != nil || got.State != "revoked" {
		t.Errorf("RevokeWaiver() = %+v, %v", got, err)
	}
	_, err = w.RevokeWaiver(t.Context(), operator, asked.ID, "again")
	w.wants(err, fault.Conflict, "RevokeWaiver() a second time")
	w.must(w.db.Update(t.Context(), func(tx control.Tx) error { return tx.InsertWaiver(forged) }))
	blocked("revoked, and a forged one beside it")

	again, err := w.waiver(v, "pen-test")
	w.must(err)
	w.approve(approver, again.Approval)
	w.advance(2 * time.Hour)
	blocked("expired")

	denied, err := w.waiver(v, "pen-test")
	w.must(err)
	_, err = w.answer(approver, denied.Approval, false)
	w.must(err)
	late, err := w.waiver(v, "pen-test")
	w.must(err)
	w.advance(2 * time.Hour)
	w.eventually("the request to expire", func() bool {
		ws, err := w.Waivers(t.Context(), viewer, control.WaiverFilter{State: "denied"}, control.Page{})
		w.must(err)
		return len(ws) == 2 && ws[0].ID == late.ID && ws[1].ID == denied.ID
	})
}

// TestNeverWaived: no waiver is even asked for.
func TestNeverWaived(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	w.pipeline("  environments: [{name: staging, before: [{name: evaluation, waivable: false}]}]\n")
	v := w.push(lean(t, blueprint.TierMedium))
	for gate, want := range map[string]fault.Code{"signature": fault.Blocked, "order": fault.Blocked, "quarantine": fault.Blocked,
		"evaluation": fault.Blocked, "approval": fault.Invalid, "baseline": fault.Invalid, "tools": fault.Invalid, "nothing": fault.Invalid} {
		_, err := w.waiver(v, gate)
		w.wants(err, want, "RequestWaiver("+gate+")")
	}
	if _, err := w.waiver(v, "simulation"); err != nil {
		t.Errorf("RequestWaiver(simulation) = %v, want it asked", err)
	}
	_, err := w.waiver(v, "simulation")
	w.wants(err, fault.Conflict, "RequestWaiver(simulation) while the same one waits")
	bad := w.push(variant(t, lean(t, blueprint.TierMedium), "Be brief."))
	w.sql(`UPDATE versions SET doc = json_set(doc, '$.drill', json('true')) WHERE digest = $1`, bad.Digest)
	_, err = w.waiver(bad, "simulation")
	w.wants(err, fault.Blocked, "RequestWaiver() for a drill's version")
	_, err = w.RequestWaiver(t.Context(), author, control.WaiverRequest{Version: v.Name, Environment: "staging", Gate: "simulation", Reason: "x", TTLSeconds: 1 << 40})
	w.wants(err, fault.Invalid, "RequestWaiver() for ever")
}

// TestTamperedEvidenceIsNotWaived: a waiver is for what is missing or fails, never
// for what was changed.
func TestTamperedEvidenceIsNotWaived(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(tested)
	v := w.push(lean(t, blueprint.TierMedium))
	asked, err := w.waiver(v, "pen-test")
	w.must(err)
	w.approve(approver, asked.Approval)
	e := w.submit(v, resource.Block, "")
	w.sql(`UPDATE evidence SET doc = json_set(doc, '$.verdict', 'pass') WHERE id = $1`, e.ID)
	rel := w.until(w.begin(v, "staging").ID, resource.ReleaseRejected)
	if g := gate(rel, "pen-test"); g.Verdict != resource.Block {
		t.Errorf("gate = %+v, want it to block", g)
	}
}

// TestWaivedSmoke: a version whose failing smoke tests were waived serves.
func TestWaivedSmoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline("  environments: [{name: staging, approvals: [{count: 0}], rollout: {strategy: canary}}]\n")
	w.expect(w.release(w.push(lean(t, blueprint.TierMedium)), "staging"), resource.ReleasePromoted)
	bad := lean(t, blueprint.TierMedium)
	first := &bad.Spec.Evaluation.Suites[0].Scenarios[0]
	first.Expect.Graders = append(first.Expect.Graders, blueprint.Grader{Type: "contains", Text: "a text that no answer has"})
	v := w.push(bad)
	for _, g := range []string{"smoke", "simulation", "evaluation"} {
		asked, err := w.waiver(v, g)
		w.must(err)
		w.approve(approver, asked.Approval)
	}
	rel := w.expect(w.release(v, "staging"), resource.ReleaseCanary)
	if g := gate(rel, "smoke"); g.Verdict != resource.Warn {
		t.Errorf("smoke gate = %+v, want a warning", g)
	}
	served := false
	for i := range 20 {
		run := w.invoke("staging", "", plainOrder(i))
		served = served || run.Version == v.Number
	}
	if !served {
		t.Error("none of 20 sessions got the candidate")
	}
}

// TestWaivedMetric: a metric that people waived rolls nothing back while the
// version soaks.
func TestWaivedMetric(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staged(soaked)
	v := w.push(lean(t, blueprint.TierMedium))
	waiver, err := w.waiver(v, "errors")
	w.must(err)
	w.approve(approver, waiver.Approval)
	rel := w.expect(w.until(w.begin(v, "staging").ID, resource.ReleaseSoaking), resource.ReleaseSoaking)
	for i := range 4 {
		w.invoke("staging", "", closedAccount(i))
	}
	w.must(w.CheckAlerts(t.Context()))
	w.expect(w.until(rel.ID, resource.ReleaseSoaking), resource.ReleaseSoaking)
	_, err = w.RevokeWaiver(t.Context(), author, waiver.ID, "it gets worse")
	w.must(err)
	w.sql(`UPDATE releases SET doc = json_remove(doc, '$.stage.stage.after[0].above') WHERE id = $1`, rel.ID)
	w.must(w.CheckAlerts(t.Context())) // a gate that cannot be read rolls nothing back
	w.expect(w.until(rel.ID, resource.ReleaseSoaking), resource.ReleaseSoaking)
	w.sql(`UPDATE releases SET doc = json_set(doc, '$.stage.stage.after[0].above', 0.5) WHERE id = $1`, rel.ID)
	w.must(w.CheckAlerts(t.Context()))
	w.expect(w.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
}
