package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

func testCanarySessions(t *testing.T, s *suite) {
	session := func(release, session string) func(control.Reader) (resource.CanarySession, error) {
		return func(r control.Reader) (resource.CanarySession, error) { return r.CanarySession(release, session) }
	}
	absent(s, session("r1", "s1"))
	one, two := resource.CanarySession{Step: 1, Failed: []string{}}, resource.CanarySession{Step: 1, Failed: []string{"cost", "failures"}}
	s.update(func(tx control.Tx) error { return tx.PutCanarySession("r1", "s1", one) })
	equal(t, "CanarySession", read(s, session("r1", "s1")), one)
	s.update(func(tx control.Tx) error { return tx.PutCanarySession("r1", "s1", two) })
	equal(t, "CanarySession after a second run", read(s, session("r1", "s1")), two)
	absent(s, session("r2", "s1"))

	s.update(func(tx control.Tx) error {
		return tx.InsertCanaryOutcome(resource.CanaryOutcome{Release: "r1", Seq: 1, Run: "u1"})
	})
	for run, want := range map[string]bool{"u1": true, "u2": false} {
		got := read(s, func(r control.Reader) (bool, error) { return r.CanaryCounted("r1", run) })
		equal(t, "CanaryCounted of "+run, got, want)
	}
}
