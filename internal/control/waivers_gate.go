package control

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// waivable says why a gate of a stage cannot be waived, nil when it can.
func waivable(rs resource.ReleaseStage, gate string) error {
	if slices.Contains(pipeline.NeverWaived(), gate) {
		return fault.New(fault.Blocked, "the gate %s can never be waived; mend what it finds", gate)
	}
	known := slices.Contains(pipeline.BuiltInGates(), gate)
	for _, rule := range slices.Concat(rs.Stage.Before, rs.Stage.After) {
		if rule.Name != gate {
			continue
		}
		if known = true; rule.Waivable != nil && !*rule.Waivable {
			return fault.New(fault.Blocked, "the pipeline %s says that the gate %s cannot be waived in %s", rs.Pipeline, gate, rs.Stage.Name)
		}
	}
	if !known {
		return fault.New(fault.Invalid, "%s has no gate %q that a waiver could be for; `aureus pipeline show %s` lists them", rs.Stage.Name, gate, rs.Pipeline)
	}
	return nil
}

// waive lets a gate that does not pass warn instead, when an approved and signed
// waiver of the release's digest and environment covers it now.
func (c *Control) waive(r Reader, rel resource.Release, g resource.Gate) (resource.Gate, error) {
	if g.Verdict == resource.Pass || g.Verdict == resource.Warn || g.Remediation == tampered || waivable(rel.Stage, g.Name) != nil {
		return g, nil
	}
	list, err := r.Waivers(WaiverFilter{Digest: rel.Digest, State: waiverApproved}, Page{Limit: 1000})
	if err != nil {
		return g, err
	}
	for _, w := range list {
		if w.Gate != g.Name || w.Environment != rel.Environment || w.ExpiresAt <= c.latest() {
			continue
		}
		e, ok, err := c.signedWaiver(r, w)
		if err != nil {
			return g, err
		}
		if !ok {
			continue
		}
		g.Verdict, g.Code, g.Remediation, g.Evidence = resource.Warn, "", "", e.Digest
		g.Message = fmt.Sprintf("waived until %s by %s (%s): %s", stamp(w.ExpiresAt), e.CreatedBy.Name, w.Reason, g.Message)
		return g, nil
	}
	return g, nil
}

// signedWaiver is the evidence that people approved a waiver as it is recorded.
func (c *Control) signedWaiver(r Reader, w resource.Waiver) (e resource.Evidence, ok bool, err error) {
	e, err = r.EvidenceByID(w.Evidence)
	if fault.Is(err, fault.NotFound) {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	var p struct {
		Waiver, Gate, Environment string
		ExpiresAt                 resource.Millis
	}
	if c.said(e, EvidenceFilter{Subject: w.Digest, Kind: resource.EvidenceWaiver, Environment: w.Environment}, &p) != nil {
		return e, false, nil
	}
	return e, p.Waiver == w.ID && p.Gate == w.Gate && p.Environment == w.Environment && p.ExpiresAt == w.ExpiresAt, nil
}

// smokeWaived reports whether people had waived the smoke tests when they failed:
// by a signed waiver that held at that time, whatever became of it since.
func (c *Control) smokeWaived(r Reader, smoke resource.Evidence) (bool, error) {
	list, err := r.Waivers(WaiverFilter{Digest: smoke.Subject}, Page{Limit: 1000})
	if err != nil {
		return false, err
	}
	for _, w := range list {
		if w.Gate != resource.EvidenceSmoke || w.Environment != smoke.Environment || w.ExpiresAt <= smoke.CreatedAt {
			continue
		}
		e, ok, err := c.signedWaiver(r, w)
		if err != nil {
			return false, err
		}
		if ok && e.CreatedAt <= smoke.CreatedAt {
			return true, c.checkFound(smoke, EvidenceFilter{Subject: smoke.Subject, Kind: resource.EvidenceSmoke, Release: smoke.Release})
		}
	}
	return false, nil
}
