package control_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// TestInvariants: whoever does whatever, in any order, while jobs are done
// beside it, what serves is what went through its gates.
func TestInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := newMess(t, rt)
		defer m.stop()
		rt.Repeat(map[string]func(*rapid.T){
			"start": m.startRelease, "carry": m.carry, "move": m.moveRelease, "move again": m.moveRelease, "answer": m.decide, "invoke": m.run,
			"roll back": m.rollback, "time": m.time, "settle": func(*rapid.T) { m.settle() }, "": m.check,
		})
	})
}

// mess is a world where anybody does anything.
type mess struct {
	*world
	rt       *rapid.T
	versions []resource.Version
	envs     []resource.Environment
	seen     map[string]int64 // the last revision of each record
	ledger   int64
}

func newMess(t *testing.T, rt *rapid.T) *mess {
	m := &mess{world: newWorld(t), rt: rt, seen: map[string]int64{}, envs: pipeline.Environments([]resource.Pipeline{pipeline.BuiltIn()})}
	for _, a := range []*blueprint.Agent{lean(t, blueprint.TierMedium), withVoucher(t, lean(t, blueprint.TierMedium)), lean(t, blueprint.TierHigh)} {
		m.versions = append(m.versions, m.push(a))
	}
	switch rapid.IntRange(0, 3).Draw(rt, "begin") {
	case 0: // with nothing
	case 1:
		m.serve(m.versions[0])
	default:
		m.serve(m.versions[0])
		m.promote(m.versions[1], "staging")
		m.expect(m.release(m.versions[1], control.Production), resource.ReleaseCanary)
	}
	if how := rapid.SampledFrom([]string{"", "refuse", "wait", "supersede"}).Draw(rt, "concurrency"); how != "" {
		m.pipeline(fmt.Sprintf("  environments: [{name: staging}, {name: production, auto: %t}]\n  concurrency: %s\n", rapid.Bool().Draw(rt, "auto"), how))
	}
	return m
}

// somebody is mostly one of those who may.
func (m *mess) somebody(rt *rapid.T, who ...control.Principal) control.Principal {
	if rapid.IntRange(0, 4).Draw(rt, "somebody else") == 0 {
		who = []control.Principal{author, approver, operator, auditor, viewer, app, person("root", resource.RoleAdmin), person("nobody")}
	}
	return rapid.SampledFrom(who).Draw(rt, "who")
}

// carry brings a version as far as it gets without traffic.
func (m *mess) carry(rt *rapid.T) {
	rel, err := m.StartRelease(m.Context(), author, control.ReleaseRequest{Version: rapid.SampledFrom(m.versions).Draw(rt, "version").Name,
		Environment: m.environment(rt)})
	m.refused(rt, "StartRelease()", err)
	if err == nil && rel.State != resource.ReleasePending {
		m.follow(rel.ID)
	}
}

func (m *mess) environment(rt *rapid.T) string {
	return rapid.SampledFrom(m.envs).Draw(rt, "environment").Name
}

// refused: an error says what is wrong with the request, not with us.
func (m *mess) refused(rt *rapid.T, what string, err error) {
	allowed := []fault.Code{fault.Forbidden, fault.Conflict, fault.Blocked, fault.NotFound, fault.Unavailable, fault.Invalid}
	var f *fault.Error
	if err != nil && (!errors.As(err, &f) || !slices.Contains(allowed, f.Code)) {
		rt.Fatalf("%s = %v, want a refusal", what, err)
	}
}

func (m *mess) startRelease(rt *rapid.T) {
	v := rapid.SampledFrom(m.versions).Draw(rt, "version")
	_, err := m.StartRelease(m.Context(), m.somebody(rt, author, colleague), control.ReleaseRequest{Version: v.Name, Environment: m.environment(rt)})
	m.refused(rt, "StartRelease()", err)
}

func (m *mess) moveRelease(rt *rapid.T) {
	all, err := m.Releases(m.Context(), viewer, control.ReleaseFilter{}, control.Page{Limit: 4})
	m.must(err)
	if len(all) == 0 {
		return
	}
	rel := all[min(rapid.IntRange(0, 8).Draw(rt, "release")/2, len(all)-1)]
	event := rapid.SampledFrom([]string{"pause", "resume", "resume", "promote", "rollback", "cancel"}).Draw(rt, "event")
	_, err = m.MoveRelease(m.Context(), m.somebody(rt, operator), rel.ID, event, "test")
	m.refused(rt, "MoveRelease("+event+")", err)
}

func (m *mess) decide(rt *rapid.T) {
	open, err := m.Approvals(m.Context(), viewer, control.ApprovalFilter{State: resource.ApprovalPending}, control.Page{})
	m.must(err)
	if len(open) == 0 {
		return
	}
	a := rapid.SampledFrom(open).Draw(rt, "approval")
	_, err = m.answer(m.somebody(rt, approver, approver2), a.ID, rapid.IntRange(0, 9).Draw(rt, "yes") > 0)
	m.refused(rt, "Decide()", err)
}

func (m *mess) run(rt *rapid.T) {
	session := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "session")
	env := m.environment(rt)
	order := rapid.IntRange(0, 1000).Draw(rt, "order")
	run, err := m.Invoke(m.Context(), app, desk, control.InvokeRequest{Environment: env, Session: session, Input: refundOf(plainOrder(order))})
	m.refused(rt, "Invoke()", err)
	if err != nil {
		return
	}
	rels, err := m.Releases(m.Context(), viewer, control.ReleaseFilter{Agent: desk, Environment: env, Digest: run.Digest}, control.Page{})
	m.must(err)
	if !slices.ContainsFunc(rels, func(r resource.Release) bool {
		return r.Canary != nil || slices.ContainsFunc(r.History, func(h resource.Transition) bool { return h.To == resource.ReleasePromoted })
	}) {
		rt.Fatalf("v%d served a run in %s and was never released there", run.Version, env)
	}
}

func (m *mess) rollback(rt *rapid.T) {
	_, err := m.Rollback(m.Context(), m.somebody(rt, operator), desk, m.environment(rt), "test")
	m.refused(rt, "Rollback()", err)
}

func (m *mess) time(rt *rapid.T) {
	m.advance(time.Duration(rapid.SampledFrom([]int{1, 1, 1, 70, 26 * 60}).Draw(rt, "minutes")) * time.Minute)
}

// check holds the invariants, in one view of everything.
func (m *mess) check(rt *rapid.T) {
	m.must(m.db.View(m.Context(), func(r control.Reader) error {
		rels, err := r.Releases(control.ReleaseFilter{}, control.Page{Limit: 1000})
		if err != nil {
			return err
		}
		moving, waiting := map[string]string{}, map[string]string{}
		for _, rel := range rels {
			switch held := rel.State == resource.ReleasePaused && rel.PausedFrom == resource.ReleasePending; {
			case rel.State == resource.ReleasePending:
				waiting[rel.Environment] = rel.ID
			case !held && !rel.State.Final():
				// A rollback waits for nobody.
				place := fmt.Sprint(rel.Environment, " back: ", rel.State == resource.ReleaseRollingBack)
				if other := moving[place]; other != "" {
					rt.Fatalf("%s and %s both move in %s", rel.ID, other, place)
				}
				moving[place] = rel.ID
			}
			m.checkRelease(rt, r, rel)
		}
		for env, id := range waiting {
			if moving[fmt.Sprint(env, " back: ", false)] == "" && moving[fmt.Sprint(env, " back: ", true)] == "" {
				rt.Fatalf("%s waits in %s, where nothing moves", id, env)
			}
		}
		for _, env := range m.envs {
			if err := m.checkServing(rt, r, env.Name); err != nil {
				return err
			}
		}
		cp, err := r.LatestCheckpoint()
		if err != nil {
			return err
		}
		pending, err := r.PendingEvents()
		if size := cp.Size + pending; size < m.ledger {
			rt.Fatalf("the ledger shrank from %d to %d events", m.ledger, size)
		} else {
			m.ledger = size
		}
		return err
	}))
}

// grows notes a record's revision, which never goes back.
func (m *mess) grows(rt *rapid.T, record string, revision int64) {
	if before := m.seen[record]; revision < before {
		rt.Fatalf("%s went from revision %d to %d", record, before, revision)
	}
	m.seen[record] = revision
}

func (m *mess) checkRelease(rt *rapid.T, r control.Reader, rel resource.Release) {
	m.grows(rt, rel.ID, rel.Revision)
	v, err := r.VersionByDigest(rel.Agent, rel.Digest)
	m.must(err)
	if v.Quarantine != nil && rel.State == resource.ReleaseCanary {
		rt.Fatalf("%s is in quarantine and in canary in %s", v.Name, rel.Environment)
	}
	if rel.State != resource.ReleasePromoted {
		return
	}
	want := []string{resource.EvidenceValidation, resource.EvidenceSimulation, resource.EvidenceEvaluation, resource.EvidenceSmoke, resource.EvidencePromotion}
	if len(pipeline.Rules(rel.Stage, rel.Delta, rel.Tier)) > 0 {
		want = append(want, resource.EvidenceApproval)
	}
	for _, kind := range want {
		list, err := r.Evidence(control.EvidenceFilter{Subject: rel.Digest, Release: rel.ID, Kind: kind}, control.Page{})
		m.must(err)
		if len(list) != 1 || list[0].Verdict != resource.Pass {
			rt.Fatalf("%s of %s in %s is promoted with %d pieces of %s evidence, want one that passes", rel.ID, v.Name, rel.Environment, len(list), kind)
		}
	}
}

func (m *mess) checkServing(rt *rapid.T, r control.Reader, env string) error {
	d, err := r.Deployment(desk, env)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m.grows(rt, "deployment "+env, d.Revision)
	wrong := func(format string, args ...any) { rt.Fatalf("in %s %s: %+v", env, fmt.Sprintf(format, args...), d) }
	if d.Stable == "" != (d.Snapshot == "") || (d.Stable == "" && d.Candidate != "") {
		wrong("a version serves without a snapshot, or beside nothing")
	}
	if d.Stable != "" {
		s, err := r.Snapshot(d.Snapshot)
		if err != nil || s.Digest != d.Stable || s.RetiredAt != 0 || (!s.Verified && !d.Stopped) {
			wrong("what serves is not the snapshot %+v (%v)", s, err)
		}
		if proof, err := r.Evidence(control.EvidenceFilter{Subject: d.Stable, Kind: resource.EvidencePromotion, Environment: env}, control.Page{}); err != nil || len(proof) == 0 {
			wrong("what serves was never promoted (%v)", err)
		}
	}
	if (d.Candidate == "") != (d.Weight == 0) {
		wrong("the candidate and its weight do not fit")
	}
	if d.Candidate != "" {
		rel, err := r.Release(d.Release)
		inCanary := rel.State == resource.ReleaseCanary || rel.PausedFrom == resource.ReleaseCanary
		if err != nil || rel.Digest != d.Candidate || !inCanary {
			wrong("the candidate is not in canary: %+v (%v)", rel, err)
		}
	}
	if d.Paused {
		rel, err := r.Release(d.Release)
		if err != nil || rel.State != resource.ReleaseRollingBack {
			wrong("it is paused and no rollback goes on: %s (%v)", rel.State, err)
		}
	}
	return nil
}
