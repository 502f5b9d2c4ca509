package attest

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
)

// The fixed strings of the formats.
const (
	bundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
	payloadType     = "application/vnd.in-toto+json"
	statementType   = "https://in-toto.io/Statement/v1"
)

// bundle is a Sigstore bundle v0.3 that is signed with a key and in no
// transparency log: sigstore_bundle.proto with the fields that we use.
type bundle struct {
	MediaType string   `json:"mediaType"`
	Material  material `json:"verificationMaterial"`
	Envelope  envelope `json:"dsseEnvelope"`
}

type material struct {
	PublicKey publicKey `json:"publicKey"`
}

// publicKey names the key; verifiers are given the key itself.
type publicKey struct {
	Hint string `json:"hint"`
}

// envelope is a DSSE envelope; bytes are standard base64.
type envelope struct {
	Payload     string      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

// signature has no keyid when we make it: stock verifiers compare one with the
// name that they gave the key themselves.
type signature struct {
	Sig   string `json:"sig"`
	KeyID string `json:"keyid,omitempty"`
}

// pae is DSSE's pre-authentication encoding: what is signed.
func pae(payloadType string, payload []byte) []byte {
	out := []byte("DSSEv1 ")
	out = strconv.AppendInt(out, int64(len(payloadType)), 10)
	out = append(out, ' ')
	out = append(out, payloadType...)
	out = append(out, ' ')
	out = strconv.AppendInt(out, int64(len(payload)), 10)
	out = append(out, ' ')
	return append(out, payload...)
}

// keyHint is how cosign names a plain public key: base64 of the SHA-256 of its
// PKIX form.
func keyHint(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// decodeBase64 takes exactly one spelling of every byte string; the decoder by
// itself skips line ends and ignores spare bits.
func decodeBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err == nil && base64.StdEncoding.EncodeToString(b) != s {
		err = base64.CorruptInputError(0)
	}
	return b, err
}
