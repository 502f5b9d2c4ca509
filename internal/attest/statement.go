package attest

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Claim is what an attestation says.
type Claim struct {
	Kind          string // resource.Evidence...
	SubjectName   string // agent@v7
	SubjectDigest string // sha256:...
	Predicate     any    // marshalled canonically; a JSON object
}

// The predicate types.
const (
	provenanceType = "https://slsa.dev/provenance/v1"
	testResultType = "https://in-toto.io/attestation/test-result/v0.1"
	summaryType    = "https://slsa.dev/verification_summary/v1"
	ownTypePrefix  = "https://aureus.dev/attestation/"
)

// PredicateType is the predicate type of an evidence kind, "" for an unknown one.
func PredicateType(kind string) string {
	switch kind {
	case resource.EvidenceVersion:
		return provenanceType
	case resource.EvidenceValidation, resource.EvidenceSimulation, resource.EvidenceEvaluation, resource.EvidencePolicy, resource.EvidenceSmoke, resource.EvidenceGuardrail:
		return testResultType
	case resource.EvidencePromotion:
		return summaryType
	case resource.EvidenceApproval, resource.EvidenceShadow, resource.EvidenceCanary, resource.EvidenceRollback, resource.EvidenceWaiver, resource.EvidenceDrill:
		return ownTypePrefix + kind + "/v1"
	}
	if resource.ExternalGate(kind) != "" {
		return testResultType
	}
	return ""
}

// statement is in-toto Statement v1.
type statement struct {
	Type          string          `json:"_type"`
	Subject       []subject       `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// Attest signs a claim and returns the bundle as JSON. The same claim gives the
// same bytes. fault.Invalid when the claim is not one.
func (k *Key) Attest(c Claim) ([]byte, error) {
	payload, err := c.payload()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(pae(payloadType, payload))
	sig, err := k.statements.Sign(nil, sum[:], crypto.SHA256) // no randomness: RFC 6979
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The %s attestation of %s could not be signed.", c.Kind, c.SubjectName)
	}
	out, err := json.Marshal(bundle{
		MediaType: bundleMediaType,
		Material:  material{PublicKey: publicKey{Hint: k.hint}},
		Envelope: envelope{
			Payload:     base64.StdEncoding.EncodeToString(payload),
			PayloadType: payloadType,
			Signatures:  []signature{{Sig: base64.StdEncoding.EncodeToString(sig)}},
		},
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The %s attestation of %s could not be written.", c.Kind, c.SubjectName)
	}
	return out, nil
}

// payload is the canonical statement of a claim.
func (c Claim) payload() ([]byte, error) {
	typ := PredicateType(c.Kind)
	digest, ok := sha256Hex(c.SubjectDigest)
	switch {
	case typ == "":
		return nil, fault.New(fault.Invalid, "There is no evidence of kind %q.", c.Kind)
	case c.SubjectName == "":
		return nil, fault.New(fault.Invalid, "The %s attestation has no subject name.", c.Kind)
	case !ok:
		return nil, fault.New(fault.Invalid, "%q is not the digest of a subject: write sha256: and 64 lower-case hex digits.", c.SubjectDigest)
	}
	predicate, err := json.Marshal(c.Predicate)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The predicate of the %s attestation of %s is not JSON.", c.Kind, c.SubjectName)
	}
	if predicate[0] != '{' {
		return nil, fault.New(fault.Invalid, "The predicate of the %s attestation of %s has to be a JSON object.", c.Kind, c.SubjectName)
	}
	out, err := json.Marshal(statement{
		Type:          statementType,
		Subject:       []subject{{Name: c.SubjectName, Digest: map[string]string{"sha256": digest}}},
		PredicateType: typ,
		Predicate:     predicate,
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The %s attestation of %s could not be written.", c.Kind, c.SubjectName)
	}
	canonical, err := blueprint.Canonical(json.RawMessage(out))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The predicate of the %s attestation of %s has no canonical form.", c.Kind, c.SubjectName)
	}
	return canonical, nil
}

// sha256Hex returns the hex digits of "sha256:" and 64 lower-case hex digits.
func sha256Hex(digest string) (string, bool) {
	h, ok := strings.CutPrefix(digest, "sha256:")
	return h, ok && isSHA256Hex(h)
}

func isSHA256Hex(h string) bool {
	b, err := hex.DecodeString(h)
	return err == nil && len(b) == sha256.Size && h == strings.ToLower(h)
}
