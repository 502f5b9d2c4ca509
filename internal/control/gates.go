package control

import (
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// Gates that read no evidence.
const (
	gateQuarantine = pipeline.GateQuarantine
	gateOrder      = pipeline.GateOrder
	gateBaseline   = "baseline"
	gateTools      = "tools"
	gateSignature  = pipeline.GateSignature
)

// tampered is what to do about evidence that does not verify. No waiver helps.
const tampered = "treat this as tampering: verify the ledger with `aureus audit verify`"

// remediations say what to do when a gate's evidence does not let a version pass.
var remediations = map[string]string{
	resource.EvidenceValidation: "run `aureus validate` on the blueprint, mend what it finds, push again",
	resource.EvidenceSimulation: "run `aureus simulate` on the version, mend what fails, push again",
	resource.EvidenceEvaluation: "run `aureus evaluate` on the version, mend what fails, push again",
	resource.EvidencePolicy:     "run `aureus policy check` on the blueprint, mend what fails or accept it in release.acceptProperties, push again",
	resource.EvidenceApproval:   "start the release again",
	resource.EvidenceGuardrail:  "put back the rule that the incident was resolved with, or another one that stops its bad runs, push again",
	resource.EvidenceSmoke:      "run the suite named smoke with `aureus simulate FILE --suite smoke`, mend what fails, push again",
}

// evidenceGate reads the newest evidence of a kind that the release made and
// judges it: missing, stale, unsigned, about another digest, or itself not
// passing all block, unless a waiver lets the version pass.
func (c *Control) evidenceGate(r Reader, rel resource.Release, kind string) (resource.Gate, error) {
	g := resource.Gate{Name: kind, Verdict: resource.Block, Code: resource.MissingData, At: c.now(), Remediation: remediations[kind]}
	wanted := EvidenceFilter{Subject: rel.Digest, Kind: kind, Release: rel.ID}
	list, err := r.Evidence(wanted, Page{Limit: 1})
	if err != nil {
		return g, err
	}
	if len(list) == 0 {
		g.Message = "there is no " + kind + " evidence for this version in this release"
		return c.waive(r, rel, g)
	}
	g = c.judge(g, list[0], wanted, maxAgeOf(rel, kind))
	if g.Remediation == "" && g.Verdict == resource.Block {
		g.Remediation = "start the release again"
	}
	return c.waive(r, rel, g)
}

// judge is the verdict of evidence that was found: it has to be signed, about what
// was looked for, young enough, and passing.
func (c *Control) judge(g resource.Gate, e resource.Evidence, wanted EvidenceFilter, maxAge time.Duration) resource.Gate {
	g.Evidence = e.Digest
	age := time.Duration(g.At-e.CreatedAt) * time.Millisecond
	if err := c.checkFound(e, wanted); err != nil {
		g.Code, g.Message, g.Remediation = resource.PolicyViolation, err.Error(), tampered
		return g
	}
	switch {
	case age > maxAge:
		g.Message = fmt.Sprintf("the %s evidence is %s old; it may be %s old at most", g.Name, age.Round(time.Minute), maxAge)
		g.Remediation = ""
	case e.Verdict == resource.Pass || e.Verdict == resource.Warn:
		g.Verdict, g.Code, g.Remediation = e.Verdict, "", ""
		g.Message = "the signed " + g.Name + " evidence passes"
	default:
		g.Code, g.Message = resource.PolicyViolation, "the signed "+g.Name+" evidence does not pass"+failedProperties(e)+failedGuardrails(e)
	}
	return g
}

// maxAgeOf is how old the evidence of a gate may be: the stage's age, or that of
// the gate's own entry.
func maxAgeOf(rel resource.Release, gate string) time.Duration {
	st := rel.Stage.Stage
	for _, g := range st.Before {
		if g.Name == gate && g.MaxAge > 0 {
			return time.Duration(g.MaxAge)
		}
	}
	return st.EvidenceMaxAge.D(blueprint.DefaultEvidenceMaxAge)
}

// orderGate asks that the same digest was promoted in the environment before. It
// is no verdict when the evidence cannot be read now.
func (c *Control) orderGate(r Reader, v resource.Version, rs resource.ReleaseStage) (resource.Gate, error) {
	g := resource.Gate{Name: gateOrder, Verdict: resource.Pass, At: c.now()}
	if rs.After == "" {
		g.Message = rs.Stage.Name + " is the first environment"
		return g, nil
	}
	if rs.Skips(gateOrder) {
		return c.skippedGate(gateOrder), nil
	}
	e, err := c.promotionOf(r, v.Digest, rs.After)
	switch {
	case err == nil:
		g.Evidence, g.Message = e.Digest, "the same digest was promoted in "+rs.After
	case lasting(err):
		g.Verdict, g.Code = resource.Block, resource.MissingData
		g.Message = fmt.Sprintf("%s has not been promoted in %s with valid evidence: %s", v.Name, rs.After, sentenceOf(err))
		g.Remediation = fmt.Sprintf("aureus release start %s --env %s", v.Name, rs.After)
	default:
		return g, err
	}
	return g, nil
}

// skippedGate is a gate that a hotfix goes without.
func (c *Control) skippedGate(name string) resource.Gate {
	return resource.Gate{Name: name, Verdict: resource.Warn, At: c.now(), Message: "a hotfix goes without this gate"}
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

// checkKinds are the kinds of evidence that the checks of every release leave.
func checkKinds() []string {
	return []string{resource.EvidenceValidation, resource.EvidencePolicy, resource.EvidenceSimulation, resource.EvidenceEvaluation,
		resource.EvidenceGuardrail}
}

// checkGates are the gates that stand at the end of the checks and again before
// traffic: quarantine, order, the evidence of the checks, and what others submitted.
func (c *Control) checkGates(r Reader, rel resource.Release, v resource.Version) ([]resource.Gate, error) {
	order, err := c.orderGate(r, v, rel.Stage)
	if err != nil {
		return nil, err
	}
	gates := []resource.Gate{c.quarantineGate(v), order}
	for _, kind := range checkKinds() {
		if rel.Stage.Skips(kind) {
			made, err := r.Evidence(EvidenceFilter{Subject: rel.Digest, Kind: kind, Release: rel.ID}, Page{Limit: 1})
			if err != nil {
				return nil, err
			}
			if len(made) == 0 {
				gates = append(gates, c.skippedGate(kind))
				continue
			}
		}
		g, err := c.evidenceGate(r, rel, kind)
		if err != nil {
			return nil, err
		}
		gates = append(gates, g)
	}
	for _, rule := range rel.Stage.Stage.Before {
		if !rule.External {
			continue
		}
		g, err := c.externalGate(r, rel, rule)
		if err != nil {
			return nil, err
		}
		gates = append(gates, g)
	}
	return gates, nil
}

// trafficGates are the gates that have to pass still when a release is about to
// get traffic: a release can be held for long, and much can happen meanwhile.
func (t *tx) trafficGates(rel resource.Release) ([]resource.Gate, error) {
	v, err := t.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return nil, err
	}
	d, err := t.deployment(&rel)
	if err != nil {
		return nil, err
	}
	gates, err := t.c.checkGates(t, rel, v)
	if err != nil {
		return nil, err
	}
	gates = append(gates, t.c.baselineGate(rel, d))
	asks, err := t.asksPeople(rel, v, d)
	if err != nil || !asks {
		return gates, err
	}
	g, err := t.c.approvalGate(t, rel)
	return append(gates, g), err
}

// asksPeople reports whether a release needs an approval. The delta over what
// serves is made again from the versions, which are signed, and not only read from
// the release, which is not.
func (t *tx) asksPeople(rel resource.Release, v resource.Version, d resource.Deployment) (bool, error) {
	if rel.Approval != "" || len(pipeline.Rules(rel.Stage, rel.Delta, rel.Tier)) > 0 {
		return true, nil
	}
	var base *resource.Manifest
	if d.Stable != "" {
		bv, err := t.VersionByDigest(v.Agent, d.Stable)
		if err != nil {
			return false, err
		}
		base = bv.Manifest
	}
	delta := crv.Delta(base, v.Manifest, d.Stable, v.Digest)
	return len(pipeline.Rules(rel.Stage, delta, delta.Tier)) > 0, nil
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
