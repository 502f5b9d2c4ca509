package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func testDeployments(t *testing.T, s *suite) {
	d := resource.Deployment{Agent: "a", Environment: "production", Stable: "d1", Revision: 1, UpdatedAt: 3}
	get := func() resource.Deployment {
		return read(s, func(r control.Reader) (resource.Deployment, error) { return r.Deployment("a", "production") })
	}
	absent(s, func(r control.Reader) (resource.Deployment, error) { return r.Deployment("a", "production") })
	s.update(func(tx control.Tx) error { return tx.PutDeployment(d) })
	equal(t, "Deployment", get(), d)
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutDeployment(d) })
	next := d
	next.Revision, next.Candidate, next.Weight = 2, "d2", 10
	s.update(func(tx control.Tx) error { return tx.PutDeployment(next) })
	equal(t, "Deployment after a change", get(), next)
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutDeployment(next) })
	skipped := next
	skipped.Revision = 9
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutDeployment(skipped) })
	other := next
	other.Agent = "z"
	s.refused(fault.NotFound, func(tx control.Tx) error { return tx.PutDeployment(other) })

	staging, b := d, d
	staging.Environment, b.Agent = "staging", "b"
	s.update(func(tx control.Tx) error {
		if err := tx.PutDeployment(b); err != nil {
			return err
		}
		return tx.PutDeployment(staging)
	})
	equal(t, "Deployments", read(s, func(r control.Reader) ([]resource.Deployment, error) { return r.Deployments("") }),
		[]resource.Deployment{next, staging, b})
	equal(t, "Deployments of an agent", read(s, func(r control.Reader) ([]resource.Deployment, error) { return r.Deployments("b") }),
		[]resource.Deployment{b})
}

func testSnapshots(t *testing.T, s *suite) {
	one := resource.Snapshot{ID: "s1", Agent: "a", Environment: "production", Digest: "d1", Version: 1, CreatedAt: 1}
	two := resource.Snapshot{ID: "s2", Agent: "a", Environment: "production", Digest: "d2", Version: 2, CreatedAt: 2}
	s.update(func(tx control.Tx) error {
		if err := tx.PutSnapshot(one); err != nil {
			return err
		}
		return tx.PutSnapshot(two)
	})
	one.Verified, one.VerifiedAt = true, 7
	s.update(func(tx control.Tx) error { return tx.PutSnapshot(one) })
	equal(t, "Snapshot", read(s, func(r control.Reader) (resource.Snapshot, error) { return r.Snapshot("s1") }), one)
	equal(t, "Snapshots", read(s, func(r control.Reader) ([]resource.Snapshot, error) { return r.Snapshots("a", "production") }),
		[]resource.Snapshot{two, one})
	equal(t, "Snapshots elsewhere", read(s, func(r control.Reader) ([]resource.Snapshot, error) { return r.Snapshots("a", "staging") }),
		[]resource.Snapshot{})
	absent(s, func(r control.Reader) (resource.Snapshot, error) { return r.Snapshot("s3") })
}

func testSessions(t *testing.T, s *suite) {
	pin := control.SessionPin{Digest: "d1", Release: "r1", Canary: true, Weight: 10, At: 4}
	absent(s, func(r control.Reader) (control.SessionPin, error) { return r.SessionVersion("a", "production", "x") })
	for _, p := range []control.SessionPin{{Digest: "d0"}, pin} {
		s.update(func(tx control.Tx) error { return tx.PutSessionVersion("a", "production", "x", p) })
		equal(t, "SessionVersion", read(s, func(r control.Reader) (control.SessionPin, error) { return r.SessionVersion("a", "production", "x") }), p)
	}
	absent(s, func(r control.Reader) (control.SessionPin, error) { return r.SessionVersion("a", "staging", "x") })
}

func release(id, agent, env, digest string, state resource.ReleaseState) resource.Release {
	return resource.Release{ID: id, Agent: agent, Environment: env, Digest: digest, Version: 1, State: state, Revision: 1,
		Gates: []resource.Gate{}, History: []resource.Transition{}, CreatedAt: 1, CreatedBy: actor, UpdatedAt: 1}
}

func testReleases(t *testing.T, s *suite) {
	all := []resource.Release{
		release("r1", "a", "staging", "d1", resource.ReleasePromoted),
		release("r2", "a", "production", "d1", resource.ReleaseCanary),
		release("r3", "b", "production", "d2", resource.ReleasePending),
	}
	s.update(func(tx control.Tx) error {
		for _, r := range all {
			if err := tx.InsertRelease(r); err != nil {
				return err
			}
		}
		return nil
	})
	equal(t, "Release", read(s, func(r control.Reader) (resource.Release, error) { return r.Release("r1") }), all[0])
	absent(s, func(r control.Reader) (resource.Release, error) { return r.Release("r9") })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertRelease(all[0]) })
	for _, c := range []struct {
		name   string
		filter control.ReleaseFilter
		want   []string
	}{
		{"all", control.ReleaseFilter{}, []string{"r3", "r2", "r1"}},
		{"agent", control.ReleaseFilter{Agent: "a"}, []string{"r2", "r1"}},
		{"environment", control.ReleaseFilter{Environment: "production"}, []string{"r3", "r2"}},
		{"digest", control.ReleaseFilter{Digest: "d2"}, []string{"r3"}},
		{"state", control.ReleaseFilter{States: []resource.ReleaseState{resource.ReleaseCanary, resource.ReleasePending}}, []string{"r3", "r2"}},
	} {
		got := read(s, func(r control.Reader) ([]resource.Release, error) { return r.Releases(c.filter, control.Page{}) })
		equal(t, "Releases "+c.name, ids(got, func(r resource.Release) string { return r.ID }), c.want)
	}
	moved := all[1]
	moved.State, moved.Revision, moved.UpdatedAt = resource.ReleasePromoted, 2, 8
	s.update(func(tx control.Tx) error { return tx.PutRelease(moved) })
	equal(t, "Release after a move", read(s, func(r control.Reader) (resource.Release, error) { return r.Release("r2") }), moved)
	equal(t, "Releases by the new state", ids(read(s, func(r control.Reader) ([]resource.Release, error) {
		return r.Releases(control.ReleaseFilter{States: []resource.ReleaseState{resource.ReleasePromoted}}, control.Page{})
	}), func(r resource.Release) string { return r.ID }), []string{"r2", "r1"})
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutRelease(moved) })
	moved.ID = "r9"
	s.refused(fault.NotFound, func(tx control.Tx) error { return tx.PutRelease(moved) })
}

func testCanaryOutcomes(t *testing.T, s *suite) {
	all := []resource.CanaryOutcome{
		{Release: "r1", Seq: 1, Run: "u1", Canary: true, Weight: 10, EHarm: 1.25, At: 1},
		{Release: "r1", Seq: 2, Run: "u2", Failed: true, Weight: 10, EHarm: 2.5, At: 2},
	}
	for _, o := range []int{1, 0} {
		s.update(func(tx control.Tx) error { return tx.InsertCanaryOutcome(all[o]) })
	}
	equal(t, "CanaryOutcomes", read(s, func(r control.Reader) ([]resource.CanaryOutcome, error) { return r.CanaryOutcomes("r1") }), all)
	equal(t, "CanaryOutcomesAfter", read(s, func(r control.Reader) ([]resource.CanaryOutcome, error) { return r.CanaryOutcomesAfter("r1", 0, 1) }), all[:1])
	equal(t, "CanaryOutcomesAfter", read(s, func(r control.Reader) ([]resource.CanaryOutcome, error) { return r.CanaryOutcomesAfter("r1", 1, 9) }), all[1:])
	again := resource.CanaryOutcome{Release: "r1", Seq: 3, Run: "u1"}
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertCanaryOutcome(again) })
	elsewhere := resource.CanaryOutcome{Release: "r2", Seq: 1, Run: "u1"}
	s.update(func(tx control.Tx) error { return tx.InsertCanaryOutcome(elsewhere) })
}
