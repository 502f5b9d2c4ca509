// Package attest makes and checks signed statements: in-toto Statement v1 in a
// DSSE envelope, wrapped as a Sigstore bundle v0.3 that stock cosign verifies,
// and the Ed25519/ECDSA key that signs them and the ledger's checkpoints.
//
// Start from [Key] and [Key.Attest].
package attest

import (
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Key is the server's signing key.
type Key struct{}

// NewKey makes a key.
func NewKey() (*Key, error) { return nil, fault.New(fault.Internal, "attest: NewKey is being written") }

// ParseKey reads a key that MarshalPEM wrote.
func ParseKey(pem []byte) (*Key, error) {
	return nil, fault.New(fault.Internal, "attest: ParseKey is being written")
}

// MarshalPEM writes the private key as PKCS #8 PEM.
func (k *Key) MarshalPEM() ([]byte, error) { return nil, nil }

// PublicPEM is the public key as PKIX PEM, for cosign.
func (k *Key) PublicPEM() []byte { return nil }

// VerifierKey is the public key as a note verifier key, for checkpoints.
func (k *Key) VerifierKey() string { return "" }

// SignNote signs a checkpoint (audit.Signer).
func (k *Key) SignNote(text string) ([]byte, error) { return nil, nil }

// Origin is the log's name (audit.Signer).
func (k *Key) Origin() string { return "" }

// Claim is what an attestation says.
type Claim struct {
	Kind          string // resource.Evidence...
	SubjectName   string // agent@v7
	SubjectDigest string // sha256:...
	Predicate     any    // marshalled canonically
}

// PredicateType is the predicate type of an evidence kind.
func PredicateType(kind string) string { return "" }

// Attest signs a claim and returns the bundle as JSON.
func (k *Key) Attest(c Claim) ([]byte, error) { return nil, nil }

// Statement is a verified statement.
type Statement struct {
	PredicateType string
	SubjectName   string
	SubjectDigest string
	Predicate     []byte // JSON
}

// Verify checks a bundle against a public key in PEM and returns its statement;
// fault.Verification when anything does not hold.
func Verify(bundle, publicPEM []byte) (Statement, error) {
	return Statement{}, fault.New(fault.Internal, "attest: Verify is being written")
}

var _ = resource.EvidenceVersion
