package attest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"

	"golang.org/x/mod/sumdb/note"

	"github.com/aureus-agents/aureus/internal/fault"
)

// The PEM block types.
const (
	pemPrivate = "PRIVATE KEY"
	pemPublic  = "PUBLIC KEY"
)

// originPrefix and the fingerprint of the checkpoint key make the log's name, so
// that two logs never have one name.
const originPrefix = "aureus.dev/ledger/"

// Key is the server's signing key: ECDSA P-256 for statements and Ed25519 for
// checkpoints. It is safe for concurrent use. Make it with [NewKey] or [ParseKey].
type Key struct {
	statements  *ecdsa.PrivateKey
	checkpoints ed25519.PrivateKey
	publicPEM   []byte
	hint        string
	notes       noteSigner
}

// NewKey makes a key.
func NewKey() (*Key, error) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The signing key could not be made.")
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The checkpoint key could not be made.")
	}
	return assemble(ec, ed)
}

// ParseKey reads a key that MarshalPEM wrote.
func ParseKey(data []byte) (*Key, error) {
	var ec *ecdsa.PrivateKey
	var ed ed25519.PrivateKey
	rest := data
	for len(bytes.TrimSpace(rest)) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != pemPrivate {
			return nil, badKey(nil)
		}
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, badKey(err)
		}
		switch k := parsed.(type) {
		case *ecdsa.PrivateKey:
			if ec != nil || k.Curve != elliptic.P256() {
				return nil, badKey(nil)
			}
			ec = k
		case ed25519.PrivateKey:
			if ed != nil {
				return nil, badKey(nil)
			}
			ed = k
		default:
			return nil, badKey(nil)
		}
	}
	if ec == nil || ed == nil {
		return nil, badKey(nil)
	}
	return assemble(ec, ed)
}

func badKey(cause error) error {
	return fault.Wrap(cause, fault.Invalid, "The signing key is damaged: it has to hold two PKCS #8 PEM blocks, one ECDSA P-256 and one Ed25519 key. Restore it from a backup.")
}

func assemble(ec *ecdsa.PrivateKey, ed ed25519.PrivateKey) (*Key, error) {
	der, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The public key could not be written.")
	}
	notes, err := newNoteSigner(ed)
	if err != nil {
		return nil, err
	}
	return &Key{
		statements:  ec,
		checkpoints: ed,
		publicPEM:   pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: der}),
		hint:        keyHint(der),
		notes:       notes,
	}, nil
}

// MarshalPEM writes both private keys as PKCS #8 PEM, the ECDSA key first.
func (k *Key) MarshalPEM() ([]byte, error) {
	var out bytes.Buffer
	for _, key := range []any{k.statements, k.checkpoints} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "The signing key could not be written.")
		}
		if err := pem.Encode(&out, &pem.Block{Type: pemPrivate, Bytes: der}); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "The signing key could not be written.")
		}
	}
	return out.Bytes(), nil
}

// PublicPEM is the public key of statements as PKIX PEM, for cosign.
func (k *Key) PublicPEM() []byte { return bytes.Clone(k.publicPEM) }

// VerifierKey is the public key of checkpoints as a note verifier key.
func (k *Key) VerifierKey() string { return k.notes.vkey }

// SignNote signs a checkpoint (audit.Signer).
func (k *Key) SignNote(text string) ([]byte, error) {
	out, err := note.Sign(&note.Note{Text: text}, k.notes)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The checkpoint could not be signed.")
	}
	return out, nil
}

// Origin is the log's name (audit.Signer).
func (k *Key) Origin() string { return k.notes.name }

// noteSigner signs notes with Ed25519 (note.Signer).
type noteSigner struct {
	name, vkey string
	hash       uint32
	key        ed25519.PrivateKey
}

var _ note.Signer = noteSigner{}

func newNoteSigner(key ed25519.PrivateKey) (noteSigner, error) {
	pub := key.Public().(ed25519.PublicKey)
	sum := sha256.Sum256(pub)
	name := originPrefix + hex.EncodeToString(sum[:8])
	vkey, err := note.NewEd25519VerifierKey(name, pub)
	if err != nil {
		return noteSigner{}, fault.Wrap(err, fault.Internal, "The checkpoint key could not be named.")
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return noteSigner{}, fault.Wrap(err, fault.Internal, "The checkpoint key could not be named.")
	}
	return noteSigner{name: name, vkey: vkey, hash: v.KeyHash(), key: key}, nil
}

func (s noteSigner) Name() string                    { return s.name }
func (s noteSigner) KeyHash() uint32                 { return s.hash }
func (s noteSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }
