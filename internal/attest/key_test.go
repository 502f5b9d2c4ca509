package attest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/aureus-agents/aureus/internal/fault"
)

func TestKeyRoundTrip(t *testing.T) {
	k := newKey(t)
	data, err := k.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseKey(data)
	if err != nil {
		t.Fatalf("ParseKey(MarshalPEM()) = %v", err)
	}
	if !bytes.Equal(got.PublicPEM(), k.PublicPEM()) || got.VerifierKey() != k.VerifierKey() || got.Origin() != k.Origin() {
		t.Errorf("the key read back is another one: %q, want %q", got.VerifierKey(), k.VerifierKey())
	}
	if _, err := Verify(attested(t, got, claim()), k.PublicPEM()); err != nil {
		t.Errorf("Verify of what the key read back signed = %v", err)
	}
	again, err := got.MarshalPEM()
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("MarshalPEM of the key read back differs, %v", err)
	}
}

func TestKeysDiffer(t *testing.T) {
	a, b := newKey(t), newKey(t)
	if a.Origin() == b.Origin() || bytes.Equal(a.PublicPEM(), b.PublicPEM()) {
		t.Errorf("two keys are one: %q, %q", a.Origin(), b.Origin())
	}
}

func TestPublicPEMIsACopy(t *testing.T) {
	k := newKey(t)
	k.PublicPEM()[30] ^= 1
	if _, err := Verify(attested(t, k, claim()), k.PublicPEM()); err != nil {
		t.Errorf("a caller changed the key's public half: %v", err)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	good, err := newKey(t).MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	first, rest := pem.Decode(good)
	second, _ := pem.Decode(rest)
	one, two := pem.EncodeToMemory(first), pem.EncodeToMemory(second)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(p384)
	if err != nil {
		t.Fatal(err)
	}
	large := pem.EncodeToMemory(&pem.Block{Type: pemPrivate, Bytes: der})
	broken := bytes.Clone(first.Bytes)
	broken[3] ^= 0xff
	for name, data := range map[string][]byte{
		"nothing":             nil,
		"text":                []byte("hello"),
		"the ECDSA key alone": one,
		"the note key alone":  two,
		"two ECDSA keys":      append(bytes.Clone(good), one...),
		"two note keys":       append(bytes.Clone(good), two...),
		"another curve":       append(bytes.Clone(large), two...),
		"text at the end":     append(bytes.Clone(good), "x"...),
		"a damaged block":     append(pem.EncodeToMemory(&pem.Block{Type: pemPrivate, Bytes: broken}), two...),
		"another block type":  append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: first.Bytes}), two...),
	} {
		if _, err := ParseKey(data); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("ParseKey of %s = %v, want code INVALID", name, err)
		}
	}
}

func TestSignNote(t *testing.T) {
	k := newKey(t)
	signed, err := k.SignNote(k.Origin() + "\n0\nAAAA\n")
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(k.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil || n.Text != k.Origin()+"\n0\nAAAA\n" || v.Name() != k.Origin() {
		t.Errorf("note.Open(SignNote(text)) = %+v, %v; want the text signed by %q", n, err, k.Origin())
	}
	if _, err := k.SignNote("no newline at the end"); fault.CodeOf(err) != fault.Internal {
		t.Errorf("SignNote of no note = %v, want code INTERNAL", err)
	}
}
