package control

import (
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// ignored puts the failed checks that a blueprint justifies into the ledger: the
// gate, what it judged, and the digest of the justification, which is in the
// version.
func (t *tx) ignored(run resource.Run, steps []resource.Step) error {
	for _, s := range steps {
		if s.CRV == nil || s.CRV.Justification == "" {
			continue
		}
		why, err := blueprint.Digest(s.CRV.Justification)
		if err != nil {
			return err
		}
		err = t.record(resource.Event{Actor: resource.Actor{Name: run.Agent, Kind: "agent"}, Action: "crv.ignored", SubjectKind: "run",
			SubjectID: run.ID, Digest: run.Digest, Agent: run.Agent, Environment: run.Environment, Reason: s.CRV.Gate,
			Attrs: map[string]string{"gate": s.CRV.Gate, "on": s.CRV.On, "code": string(s.CRV.Code), "justification": why,
				"step": strconv.Itoa(s.Index)}})
		if err != nil {
			return err
		}
	}
	return nil
}
