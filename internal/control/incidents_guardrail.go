package control

import (
	"cmp"
	"context"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The bounds of the good runs that a guardrail is replayed over. One that is
// replayed as a scenario asks the model.
const (
	defaultGoodRuns  = 200
	maxGoodRuns      = 1000
	defaultGoodPlays = 20
	maxGoodPlays     = 200
)

// leastMinPass is the least share of good runs that may be asked for: a guardrail
// that stops more of the good work is none.
const leastMinPass = 0.9

// ProveGuardrail proves what would have caught the bad version. For each cause of
// its failing runs a scenario has to fail on the bad version as a recorded run did
// and pass on the version that holds it; a policy or a CRV gate of that version has
// to stop all these runs. Either has to let the recorded good runs pass. The
// incident is resolved, and the quarantine ends, once its root cause is recorded
// too; every later release of the agent replays the guardrail.
// fault.Blocked when the proof does not hold. Operator.
func (c *Control) ProveGuardrail(ctx context.Context, p Principal, id string, r GuardrailRequest) (in resource.Incident, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return in, err
	}
	if r, err = withGuardrailDefaults(r); err != nil {
		return in, err
	}
	var bad, good resource.Version
	err = c.view(ctx, func(rd Reader) error {
		if in, err = rd.Incident(id); err != nil {
			return err
		}
		if in.State == incidentResolved {
			return fault.New(fault.Conflict, "incident %s is resolved; its guardrail is final", id)
		}
		if bad, err = rd.VersionByDigest(in.Agent, in.Digest); err != nil {
			return err
		}
		good, err = resolve(rd, r.Version)
		return err
	})
	if err != nil {
		return in, err
	}
	if good.Agent != bad.Agent || good.Digest == bad.Digest {
		return in, fault.New(fault.Invalid, "name a version of %s other than the bad one, %s", bad.Agent, bad.Name)
	}
	proof, evidence, err := c.prove(ctx, p, in, bad, good, r)
	if err != nil {
		return in, err
	}
	err = c.update(ctx, func(t *tx) error { in, err = t.keepGuardrail(p, id, proof, evidence); return err })
	return in, err
}

func withGuardrailDefaults(r GuardrailRequest) (GuardrailRequest, error) {
	r.Kind, r.MinPass = cmp.Or(r.Kind, resource.GuardrailScenario), cmp.Or(r.MinPass, 1)
	usual, most := defaultGoodRuns, maxGoodRuns
	if r.Kind == resource.GuardrailScenario {
		usual, most = defaultGoodPlays, maxGoodPlays
	}
	r.GoodRuns = cmp.Or(r.GoodRuns, usual)
	switch {
	case r.Kind != resource.GuardrailScenario && r.Kind != resource.GuardrailPolicy && r.Kind != resource.GuardrailCRV:
		return r, fault.New(fault.Invalid, "%q is no kind of guardrail; write scenario, policy or crv", r.Kind)
	case r.Name == "":
		return r, fault.New(fault.Invalid, "name the %s that would have caught the version", r.Kind)
	case r.GoodRuns < 1 || r.GoodRuns > most:
		return r, fault.New(fault.Invalid, "%d good runs are asked for; ask for 1 to %d with a %s", r.GoodRuns, most, r.Kind)
	case !(r.MinPass >= leastMinPass && r.MinPass <= 1):
		return r, fault.New(fault.Invalid, "%g is no share of good runs that has to pass; write %g to 1", r.MinPass, leastMinPass)
	}
	return r, nil
}

// prove makes the signed proof, which is about the bad version.
func (c *Control) prove(ctx context.Context, p Principal, in resource.Incident, bad, good resource.Version, r GuardrailRequest) (proof resource.GuardrailProof, e resource.Evidence, err error) {
	proof = resource.GuardrailProof{Incident: in.ID, Kind: r.Kind, Name: r.Name, Version: good.Digest, Bad: in.Digest, MinPass: r.MinPass,
		Groups: []string{}, Stop: []resource.ReplayedRun{}, Pass: []resource.ReplayedRun{}}
	if r.Kind == resource.GuardrailScenario {
		err = c.scenarioProof(ctx, in, bad, good, r, &proof)
	} else {
		err = c.ruleProof(ctx, in, good, r, &proof)
	}
	if err == nil && !proof.Passed {
		err = fault.New(fault.Blocked, "%s", proof.Message)
	}
	if err == nil {
		e, err = c.sign(guardrailClaim(bad, "", "", resource.Pass, proof, nil, p.Actor))
	}
	return proof, e, err
}

// keepGuardrail stores a proof and what follows from it.
func (t *tx) keepGuardrail(p Principal, id string, proof resource.GuardrailProof, e resource.Evidence) (in resource.Incident, err error) {
	if in, err = t.Incident(id); err != nil {
		return in, err
	}
	if in.State == incidentResolved {
		return in, fault.New(fault.Conflict, "incident %s was resolved meanwhile", id)
	}
	if err := t.insertEvidence(e); err != nil {
		return in, err
	}
	in.Guardrail = &resource.Guardrail{Kind: proof.Kind, Name: proof.Name, Version: proof.Version, Evidence: e.ID, At: t.c.now()}
	for _, sc := range proof.Scenarios {
		in.Guardrail.Scenarios = append(in.Guardrail.Scenarios, sc.Name)
	}
	if in, err = t.putIncident(in); err != nil {
		return in, err
	}
	if err := t.recordIncident(in, "incident.guardrail_proven", p.Actor, "Guardrail proven: "+proof.Message); err != nil {
		return in, err
	}
	return t.resolveIfDone(in, p.Actor)
}

// resolveIfDone resolves an incident whose cause is recorded and whose guardrail
// is proven, and ends the quarantine that it keeps.
func (t *tx) resolveIfDone(in resource.Incident, by resource.Actor) (resource.Incident, error) {
	if in.RCA == nil || in.Guardrail == nil && !in.Drill { // no guardrail would catch what was bad on purpose
		return in, nil
	}
	in.State, in.ResolvedAt = incidentResolved, t.c.now()
	in, err := t.putIncident(in)
	if err != nil {
		return in, err
	}
	if in.Drill { // its version stays where it is
		return in, t.recordIncident(in, "incident.resolved", by, "")
	}
	left, err := t.otherQuarantine(in)
	if err == nil {
		err = t.SetQuarantine(in.Agent, in.Digest, left)
	}
	if err != nil {
		return in, err
	}
	reason := ""
	if left != nil {
		reason = "the version stays in quarantine for incident " + left.Incident
	}
	return in, t.recordIncident(in, "incident.resolved", by, reason)
}

// otherQuarantine is that of the newest other incident of the same version that is
// not resolved, nil when there is none: each incident of a version keeps it.
func (t *tx) otherQuarantine(in resource.Incident) (left *resource.Quarantine, err error) {
	err = eachIncident(t, IncidentFilter{Agent: in.Agent}, func(o resource.Incident) error {
		if left == nil && o.ID != in.ID && o.Digest == in.Digest && o.State != incidentResolved {
			left = &resource.Quarantine{Incident: o.ID, Reason: o.Summary, Since: o.OpenedAt}
		}
		return nil
	})
	return left, err
}
