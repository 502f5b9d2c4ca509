package audit

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Signer signs checkpoints. Origin is the log's name and the name of its key.
type Signer interface {
	SignNote(text string) (note []byte, err error) // a C2SP signed note
	Origin() string
}

// Checkpoint is a signed tree head.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
	Note []byte // the signed note
}

// MakeCheckpoint signs a tree head.
func MakeCheckpoint(s Signer, size int64, root tlog.Hash) (Checkpoint, error) {
	if size < 0 {
		return Checkpoint{}, fault.New(fault.Internal, "A tree has no size %d.", size)
	}
	signed, err := s.SignNote(fmt.Sprintf("%s\n%d\n%s\n", s.Origin(), size, root))
	if err != nil {
		return Checkpoint{}, err
	}
	return Checkpoint{Size: size, Root: root, Note: signed}, nil
}

// OpenCheckpoint checks a signed note against a verifier key and reads it;
// fault.Verification when it is not that log's, fault.Invalid when vkey is none.
func OpenCheckpoint(signed []byte, vkey string) (Checkpoint, error) {
	v, err := verifier(vkey)
	if err != nil {
		return Checkpoint{}, err
	}
	return openCheckpoint(signed, v)
}

func verifier(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The verifier key is not one: it is written NAME+HASH+KEY.")
	}
	return v, nil
}

func openCheckpoint(signed []byte, v note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fault.Wrap(err, fault.Verification, "The checkpoint is not signed with the key of %s, or was changed.", v.Name())
	}
	for _, s := range n.Sigs {
		if _, ok := decodeBase64(s.Base64); !ok {
			return Checkpoint{}, fault.New(fault.Verification, "The checkpoint's signature was changed.")
		}
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != v.Name() || lines[3] != "" {
		return Checkpoint{}, fault.New(fault.Verification, "The signed note is not a checkpoint of %s.", v.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fault.New(fault.Verification, "The checkpoint of %s has no size.", v.Name())
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fault.New(fault.Verification, "The checkpoint of %s has no root.", v.Name())
	}
	return Checkpoint{Size: size, Root: root, Note: signed}, nil
}

// parseHash takes exactly one spelling of a hash.
func parseHash(s string) (tlog.Hash, error) {
	b, ok := decodeBase64(s)
	if !ok || len(b) != tlog.HashSize {
		return tlog.Hash{}, fault.New(fault.Verification, "%q is not a hash in base64.", s)
	}
	return tlog.Hash(b), nil
}

// decodeBase64 takes exactly one spelling of every byte string; the decoder by
// itself skips line ends and ignores spare bits.
func decodeBase64(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil && base64.StdEncoding.EncodeToString(b) == s
}
