package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
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

func testCanaryDraws(t *testing.T, s *suite) {
	last := func(release string) int64 {
		return read(s, func(r control.Reader) (int64, error) { return r.CanaryDrawn(release) })
	}
	equal(t, "CanaryDrawn of none", last("r1"), int64(0))
	var all []resource.CanaryDraw
	for i, run := range []string{"u1", "u2", "u3"} {
		all = append(all, resource.CanaryDraw{Release: "r1", Seq: int64(i + 1), Run: run, Canary: i == 1, Weight: 10})
	}
	for _, i := range []int{2, 0, 1} {
		s.update(func(tx control.Tx) error { return tx.InsertCanaryDraw(all[i]) })
	}
	s.update(func(tx control.Tx) error {
		return tx.InsertCanaryDraw(resource.CanaryDraw{Release: "r2", Seq: 1, Run: "u4"})
	})
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertCanaryDraw(all[0]) })
	equal(t, "CanaryDrawn", last("r1"), int64(3))
	for _, tt := range []struct {
		after, upTo int64
		want        []resource.CanaryDraw
	}{{0, 0, all}, {1, 0, all[1:]}, {0, 2, all[:2]}, {1, 2, all[1:2]}, {3, 0, nil}} {
		got := read(s, func(r control.Reader) ([]resource.CanaryDraw, error) { return r.CanaryDraws("r1", tt.after, tt.upTo) })
		if len(got) != len(tt.want) {
			t.Errorf("CanaryDraws(r1, %d, %d) = %v, want %v", tt.after, tt.upTo, got, tt.want)
		} else if len(got) > 0 {
			equal(t, "CanaryDraws", got, tt.want)
		}
	}
}
