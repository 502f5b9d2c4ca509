package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func testPipelines(t *testing.T, s *suite) {
	p := func(name string, revision int64) resource.Pipeline {
		return resource.Pipeline{Name: name, Digest: "d", Revision: revision, UpdatedAt: 7, UpdatedBy: actor, Spec: blueprint.Pipeline{
			Kind: blueprint.KindPipeline, Metadata: blueprint.PipelineMetadata{Name: name},
			Spec: blueprint.PipelineSpec{Environments: []blueprint.Stage{{Name: "staging"}}}}}
	}
	s.update(func(tx control.Tx) error {
		for _, name := range []string{"b", "a"} {
			if err := tx.PutPipeline(p(name, 1)); err != nil {
				return err
			}
		}
		return nil
	})
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutPipeline(p("a", 1)) })
	s.refused(fault.NotFound, func(tx control.Tx) error { return tx.PutPipeline(p("c", 2)) })
	s.update(func(tx control.Tx) error { return tx.PutPipeline(p("a", 2)) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutPipeline(p("a", 2)) })
	s.reopen()
	equal(t, "Pipeline", read(s, func(r control.Reader) (resource.Pipeline, error) { return r.Pipeline("a") }), p("a", 2))
	equal(t, "Pipelines", read(s, control.Reader.Pipelines), []resource.Pipeline{p("a", 2), p("b", 1)})
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.DeletePipeline("a", 1) })
	s.refused(fault.NotFound, func(tx control.Tx) error { return tx.DeletePipeline("c", 1) })
	s.update(func(tx control.Tx) error { return tx.DeletePipeline("a", 2) })
	absent(s, func(r control.Reader) (resource.Pipeline, error) { return r.Pipeline("a") })
}

func testWaivers(t *testing.T, s *suite) {
	w := func(id, agent, digest, state string) resource.Waiver {
		return resource.Waiver{ID: id, Agent: agent, Digest: digest, Gate: "evaluation", State: state, Reason: "why", CreatedBy: actor, ExpiresAt: 9, Revision: 1}
	}
	all := []resource.Waiver{w("w1", "x", "d1", "requested"), w("w2", "x", "d2", "approved"), w("w3", "y", "d3", "approved")}
	s.update(func(tx control.Tx) error {
		for _, v := range all {
			if err := tx.InsertWaiver(v); err != nil {
				return err
			}
		}
		return nil
	})
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertWaiver(all[0]) })
	for _, c := range []struct {
		name   string
		filter control.WaiverFilter
		want   []string
	}{
		{"all", control.WaiverFilter{}, []string{"w3", "w2", "w1"}},
		{"agent", control.WaiverFilter{Agent: "x"}, []string{"w2", "w1"}},
		{"digest", control.WaiverFilter{Digest: "d3"}, []string{"w3"}},
		{"state", control.WaiverFilter{Agent: "x", State: "approved"}, []string{"w2"}},
	} {
		got := read(s, func(r control.Reader) ([]resource.Waiver, error) { return r.Waivers(c.filter, control.Page{}) })
		equal(t, "Waivers "+c.name, ids(got, func(w resource.Waiver) string { return w.ID }), c.want)
	}
	revoked := all[1]
	revoked.State, revoked.Revision = "revoked", 2
	s.update(func(tx control.Tx) error { return tx.PutWaiver(revoked) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutWaiver(revoked) })
	equal(t, "Waiver", read(s, func(r control.Reader) (resource.Waiver, error) { return r.Waiver("w2") }), revoked)
	absent(s, func(r control.Reader) (resource.Waiver, error) { return r.Waiver("w9") })
}
