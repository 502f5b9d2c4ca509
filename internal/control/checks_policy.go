package control

import (
	"encoding/json"
	"strings"

	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// properties explores a version's guard with the argument types of its pinned
// tools and answers every property.
func properties(v resource.Version) (guard.PropertyReport, error) {
	g, err := guard.Compile(v.Manifest)
	if err != nil {
		return guard.PropertyReport{}, err
	}
	return g.CheckProperties(&v.Manifest.Blueprint, ""), nil
}

func policyClaim(v resource.Version, r guard.PropertyReport, env, rel string, by resource.Actor) claim {
	passed, failed := []string{}, []string{}
	for _, p := range r.Properties {
		if p.Failed() {
			failed = append(failed, p.ID)
		} else {
			passed = append(passed, p.ID)
		}
	}
	return claim{kind: resource.EvidencePolicy, agent: v.Agent, name: v.Name, digest: v.Digest, environment: env, release: rel,
		verdict: verdictOf(r.Passed), report: r, actor: by, test: &testOutcome{passed: passed, failed: failed}}
}

// failedProperties names what fails in the evidence of a policy check.
func failedProperties(e resource.Evidence) string {
	var r guard.PropertyReport
	if e.Kind != resource.EvidencePolicy || json.Unmarshal(e.Report, &r) != nil {
		return ""
	}
	var failed []string
	for _, p := range r.Properties {
		if p.Failed() {
			failed = append(failed, p.ID)
		}
	}
	return ": " + strings.Join(failed, ", ")
}
