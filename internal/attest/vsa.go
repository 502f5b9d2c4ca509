package attest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// verifierID names Aureus where it is the one that judged.
const verifierID = "https://aureus.dev/control/v1"

// VSAPredicate is the SLSA verification summary v1, the predicate of a promotion:
// which gates were judged by which policy on which evidence, and the result.
type VSAPredicate struct {
	Verifier           VSAVerifier      `json:"verifier"`
	TimeVerified       string           `json:"timeVerified"`
	ResourceURI        string           `json:"resourceUri"`
	Policy             VSAPolicy        `json:"policy"`
	InputAttestations  []VSAAttestation `json:"inputAttestations"`
	VerificationResult string           `json:"verificationResult"` // PASSED or FAILED
	VerifiedLevels     []string         `json:"verifiedLevels"`
	SLSAVersion        string           `json:"slsaVersion,omitempty"`
}

// VSAVerifier is who verified.
type VSAVerifier struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version,omitempty"`
}

// VSAPolicy is what was verified against.
type VSAPolicy struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest,omitempty"`
}

// VSAAttestation is one piece of evidence that was read.
type VSAAttestation struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

// VSA is the predicate of the gates' verdict on a release at a time: PASSED when
// there is a gate and each passes or warns. policyDigest is the digest of the
// version's policies; version is Aureus's own. Gates without evidence are
// verdicts that control made itself and are named in no attestation.
func VSA(r resource.Release, policyDigest, version string, at resource.Millis) VSAPredicate {
	p := VSAPredicate{
		Verifier:           VSAVerifier{ID: verifierID, Version: map[string]string{"aureus": version}},
		TimeVerified:       timestamp(at),
		ResourceURI:        fmt.Sprintf("aureus://%s/%s@v%d", r.Environment, r.Agent, r.Version),
		Policy:             VSAPolicy{URI: "aureus://policies", Digest: Describe("", policyDigest).Digest},
		InputAttestations:  []VSAAttestation{},
		VerificationResult: "FAILED",
		VerifiedLevels:     []string{},
		SLSAVersion:        "1.0",
	}
	for _, g := range r.Gates {
		if d := Describe("", g.Evidence).Digest; d != nil {
			p.InputAttestations = append(p.InputAttestations, VSAAttestation{URI: "aureus://evidence/" + g.Name, Digest: d})
		}
	}
	passed := !slices.ContainsFunc(r.Gates, func(g resource.Gate) bool {
		return g.Verdict != resource.Pass && g.Verdict != resource.Warn
	})
	if passed && len(r.Gates) > 0 {
		p.VerificationResult = "PASSED"
		p.VerifiedLevels = []string{"AUREUS_GATES_" + strings.ToUpper(strings.ReplaceAll(r.Environment, "-", "_"))}
	}
	return p
}
