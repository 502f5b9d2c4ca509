package control_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestLife takes an agent through everything: into production, a change that its
// canary promotes, a bad one that its canary takes back, the incident and its
// guardrail, rollbacks by hand until nothing is left, and the ledger of it all.
func TestLife(t *testing.T) {
	t.Parallel()
	l := &life{world: newWorld(t), releases: map[string]resource.Release{}}
	l.grow()
	l.regress()
	l.mend()
	l.fallBack()
	l.checkEvidence()
	l.checkTransitions()
	l.checkLedger()
}

type life struct {
	*world
	blueprints [5]*blueprint.Agent // by version number
	versions   [5]resource.Version
	releases   map[string]resource.Release // by name, as they ended
	bad        resource.Release
}

// add registers version n.
func (l *life) add(n int, a *blueprint.Agent) resource.Version {
	l.Helper()
	l.blueprints[n], l.versions[n] = a, l.push(a)
	if v := l.versions[n]; v.Number != n {
		l.Fatalf("Push() = %s, want v%d", v.Name, n)
	}
	return l.versions[n]
}

func (l *life) ended(rel resource.Release, want resource.ReleaseState) resource.Release {
	l.Helper()
	l.expect(rel, want)
	l.releases[fmt.Sprintf("v%d in %s", rel.Version, rel.Environment)] = rel
	return rel
}

// grow brings v1 into production, and v2 by its canary.
func (l *life) grow() {
	a := deskBlueprint(l, blueprint.TierMedium)
	a.Spec.Evaluation.Repeats = 1
	v1 := l.add(1, a)
	if again, err := l.Push(l.Context(), colleague, control.PushRequest{Blueprint: l.blueprints[1]}); err != nil || again.Created || again.Version.Digest != v1.Digest {
		l.Errorf("Push() of the same content = %+v, %v, want the version that was there", again, err)
	}
	_, err := l.StartRelease(l.Context(), author, control.ReleaseRequest{Version: v1.Name, Environment: control.Production})
	l.wants(err, fault.Blocked, "StartRelease() in production before staging")
	l.ended(l.promote(v1, "staging"), resource.ReleasePromoted)
	l.ended(l.promote(v1, control.Production), resource.ReleasePromoted)

	v2 := l.add(2, withVoucher(l, l.blueprints[1]))
	l.ended(l.promote(v2, "staging"), resource.ReleasePromoted)
	rel := l.expect(l.release(v2, control.Production), resource.ReleaseCanary)
	if d := l.serving(control.Production); d.Stable != v1.Digest || d.Candidate != v2.Digest || d.Weight != 30 {
		l.Errorf("Deployment() in canary = %+v, want v2 beside v1 with 30 percent", d)
	}
	rel = l.ended(l.trafficUntil(rel.ID, plainOrder), resource.ReleasePromoted)
	if rel.Step != 1 || rel.Canary.Canary.Failures != 0 {
		l.Errorf("promoted after step %d with %d failures, want step 1 and none", rel.Step, rel.Canary.Canary.Failures)
	}
	l.agrees(rel)
}

// regress lets a bad v3 go as far as it gets.
func (l *life) regress() {
	v2, v3 := l.versions[2], l.add(3, withRegression(l, l.blueprints[2]))
	l.ended(l.promote(v3, "staging"), resource.ReleasePromoted)
	rel := l.expect(l.release(v3, control.Production), resource.ReleaseCanary)
	// Every order was shipped for money and fails on v3: with half of them the lax plan
	// of this agent promotes it now and then.
	l.trafficUntil(rel.ID, func(n int) string { return order(1000+n, true) })
	l.bad = l.ended(l.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	if l.bad.RolledBackTo != v2.Digest || l.bad.GoodAt == 0 || l.bad.DecidedAt == 0 {
		l.Errorf("release = %+v, want it rolled back to v2 with its times", l.bad)
	}
	if d := l.serving(control.Production); d.Stable != v2.Digest || d.Candidate != "" || d.Paused || d.Stopped || d.Release != "" {
		l.Errorf("Deployment() = %+v, want v2 alone", d)
	}
	in := l.incident(l.bad.Incident, "mitigated", "canary")
	if len(in.FailedRuns) == 0 {
		l.Error("the incident names no failed run")
	}
	for _, env := range []string{"staging", control.Production} {
		_, err := l.StartRelease(l.Context(), author, control.ReleaseRequest{Version: v3.Name, Environment: env})
		l.wants(err, fault.Blocked, "StartRelease() of a quarantined version in "+env)
	}
	l.agrees(l.bad)
}

func (l *life) incident(id, state, cause string) resource.Incident {
	l.Helper()
	in, err := l.Incident(l.Context(), viewer, id)
	l.must(err)
	if in.State != state || in.Cause != cause {
		l.Fatalf("Incident() = %s by %s, want %s by %s", in.State, in.Cause, state, cause)
	}
	return in
}

// agrees recomputes a canary.
func (l *life) agrees(rel resource.Release) {
	l.Helper()
	v, err := l.Verdict(l.Context(), viewer, rel.ID)
	l.must(err)
	if !v.Agrees {
		l.Errorf("Verdict() of v%d does not agree:\n%s", rel.Version, cmp.Diff(v.Stored, v.Recomputed))
	}
}

// mend closes the incident with a guardrail, which later releases replay.
func (l *life) mend() {
	in := l.incident(l.bad.Incident, "mitigated", "canary")
	lesson, err := l.ScenarioFromRun(l.Context(), author, in.FailedRuns[0])
	l.must(err)
	v4 := l.add(4, mended(l, l.blueprints[2], lesson))

	_, err = l.RecordRCA(l.Context(), operator, in.ID, resource.RCA{Cause: "c", Detection: " ", Prevention: "p"})
	l.wants(err, fault.Invalid, "RecordRCA() without detection")
	for what, r := range map[string]control.GuardrailRequest{
		"a scenario that the bad version passes": {Version: v4.Name, Name: "a delivered order is refunded"},
		"a version that fails it too":            {Version: v4.Name, Name: "no such scenario"},
		"the bad version itself":                 {Version: l.versions[3].Name, Name: "a delivered order is refunded"},
	} {
		if _, err := l.ProveGuardrail(l.Context(), operator, in.ID, r); err == nil {
			l.Errorf("ProveGuardrail() with %s = nil, want an error", what)
		}
	}
	_, err = l.ProveGuardrail(l.Context(), operator, in.ID, control.GuardrailRequest{Version: v4.Name, Name: lesson.Name})
	l.must(err)
	l.incident(in.ID, "mitigated", "canary") // the cause is still missing
	_, err = l.RecordRCA(l.Context(), operator, in.ID, resource.RCA{Cause: "shipping twice", Detection: "canary", Prevention: "a scenario"})
	l.must(err)
	l.incident(in.ID, "resolved", "canary")
	_, err = l.RecordRCA(l.Context(), operator, in.ID, resource.RCA{Cause: "c", Detection: "d", Prevention: "p"})
	l.wants(err, fault.Conflict, "RecordRCA() of a resolved incident")

	// The same mistake again, in a version that does not even have the scenario.
	again := l.push(variant(l, l.blueprints[3], "Be kind."))
	rel := l.expect(l.release(again, "staging"), resource.ReleaseRejected)
	if g := gate(rel, resource.EvidenceSimulation); g.Verdict != resource.Block {
		l.Errorf("simulation gate of a version with the old mistake = %+v, want block", g)
	}
	l.ended(l.promote(v4, "staging"), resource.ReleasePromoted)
	l.ended(l.promote(v4, control.Production), resource.ReleasePromoted)
}

func gate(rel resource.Release, name string) resource.Gate {
	i := slices.IndexFunc(rel.Gates, func(g resource.Gate) bool { return g.Name == name })
	if i < 0 {
		return resource.Gate{}
	}
	return rel.Gates[i]
}

// fallBack rolls production back by hand until nothing is left to serve.
func (l *life) fallBack() {
	rel := l.releases["v4 in production"]
	_, err := l.MoveRelease(l.Context(), operator, l.releases["v2 in production"].ID, "rollback", "not the one that serves")
	l.wants(err, fault.Conflict, "rollback of a release that was replaced")
	rel = l.move(rel, "rollback")
	rel = l.ended(l.until(rel.ID, resource.ReleaseRolledBack), resource.ReleaseRolledBack)
	if d := l.serving(control.Production); d.Stable != l.versions[2].Digest || d.Paused || d.Stopped {
		l.Errorf("Deployment() after a rollback by hand = %+v, want v2", d)
	}
	l.incident(rel.Incident, "mitigated", "manual")
	if run := l.invoke(control.Production, "", plainOrder(900)); run.Digest != l.versions[2].Digest || run.Outcome != resource.OutcomeSuccess {
		l.Errorf("Invoke() = %s on v%d, want success on v2", run.Outcome, run.Version)
	}
	for _, want := range []resource.Version{l.versions[1], {}} {
		rel, err := l.Rollback(l.Context(), operator, desk, control.Production, "further back")
		l.must(err)
		if rel.RolledBackTo != want.Digest {
			l.Errorf("Rollback() = to %q, want %q", rel.RolledBackTo, want.Digest)
		}
		l.until(rel.ID, resource.ReleaseRolledBack)
	}
	if d := l.serving(control.Production); d.Stable != "" || !d.Stopped {
		l.Errorf("Deployment() = %+v, want it stopped with nothing", d)
	}
	_, err = l.Invoke(l.Context(), app, desk, control.InvokeRequest{Input: refundOf(plainOrder(901))})
	l.wants(err, fault.Unavailable, "Invoke() with no version left")
	_, err = l.Rollback(l.Context(), operator, desk, control.Production, "further still")
	l.wants(err, fault.Conflict, "Rollback() with nothing left")
}

// checkEvidence looks for every kind of evidence, verified.
func (l *life) checkEvidence() {
	base := []string{resource.EvidenceVersion, resource.EvidenceValidation, resource.EvidenceSimulation, resource.EvidenceEvaluation,
		resource.EvidenceApproval, resource.EvidenceSmoke, resource.EvidencePromotion}
	canaried := append(slices.Clone(base), resource.EvidenceCanary)
	for n, want := range map[int][]string{1: base, 2: canaried, 3: append(slices.Clone(canaried), resource.EvidenceRollback),
		4: append(slices.Clone(canaried), resource.EvidenceRollback)} {
		var list []control.VerifiedEvidence
		has := func(kind string) bool {
			return slices.ContainsFunc(list, func(e control.VerifiedEvidence) bool { return e.Kind == kind })
		}
		l.eventually(fmt.Sprintf("all evidence of v%d", n), func() bool { // the last is made by a job
			var err error
			list, err = l.Evidence(l.Context(), viewer, l.versions[n].Name)
			l.must(err)
			return !slices.ContainsFunc(want, func(k string) bool { return !has(k) })
		})
		for _, e := range list {
			if !e.Verified {
				l.Errorf("%s evidence of v%d does not verify: %s", e.Kind, n, e.Problem)
			}
		}
	}
}

// checkTransitions finds the ledger event of each transition.
func (l *life) checkTransitions() {
	for name, rel := range l.releases {
		rel, err := l.Release(l.Context(), viewer, rel.ID) // it may have been rolled back since
		l.must(err)
		entries, err := l.EventsOf(l.Context(), viewer, "release", rel.ID, control.Page{Limit: 1000})
		l.must(err)
		slices.Reverse(entries)
		var want, got []resource.Transition
		for _, h := range rel.History {
			if h.Actor.Name == "" || h.Reason == "" {
				l.Errorf("%s: %s to %s has actor %q and reason %q, want both", name, h.Event, h.To, h.Actor.Name, h.Reason)
			}
			want = append(want, h)
		}
		for _, e := range entries {
			ev := e.Event
			got = append(got, resource.Transition{At: ev.Time, Event: ev.Attrs["event"], From: resource.ReleaseState(ev.Attrs["from"]),
				To: resource.ReleaseState(ev.Action[len("release."):]), Actor: ev.Actor, Reason: ev.Reason})
		}
		for i := range min(len(want), len(got)) {
			got[i].At = want[i].At // the two are written one after the other
		}
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("%s: history and ledger differ (-history +ledger):\n%s", name, diff)
		}
	}
}

// checkLedger exports the ledger and verifies it as an outsider does.
func (l *life) checkLedger() {
	l.must(l.seq.Flush(l.Context()))
	var export bytes.Buffer
	l.must(l.Export(l.Context(), auditor, &export))
	report, err := audit.Verify(bytes.NewReader(export.Bytes()), l.PublicKeys().VerifierKey)
	if err != nil || !report.Verified || report.Leaves < 100 {
		l.Errorf("Verify() = %+v, %v, want a verified ledger of some length", report, err)
	}
	changed := bytes.Replace(export.Bytes(), []byte("canary"), []byte("kanary"), 1)
	if report, err := audit.Verify(bytes.NewReader(changed), l.PublicKeys().VerifierKey); err == nil && report.Verified {
		l.Error("Verify() of a changed export = verified")
	}
	status, err := l.Ledger(l.Context(), viewer)
	l.must(err)
	proof, err := l.ProofOf(l.Context(), auditor, status.Size-1)
	if err != nil || !proof.Verified {
		l.Errorf("ProofOf() = %+v, %v, want it verified", proof, err)
	}
}
