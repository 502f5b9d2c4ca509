package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func testShadowResults(t *testing.T, s *suite) {
	all := []resource.ShadowResult{
		{Release: "r1", Seq: 1, Run: "u1", Copy: "u3", Differs: []string{"output"}, At: 1},
		{Release: "r1", Seq: 2, Run: "u2", LiveFailed: true, Error: "the model did not answer", At: 2},
	}
	for _, i := range []int{1, 0} {
		s.update(func(tx control.Tx) error { return tx.InsertShadowResult(all[i]) })
	}
	of := func(release string) []resource.ShadowResult {
		return read(s, func(r control.Reader) ([]resource.ShadowResult, error) { return r.ShadowResults(release, 2) })
	}
	equal(t, "ShadowResults", of("r1"), all)
	s.refused(fault.Conflict, func(tx control.Tx) error {
		return tx.InsertShadowResult(resource.ShadowResult{Release: "r1", Seq: 3, Run: "u1"})
	})
	under := resource.ShadowResult{Release: "r1", Seq: 3, Run: "u4"}
	s.update(func(tx control.Tx) error { return tx.InsertShadowResult(under) })
	equal(t, "ShadowResults, with one under way", of("r1"), all)
	last := func(release string) int64 {
		return read(s, func(r control.Reader) (int64, error) { return r.LastShadowSeq(release) })
	}
	equal(t, "LastShadowSeq", last("r1"), int64(3))
	equal(t, "LastShadowSeq of another release", last("r2"), int64(0))
	under.At, under.CopyFailed = 3, true
	s.update(func(tx control.Tx) error { return tx.PutShadowResult(under) })
	equal(t, "ShadowResult", read(s, func(r control.Reader) (resource.ShadowResult, error) { return r.ShadowResult("r1", 3) }), under)
	s.refused(fault.NotFound, func(tx control.Tx) error {
		return tx.PutShadowResult(resource.ShadowResult{Release: "r1", Seq: 4, Run: "u5"})
	})
	equal(t, "ShadowResults of another release", len(of("r2")), 0)
}
