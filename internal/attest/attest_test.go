package attest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

const digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

func newKey(t testing.TB) *Key {
	t.Helper()
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func claim() Claim {
	return Claim{Kind: resource.EvidenceCanary, SubjectName: "refund-desk@v3", SubjectDigest: digest,
		Predicate: map[string]any{"verdict": "rollback", "eHarm": 2471.5, "reason": "a < b & c"}}
}

func attested(t testing.TB, k *Key, c Claim) []byte {
	t.Helper()
	b, err := k.Attest(c)
	if err != nil {
		t.Fatalf("Attest(%+v) = %v", c, err)
	}
	return b
}

func TestAttestAndVerify(t *testing.T) {
	k := newKey(t)
	b := attested(t, k, claim())
	got, err := Verify(b, k.PublicPEM())
	want := Statement{
		PredicateType: "https://aureus.dev/attestation/canary/v1",
		SubjectName:   "refund-desk@v3",
		SubjectDigest: digest,
		Predicate:     []byte(`{"eHarm":2471.5,"reason":"a < b & c","verdict":"rollback"}`),
	}
	if err != nil {
		t.Fatalf("Verify = %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statement differs (-want +got):\n%s", diff)
	}
	if again := attested(t, k, claim()); !bytes.Equal(again, b) {
		t.Errorf("the same claim gave other bytes:\n%s\n%s", b, again)
	}
}

// The bundle has exactly the members of a Sigstore bundle v0.3 that is signed
// with a key.
func TestBundleShape(t *testing.T) {
	k := newKey(t)
	var got map[string]any
	if err := json.Unmarshal(attested(t, k, claim()), &got); err != nil {
		t.Fatal(err)
	}
	env := got["dsseEnvelope"].(map[string]any)
	sig := env["signatures"].([]any)[0].(map[string]any)
	want := map[string]any{
		"mediaType":            "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": map[string]any{"publicKey": map[string]any{"hint": k.hint}},
		"dsseEnvelope": map[string]any{
			"payloadType": "application/vnd.in-toto+json",
			"payload":     env["payload"],
			"signatures":  []any{map[string]any{"sig": sig["sig"]}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bundle differs (-want +got):\n%s", diff)
	}
	payload, err := base64.StdEncoding.DecodeString(env["payload"].(string))
	if err != nil {
		t.Fatal(err)
	}
	wantPayload := `{"_type":"https://in-toto.io/Statement/v1","predicate":{"eHarm":2471.5,"reason":"a < b & c","verdict":"rollback"},` +
		`"predicateType":"https://aureus.dev/attestation/canary/v1",` +
		`"subject":[{"digest":{"sha256":"` + strings.TrimPrefix(digest, "sha256:") + `"},"name":"refund-desk@v3"}]}`
	if string(payload) != wantPayload {
		t.Errorf("payload = %s, want %s", payload, wantPayload)
	}
}

func TestAttestRefuses(t *testing.T) {
	k := newKey(t)
	tests := []struct {
		name   string
		change func(*Claim)
	}{
		{"an unknown kind", func(c *Claim) { c.Kind = "rumour" }},
		{"no subject name", func(c *Claim) { c.SubjectName = "" }},
		{"no digest", func(c *Claim) { c.SubjectDigest = "" }},
		{"a digest without its algorithm", func(c *Claim) { c.SubjectDigest = strings.TrimPrefix(digest, "sha256:") }},
		{"a digest in capitals", func(c *Claim) { c.SubjectDigest = "sha256:" + strings.ToUpper(digest[7:]) }},
		{"a short digest", func(c *Claim) { c.SubjectDigest = digest[:70] }},
		{"no predicate", func(c *Claim) { c.Predicate = nil }},
		{"a predicate that is no object", func(c *Claim) { c.Predicate = []int{1} }},
		{"a predicate that is no JSON", func(c *Claim) { c.Predicate = map[string]any{"f": func() {}} }},
		{"a number that canonical JSON would change", func(c *Claim) { c.Predicate = map[string]any{"n": int64(1)<<53 + 1} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := claim()
			tt.change(&c)
			if b, err := k.Attest(c); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("Attest(%+v) = %s, %v; want code INVALID", c, b, err)
			}
		})
	}
}

func TestPredicateType(t *testing.T) {
	want := map[string]string{
		resource.EvidenceVersion:    "https://slsa.dev/provenance/v1",
		resource.EvidenceValidation: "https://in-toto.io/attestation/test-result/v0.1",
		resource.EvidenceSimulation: "https://in-toto.io/attestation/test-result/v0.1",
		resource.EvidenceEvaluation: "https://in-toto.io/attestation/test-result/v0.1",
		resource.EvidenceSmoke:      "https://in-toto.io/attestation/test-result/v0.1",
		resource.EvidencePromotion:  "https://slsa.dev/verification_summary/v1",
		resource.EvidenceApproval:   "https://aureus.dev/attestation/approval/v1",
		resource.EvidenceCanary:     "https://aureus.dev/attestation/canary/v1",
		resource.EvidenceRollback:   "https://aureus.dev/attestation/rollback/v1",
		"rumour":                    "",
	}
	for kind, uri := range want {
		if got := PredicateType(kind); got != uri {
			t.Errorf("PredicateType(%q) = %q, want %q", kind, got, uri)
		}
	}
}

// The encoding that is signed is the one that the DSSE library signs.
func TestPAE(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ, body := rapid.String().Draw(t, "type"), rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		if got, want := pae(typ, body), dsse.PAE(typ, body); !bytes.Equal(got, want) {
			t.Fatalf("pae(%q, %q) = %q, want %q", typ, body, got, want)
		}
	})
	if got, want := string(pae("http://example.com/HelloWorld", []byte("hello world"))), "DSSEv1 29 http://example.com/HelloWorld 11 hello world"; got != want {
		t.Errorf("pae of the specification's example = %q, want %q", got, want)
	}
}

func TestHintNamesThePublicKey(t *testing.T) {
	k := newKey(t)
	_, hint, err := parsePublic(k.PublicPEM())
	if err != nil || hint != k.hint {
		t.Errorf("parsePublic gives hint %q, %v; want %q", hint, err, k.hint)
	}
	if raw, err := base64.StdEncoding.DecodeString(hint); err != nil || len(raw) != sha256.Size {
		t.Errorf("hint %q is not base64 of a SHA-256", hint)
	}
}
