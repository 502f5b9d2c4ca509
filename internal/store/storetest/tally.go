package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

func testTally(t *testing.T, s *suite) {
	ended := func(id, digest, session string, outcome resource.Outcome, at resource.Millis) resource.Run {
		r := run(id, outcome)
		r.Digest, r.Session, r.EndedAt, r.Release = digest, session, at, "r1"
		return r
	}
	smoke := ended("u9", "d1", "", resource.OutcomeFailure, 10)
	smoke.Mode = resource.RunSmoke
	staging := ended("u8", "d1", "", resource.OutcomeFailure, 15)
	staging.Environment, staging.Release = "staging", ""
	drill := ended("u7", "d1", "", resource.OutcomeFailure, 20)
	drill.Mode = resource.RunDrill
	late := ended("u4", "d1", "s1", resource.OutcomeRunning, 0)
	s.update(func(tx control.Tx) error {
		for _, r := range []resource.Run{
			ended("u1", "d1", "s1", resource.OutcomeSuccess, 100), ended("u2", "d1", "s1", resource.OutcomeFailure, 300),
			ended("u3", "d1", "", resource.OutcomeDenied, 200), late, ended("u5", "d2", "s9", resource.OutcomeFailure, 50), smoke, staging, drill,
		} {
			if err := tx.InsertRun(r); err != nil {
				return err
			}
		}
		return nil
	})
	tally := func(q control.TallyQuery) control.RunTally {
		return read(s, func(r control.Reader) (control.RunTally, error) { return r.Tally(q) })
	}
	d1 := control.TallyQuery{Agent: "a", Environment: "production", Digest: "d1"}
	equal(t, "Tally", tally(d1), control.RunTally{Runs: 3, Failed: 2, Sessions: 2, FailedSessions: 2, FirstFailedRun: "u3", FirstFailedAt: 200, LastFailedAt: 300})
	late.Outcome, late.EndedAt, late.Revision = resource.OutcomeError, 150, 2
	s.update(func(tx control.Tx) error { return tx.PutRun(late) })
	equal(t, "Tally after a run ended", tally(d1), control.RunTally{Runs: 4, Failed: 3, Sessions: 2, FailedSessions: 2, FirstFailedRun: "u4", FirstFailedAt: 150, LastFailedAt: 300})
	since := d1
	since.Since = 201
	equal(t, "Tally since then", tally(since), control.RunTally{Runs: 1, Failed: 1, Sessions: 1, FailedSessions: 1, FirstFailedRun: "u2", FirstFailedAt: 300, LastFailedAt: 300})
	equal(t, "Tally of a release", tally(control.TallyQuery{Release: "r1", Digest: "d2"}).Failed, int64(1))
	equal(t, "Tally of nothing", tally(control.TallyQuery{Digest: "d9"}), control.RunTally{})
	first := func(q control.TallyQuery) string {
		return read(s, func(r control.Reader) (string, error) { id, _, err := r.FirstFailure(q); return id, err })
	}
	equal(t, "FirstFailure", first(d1), "u4")
	drills := d1
	drills.Mode = resource.RunDrill
	equal(t, "FirstFailure of drills", first(drills), "u7")
	equal(t, "Tally of drills", tally(drills).Runs, int64(1))
	equal(t, "FirstFailure of nothing", first(control.TallyQuery{Digest: "d9"}), "")
}
