package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Statement is a verified statement.
type Statement struct {
	PredicateType string
	SubjectName   string
	SubjectDigest string
	Predicate     []byte // JSON
}

// Verify checks a bundle against a public key in PEM and returns its statement;
// fault.Verification, with the part that does not hold, when anything does not.
// It is stricter than the formats: one signature, one subject, one spelling of
// every field and nothing beside them, so that a changed byte never goes unseen.
// A key that is none is fault.Invalid.
func Verify(data, publicPEM []byte) (Statement, error) {
	key, hint, err := parsePublic(publicPEM)
	if err != nil {
		return Statement{}, err
	}
	var b bundle
	if err := jsonv2.Unmarshal(data, &b, jsonv2.RejectUnknownMembers(true)); err != nil {
		return Statement{}, fault.Wrap(err, fault.Verification, "The bundle cannot be read: it is damaged, or not a Sigstore bundle of a signed statement.")
	}
	payload, err := open(b, key, hint)
	if err != nil {
		return Statement{}, err
	}
	return parseStatement(payload)
}

// open checks the bundle and its envelope, and returns the signed payload.
func open(b bundle, key *ecdsa.PublicKey, hint string) ([]byte, error) {
	switch {
	case b.MediaType != bundleMediaType:
		return nil, broken("media type", "it is %q, not %q", b.MediaType, bundleMediaType)
	case b.Material.PublicKey.Hint != hint:
		return nil, broken("key hint", "the bundle names key %q, and the given key is %q", b.Material.PublicKey.Hint, hint)
	case b.Envelope.PayloadType != payloadType:
		return nil, broken("payload type", "it is %q, not %q", b.Envelope.PayloadType, payloadType)
	case len(b.Envelope.Signatures) != 1:
		return nil, broken("signatures", "there are %d, not one", len(b.Envelope.Signatures))
	}
	s := b.Envelope.Signatures[0]
	if s.KeyID != "" && s.KeyID != "SHA256:"+hint {
		return nil, broken("signature", "it names key %q, and the given key is SHA256:%s", s.KeyID, hint)
	}
	payload, err := decodeBase64(b.Envelope.Payload)
	if err != nil {
		return nil, broken("payload", "it is not base64")
	}
	sig, err := decodeBase64(s.Sig)
	if err != nil {
		return nil, broken("signature", "it is not base64")
	}
	sum := sha256.Sum256(pae(b.Envelope.PayloadType, payload))
	if !ecdsa.VerifyASN1(key, sum[:], sig) {
		return nil, broken("signature", "it is not the given key's signature of this payload: one of the two was changed")
	}
	return payload, nil
}

func parseStatement(payload []byte) (Statement, error) {
	var s statement
	if err := jsonv2.Unmarshal(payload, &s, jsonv2.RejectUnknownMembers(true)); err != nil {
		return Statement{}, fault.Wrap(err, fault.Verification, "The signed statement cannot be read.")
	}
	switch {
	case s.Type != statementType:
		return Statement{}, broken("statement type", "it is %q, not %q", s.Type, statementType)
	case s.PredicateType == "":
		return Statement{}, broken("predicate type", "it is missing")
	case len(s.Predicate) == 0 || s.Predicate[0] != '{':
		return Statement{}, broken("predicate", "it is not an object")
	case len(s.Subject) != 1:
		return Statement{}, broken("subject", "there are %d, not one", len(s.Subject))
	case s.Subject[0].Name == "":
		return Statement{}, broken("subject", "it has no name")
	case len(s.Subject[0].Digest) != 1 || !isSHA256Hex(s.Subject[0].Digest["sha256"]):
		return Statement{}, broken("subject digest", "it has to be one SHA-256 in 64 lower-case hex digits")
	}
	return Statement{
		PredicateType: s.PredicateType,
		SubjectName:   s.Subject[0].Name,
		SubjectDigest: "sha256:" + s.Subject[0].Digest["sha256"],
		Predicate:     s.Predicate,
	}, nil
}

func broken(part, format string, args ...any) error {
	return fault.New(fault.Verification, "The attestation's %s does not hold: "+format+".", append([]any{part}, args...)...)
}

// parsePublic reads a P-256 public key and the hint that names it.
func parsePublic(data []byte) (*ecdsa.PublicKey, string, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != pemPublic {
		return nil, "", fault.New(fault.Invalid, "The public key is not a PEM block of type %q.", pemPublic)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, "", fault.Wrap(err, fault.Invalid, "The public key cannot be read.")
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, "", fault.New(fault.Invalid, "The public key is not an ECDSA P-256 key.")
	}
	return key, keyHint(block.Bytes), nil
}
