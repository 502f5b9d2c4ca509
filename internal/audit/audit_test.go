package audit

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"iter"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/resource"
)

// signer signs notes with a key made from a seed.
type signer struct {
	note.Signer
	vkey string
}

func newSigner(t testing.TB, seed byte) signer {
	t.Helper()
	skey, vkey, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{seed}, ed25519.SeedSize)), "example.com/ledger")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return signer{s, vkey}
}

func (s signer) Origin() string { return s.Name() }
func (s signer) SignNote(text string) ([]byte, error) {
	return note.Sign(&note.Note{Text: text}, s.Signer)
}

// event is the i-th event of a test log.
func event(i int) resource.Event {
	return resource.Event{
		ID: fmt.Sprintf("E%05d", i), Time: resource.Millis(1_700_000_000_000 + i), Actor: resource.System,
		Action: "release.promoted", SubjectKind: "release", SubjectID: fmt.Sprintf("R%d", i),
		Reason: "weil <es> läuft & läuft", Attrs: map[string]string{"b": "2", "a": "1"},
	}
}

// log is a ledger in memory.
type log struct {
	t           testing.TB
	signer      signer
	leaves      [][]byte
	hashes      []tlog.Hash // by storage index
	checkpoints []Checkpoint
}

// newLog has n entries, and a checkpoint after every batch.
func newLog(t testing.TB, n, batch int) *log {
	t.Helper()
	l := &log{t: t, signer: newSigner(t, 1)}
	for len(l.leaves) < n {
		var leaves [][]byte
		for i := len(l.leaves); i < min(len(l.leaves)+batch, n); i++ {
			leaf, err := Encode(event(i))
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leaf)
		}
		l.append(leaves...)
	}
	return l
}

func (l *log) append(leaves ...[]byte) {
	l.t.Helper()
	hashes, root, err := Append(int64(len(l.leaves)), leaves, l.reader())
	if err != nil {
		l.t.Fatal(err)
	}
	l.leaves, l.hashes = append(l.leaves, leaves...), append(l.hashes, hashes...)
	c, err := MakeCheckpoint(l.signer, int64(len(l.leaves)), root)
	if err != nil {
		l.t.Fatal(err)
	}
	l.checkpoints = append(l.checkpoints, c)
}

func (l *log) reader() tlog.HashReader {
	return Reader(func(indexes []int64) ([][32]byte, error) {
		out := make([][32]byte, 0, len(indexes))
		for _, x := range indexes {
			if x < int64(len(l.hashes)) {
				out = append(out, l.hashes[x])
			}
		}
		return out, nil
	})
}

func (l *log) head() Checkpoint { return l.checkpoints[len(l.checkpoints)-1] }

func (l *log) entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for i, leaf := range l.leaves {
			if !yield(Entry{leaf, l.hashes[tlog.StoredHashIndex(0, int64(i))]}, nil) {
				return
			}
		}
	}
}

func (l *log) export() []byte {
	l.t.Helper()
	var out bytes.Buffer
	if err := Export(&out, l.signer.vkey, l.checkpoints, l.entries()); err != nil {
		l.t.Fatal(err)
	}
	return out.Bytes()
}

func verified(t testing.TB, export []byte, vkey string) Report {
	t.Helper()
	r, err := Verify(bytes.NewReader(export), vkey)
	if err != nil {
		t.Fatalf("Verify = %v", err)
	}
	return r
}
