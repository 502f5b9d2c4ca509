// Package attest makes and checks signed statements: in-toto Statement v1 in a
// DSSE envelope, wrapped as a Sigstore bundle v0.3 that stock cosign verifies,
// and the key that signs them and the ledger's checkpoints.
//
// Start from [NewKey], [Key.Attest] and [Verify]; [Provenance], [TestResult] and
// [VSA] build the standard predicates. Messages between two who share a secret,
// which nobody else has to check, are signed by [SignShared].
//
// A [Key] is two keys in one file. Statements are signed with ECDSA P-256 over
// SHA-256, which every Sigstore client takes with a plain public key; checkpoints
// are signed with Ed25519, which C2SP signed notes ask for. The file has two
// PKCS #8 PEM blocks. ECDSA signatures are deterministic (RFC 6979): the same
// claim gives the same bundle, byte for byte, so a repeated job changes nothing.
//
// A bundle is checked without Aureus by
//
//	cosign verify-blob-attestation --key aureus.pub --bundle B --insecure-ignore-tlog --type PREDICATE_TYPE MANIFEST
//
// where MANIFEST holds the canonical manifest whose SHA-256 is the version's
// digest.
//
// Sources: https://github.com/in-toto/attestation/tree/main/spec/v1,
// https://github.com/secure-systems-lab/dsse,
// https://github.com/sigstore/protobuf-specs (sigstore_bundle.proto),
// https://c2sp.org/signed-note.
package attest
