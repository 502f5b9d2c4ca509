package attest

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Every byte of a bundle counts: each one changed, in four ways, is found.
func TestVerifyFindsEveryChangedByte(t *testing.T) {
	k := newKey(t)
	b, public := attested(t, k, claim()), k.PublicPEM()
	for i := range b {
		for _, mask := range []byte{0x01, 0x20, 0x80, 0xff} {
			changed := bytes.Clone(b)
			changed[i] ^= mask
			if _, err := Verify(changed, public); fault.CodeOf(err) != fault.Verification {
				t.Fatalf("Verify with byte %d changed from %q to %q = %v, want code VERIFICATION_FAILED", i, b[i], changed[i], err)
			}
		}
	}
}

func TestVerifyFindsCutAndExtendedBundles(t *testing.T) {
	k := newKey(t)
	b := attested(t, k, claim())
	for n := range b {
		if _, err := Verify(b[:n], k.PublicPEM()); fault.CodeOf(err) != fault.Verification {
			t.Fatalf("Verify of the first %d bytes = %v, want code VERIFICATION_FAILED", n, err)
		}
	}
	if _, err := Verify(append(bytes.Clone(b), b...), k.PublicPEM()); fault.CodeOf(err) != fault.Verification {
		t.Errorf("Verify of two bundles = %v, want code VERIFICATION_FAILED", err)
	}
}

// resign makes a bundle whose signature is right and whose content is not ours.
func resign(t *testing.T, k *Key, typ string, payload []byte) bundle {
	t.Helper()
	sum := sha256.Sum256(pae(typ, payload))
	sig, err := k.statements.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return bundle{
		MediaType: bundleMediaType,
		Material:  material{PublicKey: publicKey{Hint: k.hint}},
		Envelope: envelope{
			Payload:     base64.StdEncoding.EncodeToString(payload),
			PayloadType: typ,
			Signatures:  []signature{{Sig: base64.StdEncoding.EncodeToString(sig)}},
		},
	}
}

func TestVerifyNamesThePart(t *testing.T) {
	k, other := newKey(t), newKey(t)
	good, err := claim().payload()
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) []byte {
		if !strings.Contains(string(good), old) {
			t.Fatalf("payload has no %q", old)
		}
		return []byte(strings.Replace(string(good), old, new, 1))
	}
	hexDigest := strings.TrimPrefix(digest, "sha256:")
	tests := []struct {
		name string
		make func() bundle
		want string // in the message
	}{
		{"another key", func() bundle { return resign(t, other, payloadType, good) }, "key hint"},
		{"another key that claims to be ours", func() bundle {
			b := resign(t, other, payloadType, good)
			b.Material.PublicKey.Hint = k.hint
			return b
		}, "signature"},
		{"another media type", func() bundle { b := resign(t, k, payloadType, good); b.MediaType = "application/json"; return b }, "media type"},
		{"another payload type", func() bundle { return resign(t, k, "text/plain", good) }, "payload type"},
		{"no signature", func() bundle { b := resign(t, k, payloadType, good); b.Envelope.Signatures = nil; return b }, "signatures"},
		{"two signatures", func() bundle {
			b := resign(t, k, payloadType, good)
			b.Envelope.Signatures = append(b.Envelope.Signatures, b.Envelope.Signatures[0])
			return b
		}, "signatures"},
		{"a signature of another key's name", func() bundle {
			b := resign(t, k, payloadType, good)
			b.Envelope.Signatures[0].KeyID = "SHA256:" + other.hint
			return b
		}, "signature"},
		{"another payload", func() bundle {
			b := resign(t, k, payloadType, good)
			b.Envelope.Payload = base64.StdEncoding.EncodeToString(swap("rollback", "promote!"))
			return b
		}, "signature"},
		{"a payload that is no base64", func() bundle { b := resign(t, k, payloadType, good); b.Envelope.Payload += "\n"; return b }, "payload"},
		{"another statement type", func() bundle { return resign(t, k, payloadType, swap("Statement/v1", "Statement/v0.1")) }, "statement type"},
		{"no predicate type", func() bundle {
			return resign(t, k, payloadType, swap("https://aureus.dev/attestation/canary/v1", ""))
		}, "predicate type"},
		{"two subjects", func() bundle {
			return resign(t, k, payloadType, swap(`"subject":[`, `"subject":[{"digest":{"sha256":"`+hexDigest+`"},"name":"x@v1"},`))
		}, "subject"},
		{"no subject name", func() bundle { return resign(t, k, payloadType, swap("refund-desk@v3", "")) }, "subject"},
		{"a short digest", func() bundle { return resign(t, k, payloadType, swap(hexDigest, hexDigest[:62])) }, "subject digest"},
		{"two digests", func() bundle {
			return resign(t, k, payloadType, swap(`"digest":{`, `"digest":{"sha512":"00",`))
		}, "subject digest"},
		{"a payload that is no statement", func() bundle { return resign(t, k, payloadType, []byte(`{"hello":1}`)) }, "statement"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := json.Marshal(tt.make())
			if err != nil {
				t.Fatal(err)
			}
			_, err = Verify(data, k.PublicPEM())
			if fault.CodeOf(err) != fault.Verification || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Verify = %v, want code VERIFICATION_FAILED that names the %s", err, tt.want)
			}
		})
	}
}

func TestVerifyAcceptsItsOwnKeyID(t *testing.T) {
	k := newKey(t)
	payload, err := claim().payload()
	if err != nil {
		t.Fatal(err)
	}
	b := resign(t, k, payloadType, payload)
	b.Envelope.Signatures[0].KeyID = "SHA256:" + k.hint
	data, _ := json.Marshal(b)
	if _, err := Verify(data, k.PublicPEM()); err != nil {
		t.Errorf("Verify with the key's own id = %v, want no error", err)
	}
}

func TestVerifyRefusesKeysThatAreNone(t *testing.T) {
	k := newKey(t)
	b := attested(t, k, claim())
	edPublic, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(edPublic)
	if err != nil {
		t.Fatal(err)
	}
	private, err := k.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string][]byte{
		"nothing":        nil,
		"text":           []byte("not a key"),
		"a private key":  private,
		"an Ed25519 key": pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: der}),
		"broken DER":     pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: der[:10]}),
	} {
		if _, err := Verify(b, key); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("Verify with %s = %v, want code INVALID", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k := newKey(f)
	b := attested(f, k, claim())
	f.Add(b)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"mediaType":"` + bundleMediaType + `","dsseEnvelope":{"signatures":[{}]}}`))
	want, err := Verify(b, k.PublicPEM())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Verify(data, k.PublicPEM())
		if err == nil && !bytes.Equal(got.Predicate, want.Predicate) {
			t.Errorf("Verify(%q) gave a statement that was never signed: %+v", data, got)
		}
		if err != nil && fault.CodeOf(err) != fault.Verification {
			t.Errorf("Verify(%q) = %v, want code VERIFICATION_FAILED", data, err)
		}
	})
}
