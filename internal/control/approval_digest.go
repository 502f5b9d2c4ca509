package control

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// askedDigest is what the answers to a request are bound to: what is to be
// approved, and by whom.
func askedDigest(content string, a resource.Approval) (string, error) {
	doc := map[string]any{"content": content, "rules": rulesOf(a), "parties": a.Parties}
	if len(a.Rules) == 0 {
		doc["excluded"] = a.Excluded
	}
	return blueprint.Digest(doc)
}

// asAsked is fault.Conflict unless a request is still about content, by the rules
// and the parties that it is stored with.
func asAsked(content string, a resource.Approval) error {
	digest, err := askedDigest(content, a)
	if err == nil && digest != a.Digest {
		err = fault.New(fault.Conflict, "what is to be approved, or who has to, changed since people were asked; ask again")
	}
	return err
}

// releaseDigest is what an approval of a release is about: all that people are
// shown of it. That is the version, where it goes, what changes, how it goes out
// and by which rules, and the evidence, with the reports that it signs, the gates
// and the waivers that it goes out on.
func releaseDigest(r Reader, rel resource.Release) (string, error) {
	list, err := evidenceOf(r, rel)
	if err != nil {
		return "", err
	}
	var digests []string
	for _, e := range list {
		digests = append(digests, e.Digest)
	}
	slices.Sort(digests)
	return blueprint.Digest(map[string]any{"release": rel.ID, "version": rel.Digest, "environment": rel.Environment,
		"baseline": rel.Baseline, "delta": rel.Delta, "plan": rel.Plan, "stage": rel.Stage, "gates": gateLines(rel.Gates), "evidence": digests})
}

// evidenceOf is the evidence that a release goes out on, but for the approval
// itself.
func evidenceOf(r Reader, rel resource.Release) ([]resource.Evidence, error) {
	list, err := r.Evidence(EvidenceFilter{Subject: rel.Digest, Release: rel.ID}, Page{Limit: 1000})
	return slices.DeleteFunc(list, func(e resource.Evidence) bool { return e.Kind == resource.EvidenceApproval }), err
}

// gateLines are what people are shown of gates: a gate that passes by a waiver
// says so.
func gateLines(gates []resource.Gate) []map[string]string {
	out := make([]map[string]string, 0, len(gates))
	for _, g := range gates {
		out = append(out, map[string]string{"name": g.Name, "verdict": string(g.Verdict), "message": g.Message, "evidence": g.Evidence})
	}
	return out
}
