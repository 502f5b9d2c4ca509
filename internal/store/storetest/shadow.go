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
		return read(s, func(r control.Reader) ([]resource.ShadowResult, error) { return r.ShadowResults(release) })
	}
	equal(t, "ShadowResults", of("r1"), all)
	s.refused(fault.Conflict, func(tx control.Tx) error {
		return tx.InsertShadowResult(resource.ShadowResult{Release: "r1", Seq: 3, Run: "u1"})
	})
	equal(t, "ShadowResults of another release", len(of("r2")), 0)
}
