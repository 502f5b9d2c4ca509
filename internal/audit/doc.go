// Package audit is the ledger's mathematics: the encoding of a leaf, the RFC 6962
// Merkle tree, inclusion and consistency proofs, signed checkpoints in C2SP form,
// and the writing and verification of an export. Pure: it stores nothing and
// reads only what it is given.
//
// Start from [Encode] and [Append], which the sequencer uses, and from [Verify],
// which needs nothing but an export and the log's verifier key.
//
// # Export
//
// JSON lines, each ended by one newline, with no spaces outside strings:
//
//	{"format":"aureus-ledger/v1","origin":"...","vkey":"...","size":300}
//	{"index":0,"hash":"<base64 of the leaf hash>","leaf":{...}}
//	{"checkpoint":"<signed note>"}
//
// The leaf is the exact canonical JSON that was hashed; a stored leaf that is not
// JSON is written as "leafBytes" in base64 instead. Entries stand in order of
// their index. A checkpoint of size N stands right after entry N-1, so that an
// export of any length is verified in one pass and in bounded memory.
//
// Sources: RFC 6962 section 2.1, https://c2sp.org/tlog-checkpoint,
// https://c2sp.org/signed-note, RFC 8785.
package audit
