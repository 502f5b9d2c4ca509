package control

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The bounds of the good runs that a rule is replayed over.
const (
	defaultGoodRuns = 200
	maxGoodRuns     = 1000
)

// ProveGuardrail proves what would have caught the bad version. A scenario has to
// fail on the bad version and pass on the one that holds it. A policy or a CRV gate
// of that version has to stop the recorded bad runs and to let the good ones pass.
// The incident is resolved, and the quarantine ends, once its root cause is
// recorded too; every later release of the agent replays the guardrail.
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
	evidence, said, err := c.prove(ctx, p, in, bad, good, r)
	if err != nil {
		return in, err
	}
	err = c.update(ctx, func(t *tx) error { in, err = t.keepGuardrail(p, id, r, good, evidence, said); return err })
	return in, err
}

func withGuardrailDefaults(r GuardrailRequest) (GuardrailRequest, error) {
	r.Kind, r.GoodRuns, r.MinPass = cmp.Or(r.Kind, resource.GuardrailScenario), cmp.Or(r.GoodRuns, defaultGoodRuns), cmp.Or(r.MinPass, 1)
	switch {
	case r.Kind != resource.GuardrailScenario && r.Kind != resource.GuardrailPolicy && r.Kind != resource.GuardrailCRV:
		return r, fault.New(fault.Invalid, "%q is no kind of guardrail; write scenario, policy or crv", r.Kind)
	case r.Name == "":
		return r, fault.New(fault.Invalid, "name the %s that would have caught the version", r.Kind)
	case r.GoodRuns < 1 || r.GoodRuns > maxGoodRuns:
		return r, fault.New(fault.Invalid, "%d good runs are asked for; ask for 1 to %d", r.GoodRuns, maxGoodRuns)
	case r.MinPass < 0 || r.MinPass > 1:
		return r, fault.New(fault.Invalid, "%g is no share of good runs; write more than 0 and at most 1", r.MinPass)
	}
	return r, nil
}

// prove makes the signed proof, which is about the bad version, and says in a
// sentence what it shows.
func (c *Control) prove(ctx context.Context, p Principal, in resource.Incident, bad, good resource.Version, r GuardrailRequest) (resource.Evidence, string, error) {
	if r.Kind == resource.GuardrailScenario {
		e, err := c.scenarioProof(ctx, p, bad, good, r.Name)
		return e, fmt.Sprintf("Guardrail proven: scenario %q of %s fails on %s and passes on %s.", r.Name, good.Name, bad.Name, good.Name), err
	}
	proof, err := c.ruleProof(ctx, in, good, r)
	if err != nil {
		return resource.Evidence{}, "", err
	}
	if !proof.Passed {
		return resource.Evidence{}, "", fault.New(fault.Blocked, "%s", proof.Message)
	}
	e, err := c.sign(guardrailClaim(bad, "", "", resource.Pass, proof, nil, p.Actor))
	return e, "Guardrail proven: " + proof.Message, err
}

// keepGuardrail stores a proof and what follows from it.
func (t *tx) keepGuardrail(p Principal, id string, r GuardrailRequest, good resource.Version, e resource.Evidence, said string) (in resource.Incident, err error) {
	if in, err = t.Incident(id); err != nil {
		return in, err
	}
	if in.State == incidentResolved {
		return in, fault.New(fault.Conflict, "incident %s was resolved meanwhile", id)
	}
	if err := t.insertEvidence(e); err != nil {
		return in, err
	}
	in.Guardrail = &resource.Guardrail{Kind: r.Kind, Name: r.Name, Version: good.Digest, Evidence: e.ID, At: t.c.now()}
	if in, err = t.putIncident(in); err != nil {
		return in, err
	}
	if err := t.recordIncident(in, "incident.guardrail_proven", p.Actor, said); err != nil {
		return in, err
	}
	return t.resolveIfDone(in, p.Actor)
}

// scenarioProof replays the scenario on both versions.
func (c *Control) scenarioProof(ctx context.Context, p Principal, bad, good resource.Version, scenario string) (e resource.Evidence, err error) {
	sc, err := scenarioOf(good, scenario)
	if err != nil {
		return e, err
	}
	onBad, err := c.replay(ctx, bad, sc, "guardrail")
	if err != nil {
		return e, err
	}
	onGood, err := c.replay(ctx, good, sc, "guardrail")
	if err != nil {
		return e, err
	}
	if err := cmp.Or(measured(bad, onBad.Outage()), measured(good, onGood.Outage())); err != nil {
		return e, err // a model that is down fails every scenario
	}
	switch {
	case onBad.Passed:
		return e, fault.New(fault.Blocked, "scenario %q passes on %s: it would not have caught it; make one from a failing run with `aureus scenario from-run`", scenario, bad.Name)
	case !onGood.Passed:
		return e, fault.New(fault.Blocked, "scenario %q fails on %s as well (%s): mend the version, push it and prove again", scenario, good.Name, onGood.Scenarios[0].Message)
	}
	return c.sign(simulationClaim(resource.EvidenceSimulation, bad, onBad, "", "", p.Actor))
}

// resolveIfDone resolves an incident whose cause is recorded and whose guardrail
// is proven, and ends the quarantine.
func (t *tx) resolveIfDone(in resource.Incident, by resource.Actor) (resource.Incident, error) {
	if in.RCA == nil || in.Guardrail == nil {
		return in, nil
	}
	in.State, in.ResolvedAt = incidentResolved, t.c.now()
	in, err := t.putIncident(in)
	if err != nil {
		return in, err
	}
	left, err := t.otherQuarantine(in)
	if err == nil {
		err = t.SetQuarantine(in.Agent, in.Digest, left)
	}
	if err != nil {
		return in, err
	}
	return in, t.recordIncident(in, "incident.resolved", by, "")
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
