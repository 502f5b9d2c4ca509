package control

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// A yes to a release is bound to what goes out, and not to how long that takes: a
// preview may last for days. What is approved does not age, and is compared with
// what goes out each time that the gates are read before traffic.

// termsDigest is the digest of what has to be as it was approved whenever the
// version goes out: which version, where, what it changes, how and by which rules.
func termsDigest(rel resource.Release) (string, error) {
	return blueprint.Digest(map[string]any{"release": rel.ID, "version": rel.Digest, "environment": rel.Environment,
		"baseline": rel.Baseline, "delta": rel.Delta, "plan": rel.Plan, "stage": rel.Stage})
}

// approvedTerms is what an approval of a release signs besides who approved it.
type approvedTerms struct {
	Request string           `json:"request"`
	Terms   string           `json:"terms"`
	Gates   []gateAsApproved `json:"gates"`
	Quorum  int              `json:"quorum"`
}

// gateAsApproved is the verdict of a gate that people were shown.
type gateAsApproved struct {
	Name    string           `json:"name"`
	Verdict resource.Verdict `json:"verdict"`
}

// releasePredicate is what the approval of a release signs.
func releasePredicate(a resource.Approval, rel resource.Release) (map[string]any, error) {
	p := approvalPredicate(a)
	terms, err := termsDigest(rel)
	if err != nil {
		return nil, err
	}
	gates := make([]gateAsApproved, len(rel.Gates))
	for i, g := range rel.Gates {
		gates[i] = gateAsApproved{g.Name, g.Verdict}
	}
	p["terms"], p["gates"] = terms, gates
	return p, nil
}

// approvalGate asks for the signed yes to the release's request, and that what
// goes out is what it is about.
func (c *Control) approvalGate(r Reader, rel resource.Release) (resource.Gate, error) {
	g := resource.Gate{Name: resource.EvidenceApproval, Verdict: resource.Block, Code: resource.MissingData, At: c.now(),
		Remediation: remediations[resource.EvidenceApproval]}
	list, err := r.Evidence(approvalOf(rel), Page{Limit: 1})
	if err != nil {
		return g, err
	}
	if len(list) == 0 {
		g.Message = "there is no approval evidence for this version in this release"
		return g, nil
	}
	g.Evidence = list[0].Digest
	var p approvedTerms
	if err := c.said(list[0], approvalOf(rel), &p); err != nil {
		g.Code, g.Message, g.Remediation = resource.PolicyViolation, err.Error(), tampered
		return g, nil
	}
	terms, err := termsDigest(rel)
	switch {
	case err != nil:
		return g, err
	case p.Request != rel.Approval:
		g.Message = fmt.Sprintf("the newest approval answers request %s, and the release waits for %s", p.Request, rel.Approval)
	case p.Terms == "": // signed by a build that signed no terms: it is judged as that one did
		g = c.judge(g, list[0], approvalOf(rel), maxAgeOf(rel, g.Name)+time.Duration(rel.FrozenMs)*time.Millisecond)
		if g.Verdict == resource.Block {
			g.Remediation = remediations[g.Name]
		}
	case p.Terms != terms:
		g.Code, g.Message = resource.ConflictData, "what goes out is not what people said yes to"
	default:
		g.Verdict, g.Code, g.Remediation, g.Message = resource.Pass, "", "", "people said yes to what goes out, and it is signed"
	}
	return g, nil
}

func approvalOf(rel resource.Release) EvidenceFilter {
	return EvidenceFilter{Subject: rel.Digest, Kind: resource.EvidenceApproval, Release: rel.ID}
}

// said verifies evidence that was looked up by f, and reads what it signs.
func (c *Control) said(e resource.Evidence, f EvidenceFilter, into any) error {
	if err := c.checkFound(e, f); err != nil {
		return err
	}
	st, err := attest.Verify(e.Bundle, c.cfg.Key.PublicPEM())
	if err != nil {
		return err
	}
	if err := json.Unmarshal(st.Predicate, into); err != nil {
		return fault.Wrap(err, fault.Verification, "%s evidence %s: the signed predicate cannot be read", e.Kind, e.ID)
	}
	return nil
}

// lessThanApproved reports whether checks that were made again found less than
// people said yes to: a gate passes with a warning that they were not shown, or
// more people have to be asked.
func (c *Control) lessThanApproved(r Reader, rel resource.Release, ev release.Event) (bool, error) {
	if rel.ApprovedAt == 0 {
		return false, nil
	}
	list, err := r.Evidence(approvalOf(rel), Page{Limit: 1})
	if err != nil || len(list) == 0 {
		return true, err
	}
	var p approvedTerms
	if c.said(list[0], approvalOf(rel), &p) != nil || p.Terms == "" || ev.Quorum > p.Quorum {
		return true, nil
	}
	return slices.ContainsFunc(ev.Gates, func(g resource.Gate) bool {
		return g.Verdict != resource.Pass && !slices.Contains(p.Gates, gateAsApproved{g.Name, g.Verdict})
	}), nil
}

// voidApproval ends a yes that is not used any more.
func (t *tx) voidApproval(id, why string) error {
	if id == "" {
		return nil
	}
	a, err := t.Approval(id)
	if err != nil || a.State != resource.ApprovalApproved {
		return err
	}
	a.State, a.Revision = resource.ApprovalWithdrawn, a.Revision+1
	if err := t.PutApproval(a); err != nil {
		return err
	}
	return t.recordApproval(a, "approval.withdrawn", resource.System, why, nil)
}
