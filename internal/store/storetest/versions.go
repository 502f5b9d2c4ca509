package storetest

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func version(agent string, number int) resource.Version {
	return resource.Version{
		Agent: agent, Number: number, Name: fmt.Sprintf("%s@v%d", agent, number), Digest: fmt.Sprintf("sha256:%s%d", agent, number),
		Tier: blueprint.TierLow, Build: resource.Build{GitSHA: "abc"}, CreatedAt: resource.Millis(number), CreatedBy: actor,
		Manifest: &resource.Manifest{APIVersion: "aureus/v1", Kind: resource.KindVersion,
			Adapters: []resource.Adapter{}, Runtime: resource.Runtime{Engine: "e", Guard: "g"}},
	}
}

func testVersions(t *testing.T, s *suite) {
	a1, a2, b1 := version("a", 1), version("a", 2), version("b", 1)
	s.update(func(tx control.Tx) error {
		for _, v := range []resource.Version{a1, a2, b1} {
			if err := tx.InsertVersion(v); err != nil {
				return err
			}
		}
		return nil
	})
	equal(t, "VersionByDigest", read(s, func(r control.Reader) (resource.Version, error) { return r.VersionByDigest("a", a1.Digest) }), a1)
	equal(t, "VersionByDigest of any agent", read(s, func(r control.Reader) (resource.Version, error) { return r.VersionByDigest("", b1.Digest) }), b1)
	equal(t, "VersionByNumber", read(s, func(r control.Reader) (resource.Version, error) { return r.VersionByNumber("a", 1) }), a1)
	equal(t, "LatestVersion", read(s, func(r control.Reader) (resource.Version, error) { return r.LatestVersion("a") }), a2)
	equal(t, "Agents", read(s, func(r control.Reader) ([]string, error) { return r.Agents() }), []string{"a", "b"})
	list := read(s, func(r control.Reader) ([]resource.Version, error) { return r.Versions("a", control.Page{}) })
	light1, light2 := a1, a2
	light1.Manifest, light2.Manifest = nil, nil
	equal(t, "Versions", list, []resource.Version{light2, light1})
	list = read(s, func(r control.Reader) ([]resource.Version, error) { return r.Versions("a", control.Page{After: "2"}) })
	equal(t, "Versions after 2", list, []resource.Version{light1})

	drill := version("b", 2)
	drill.Drill = true
	s.update(func(tx control.Tx) error { return tx.InsertVersion(drill) })
	equal(t, "LatestVersion beside a drill's", read(s, func(r control.Reader) (resource.Version, error) { return r.LatestVersion("b") }), b1)
	equal(t, "VersionByNumber of a drill's", read(s, func(r control.Reader) (resource.Version, error) { return r.VersionByNumber("b", 2) }), drill)
	list = read(s, func(r control.Reader) ([]resource.Version, error) { return r.Versions("b", control.Page{Limit: 1}) })
	equal(t, "Versions begin with a drill's", list[0].Number, 2)

	absent(s, func(r control.Reader) (resource.Version, error) { return r.VersionByNumber("a", 3) })
	absent(s, func(r control.Reader) (resource.Version, error) { return r.VersionByDigest("b", a1.Digest) })
	absent(s, func(r control.Reader) (resource.Version, error) { return r.LatestVersion("c") })
	sameDigest, sameNumber := version("a", 3), version("a", 2)
	sameDigest.Digest, sameNumber.Digest = a1.Digest, "sha256:other"
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertVersion(sameDigest) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertVersion(sameNumber) })

	q := &resource.Quarantine{Incident: "i1", Reason: "bad", Since: 9}
	s.update(func(tx control.Tx) error { return tx.SetQuarantine("a", a1.Digest, q) })
	got := read(s, func(r control.Reader) (resource.Version, error) { return r.VersionByNumber("a", 1) })
	equal(t, "Quarantine", got.Quarantine, q)
	equal(t, "Manifest of a quarantined version", got.Manifest, a1.Manifest)
	s.update(func(tx control.Tx) error { return tx.SetQuarantine("a", a1.Digest, nil) })
	got = read(s, func(r control.Reader) (resource.Version, error) { return r.VersionByNumber("a", 1) })
	equal(t, "version after its quarantine", got, a1)
	s.refused(fault.NotFound, func(tx control.Tx) error { return tx.SetQuarantine("c", a1.Digest, q) })
}

func testEvidence(t *testing.T, s *suite) {
	e := func(id, subject, kind, release, env string) resource.Evidence {
		return resource.Evidence{ID: id, Subject: subject, Kind: kind, Release: release, Environment: env, Agent: "a",
			Verdict: resource.Pass, Digest: "sha256:" + id, CreatedAt: 5, CreatedBy: actor, Bundle: []byte(`{"b": 1}`), Report: []byte(`{ }`)}
	}
	all := []resource.Evidence{
		e("e1", "d1", resource.EvidenceVersion, "", ""),
		e("e2", "d1", resource.EvidenceSmoke, "r1", "staging"),
		e("e3", "d1", resource.EvidenceSmoke, "r2", "production"),
		e("e4", "d2", resource.EvidenceSmoke, "r3", "staging"),
		e("e5", "d2", resource.ExternalEvidence("pen-test"), "", "production"),
	}
	s.update(func(tx control.Tx) error {
		for _, v := range all {
			if err := tx.InsertEvidence(v); err != nil {
				return err
			}
		}
		return nil
	})
	equal(t, "EvidenceByID", read(s, func(r control.Reader) (resource.Evidence, error) { return r.EvidenceByID("e1") }), all[0])
	absent(s, func(r control.Reader) (resource.Evidence, error) { return r.EvidenceByID("e9") })
	for _, c := range []struct {
		name   string
		filter control.EvidenceFilter
		want   []string
	}{
		{"all", control.EvidenceFilter{}, []string{"e5", "e4", "e3", "e2", "e1"}},
		{"subject", control.EvidenceFilter{Subject: "d1"}, []string{"e3", "e2", "e1"}},
		{"kind", control.EvidenceFilter{Subject: "d1", Kind: resource.EvidenceSmoke}, []string{"e3", "e2"}},
		{"release", control.EvidenceFilter{Release: "r2"}, []string{"e3"}},
		{"environment", control.EvidenceFilter{Environment: "staging"}, []string{"e4", "e2"}},
		{"environment or any", control.EvidenceFilter{Subject: "d1", Environment: "staging", OrAny: true}, []string{"e2", "e1"}},
		{"submitted", control.EvidenceFilter{Kind: resource.ExternalEvidence("pen-test")}, []string{"e5"}},
		{"none", control.EvidenceFilter{Subject: "d3"}, []string{}},
	} {
		got := read(s, func(r control.Reader) ([]resource.Evidence, error) { return r.Evidence(c.filter, control.Page{}) })
		equal(t, "Evidence "+c.name, ids(got, func(e resource.Evidence) string { return e.ID }), c.want)
	}
	got := read(s, func(r control.Reader) ([]resource.Evidence, error) {
		return r.Evidence(control.EvidenceFilter{Release: "r3"}, control.Page{})
	})
	equal(t, "listed evidence", got, all[3:4])
	n := read(s, func(r control.Reader) (int, error) {
		return r.CountEvidence(control.EvidenceFilter{Subject: "d1", Kind: resource.EvidenceSmoke})
	})
	equal(t, "CountEvidence", n, 2)
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertEvidence(all[0]) })
}
