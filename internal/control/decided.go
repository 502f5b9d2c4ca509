package control

import (
	"fmt"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// decided puts a guard decision into the ledger: digests and fixed words, no
// argument and no argument's name, which the model may have made up.
func (t *tx) decided(run resource.Run, cp agentrun.Checkpoint) error {
	d := *cp.Decision
	attrs := map[string]string{"decision": string(d.State), "args": d.ArgsDigest, "check": d.Check,
		"phase": d.Before.Phase, "phaseAfter": d.After.Phase, "tainted": strconv.FormatBool(d.Before.Tainted),
		"confidentiality": d.Before.Confidentiality, "policyDigest": d.PolicyDigest}
	for i, id := range d.Policies {
		attrs[fmt.Sprintf("policy.%02d", i)] = id
	}
	for key, value := range map[string]string{"target": d.Target, "content": d.Content, "code": string(d.Code), "approval": d.Approval} {
		if value != "" {
			attrs[key] = value
		}
	}
	if d.Allowance {
		attrs["allowance"] = "true"
	}
	if len(d.Arguments) > 0 {
		digest, err := blueprint.Digest(map[string]any{"arguments": d.Arguments, "origins": d.Origins})
		if err != nil {
			return err
		}
		attrs["provenance"] = digest
	}
	if cp.Call != nil {
		attrs["tool"], attrs["call"] = cp.Call.Tool.Name, cp.Call.ID
	}
	t.then(func() { t.c.cfg.Meter.Decided(run.Agent, run.Environment, d) })
	return t.record(resource.Event{Actor: resource.Actor{Name: run.Agent, Kind: "agent"}, Action: "guard.decided", SubjectKind: "run",
		SubjectID: run.ID, Digest: run.Digest, Agent: run.Agent, Environment: run.Environment, Reason: d.Check, Attrs: attrs})
}
