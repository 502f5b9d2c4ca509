package control

import (
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// evidenceMaxAge is how old the evidence that a gate reads may be.
const evidenceMaxAge = 24 * time.Hour

// Gates that read no evidence.
const (
	gateQuarantine = "quarantine"
	gateOrder      = "order"
	gateBaseline   = "baseline"
	gateTools      = "tools"
	gateSignature  = "signature"
)

// remediations say what to do when a gate's evidence does not let a version pass.
var remediations = map[string]string{
	resource.EvidenceValidation: "run `aureus validate` on the blueprint, mend what it finds, push again",
	resource.EvidenceSimulation: "run `aureus simulate` on the version, mend what fails, push again",
	resource.EvidenceEvaluation: "run `aureus evaluate` on the version, mend what fails, push again",
	resource.EvidencePolicy:     "run `aureus policy check` on the blueprint, mend what fails or accept it in release.acceptProperties, push again",
	resource.EvidenceApproval:   "start the release again",
	resource.EvidenceSmoke:      "run the suite named smoke with `aureus simulate FILE --suite smoke`, mend what fails, push again",
}

// evidenceGate reads the newest evidence of a kind that the release made and
// judges it: missing, stale, unsigned, about another digest, or itself not
// passing all block.
func (c *Control) evidenceGate(r Reader, rel resource.Release, kind string) (resource.Gate, error) {
	g := resource.Gate{Name: kind, Verdict: resource.Block, Code: resource.MissingData, At: c.now(), Remediation: remediations[kind]}
	wanted := EvidenceFilter{Subject: rel.Digest, Kind: kind, Release: rel.ID}
	list, err := r.Evidence(wanted, Page{Limit: 1})
	if err != nil {
		return g, err
	}
	if len(list) == 0 {
		g.Message = "there is no " + kind + " evidence for this version in this release"
		return g, nil
	}
	e := list[0]
	g.Evidence = e.Digest
	age := time.Duration(g.At-e.CreatedAt) * time.Millisecond
	if err := c.checkFound(e, wanted); err != nil {
		g.Code, g.Message = resource.PolicyViolation, err.Error()
		g.Remediation = "treat this as tampering: verify the ledger with `aureus audit verify`"
		return g, nil
	}
	switch {
	case age > evidenceMaxAge:
		g.Message = fmt.Sprintf("the %s evidence is %s old; it may be %s old at most", kind, age.Round(time.Minute), evidenceMaxAge)
		g.Remediation = "start the release again"
	case e.Verdict == resource.Pass || e.Verdict == resource.Warn:
		g.Verdict, g.Code, g.Remediation = e.Verdict, "", ""
		g.Message = "the signed " + kind + " evidence passes"
	default:
		g.Code, g.Message = resource.PolicyViolation, "the signed "+kind+" evidence does not pass"+failedProperties(e)
	}
	return g, nil
}

// orderGate asks that the same digest was promoted in the environment before. It
// is no verdict when the evidence cannot be read now.
func (c *Control) orderGate(r Reader, v resource.Version, env resource.Environment) (resource.Gate, error) {
	g := resource.Gate{Name: gateOrder, Verdict: resource.Pass, At: c.now()}
	if env.After == "" {
		g.Message = env.Name + " is the first environment"
		return g, nil
	}
	e, err := c.promotionOf(r, v.Digest, env.After)
	switch {
	case err == nil:
		g.Evidence, g.Message = e.Digest, "the same digest was promoted in "+env.After
	case lasting(err):
		g.Verdict, g.Code = resource.Block, resource.MissingData
		g.Message = fmt.Sprintf("%s has not been promoted in %s with valid evidence: %s", v.Name, env.After, sentenceOf(err))
		g.Remediation = fmt.Sprintf("aureus release start %s --env %s", v.Name, env.After)
	default:
		return g, err
	}
	return g, nil
}

// promotionOf is the verified promotion evidence of a digest in an environment.
func (c *Control) promotionOf(r Reader, digest, env string) (resource.Evidence, error) {
	wanted := EvidenceFilter{Subject: digest, Kind: resource.EvidencePromotion, Environment: env}
	list, err := r.Evidence(wanted, Page{Limit: 1})
	if err != nil {
		return resource.Evidence{}, err
	}
	if len(list) == 0 {
		return resource.Evidence{}, fault.New(fault.NotFound, "there is no promotion evidence")
	}
	return list[0], c.checkFound(list[0], wanted)
}

// trafficGates are the gates that have to pass still when a release is about to
// get traffic: a release can be held for long, and much can happen meanwhile.
func (t *tx) trafficGates(rel resource.Release, env resource.Environment) ([]resource.Gate, error) {
	v, err := t.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return nil, err
	}
	d, err := t.deployment(&rel)
	if err != nil {
		return nil, err
	}
	order, err := t.c.orderGate(t, v, env)
	if err != nil {
		return nil, err
	}
	gates := []resource.Gate{t.c.quarantineGate(v), order, t.c.baselineGate(rel, d)}
	tier, err := t.tierOf(v, d)
	if err != nil {
		return nil, err
	}
	kinds := []string{resource.EvidenceValidation, resource.EvidencePolicy, resource.EvidenceSimulation, resource.EvidenceEvaluation}
	if env.Approvals[rel.Tier] > 0 || env.Approvals[tier] > 0 {
		kinds = append(kinds, resource.EvidenceApproval)
	}
	for _, kind := range kinds {
		g, err := t.c.evidenceGate(t, rel, kind)
		if err != nil {
			return nil, err
		}
		gates = append(gates, g)
	}
	return gates, nil
}

// tierOf is the tier of the approval that v needs over what serves. It is read
// from the versions, which are signed, and not from the release, which is not.
func (t *tx) tierOf(v resource.Version, d resource.Deployment) (blueprint.Tier, error) {
	if d.Stable == "" {
		return crv.Delta(nil, v.Manifest, "", v.Digest).Tier, nil
	}
	base, err := t.VersionByDigest(v.Agent, d.Stable)
	if err != nil {
		return "", err
	}
	return crv.Delta(base.Manifest, v.Manifest, d.Stable, v.Digest).Tier, nil
}

// baselineGate asks that what the release was compared with still serves.
func (c *Control) baselineGate(rel resource.Release, d resource.Deployment) resource.Gate {
	g := resource.Gate{Name: gateBaseline, Verdict: resource.Pass, At: c.now(), Message: "what the version was compared with still serves"}
	if d.Stable != rel.Baseline {
		g.Verdict, g.Code = resource.Block, resource.ConflictData
		g.Message = "what serves has changed since the version was compared with it and approved"
		g.Remediation = "start the release again"
	}
	return g
}

// quarantineGate blocks a version that was quarantined after the release began.
func (c *Control) quarantineGate(v resource.Version) resource.Gate {
	g := resource.Gate{Name: gateQuarantine, Verdict: resource.Pass, At: c.now(), Message: "the version is not in quarantine"}
	if q := v.Quarantine; q != nil {
		g.Verdict, g.Code, g.Message = resource.Block, resource.PolicyViolation, "in quarantine since incident "+q.Incident
		g.Remediation = "aureus incident show " + q.Incident
	}
	return g
}
