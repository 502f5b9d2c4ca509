package audit

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/fault"
)

func TestCheckpoint(t *testing.T) {
	l := newLog(t, 10, 10)
	c := l.head()
	want := "example.com/ledger\n10\n" + c.Root.String() + "\n\n— example.com/ledger "
	if !bytes.HasPrefix(c.Note, []byte(want)) {
		t.Errorf("note = %q, want it to begin with %q", c.Note, want)
	}
	got, err := OpenCheckpoint(c.Note, l.signer.vkey)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("OpenCheckpoint(MakeCheckpoint()) differs (-want +got):\n%s", diff)
	}
}

func TestOpenCheckpointFindsEveryChangedByte(t *testing.T) {
	l := newLog(t, 10, 10)
	signed := l.head().Note
	for i := range signed {
		for _, mask := range []byte{0x01, 0x20, 0x80} {
			changed := bytes.Clone(signed)
			changed[i] ^= mask
			if _, err := OpenCheckpoint(changed, l.signer.vkey); fault.CodeOf(err) != fault.Verification {
				t.Fatalf("OpenCheckpoint with byte %d changed = %v, want code VERIFICATION_FAILED", i, err)
			}
		}
	}
}

func TestOpenCheckpointRefuses(t *testing.T) {
	s, other := newSigner(t, 1), newSigner(t, 2)
	root := newLog(t, 3, 3).head().Root.String()
	for name, text := range map[string]string{
		"another origin":        "example.org/ledger\n3\n" + root + "\n",
		"no size":               "example.com/ledger\n\n" + root + "\n",
		"a negative size":       "example.com/ledger\n-3\n" + root + "\n",
		"a size with zeros":     "example.com/ledger\n03\n" + root + "\n",
		"a size over int64":     "example.com/ledger\n9223372036854775808\n" + root + "\n",
		"a short root":          "example.com/ledger\n3\nAAAA\n",
		"a line more":           "example.com/ledger\n3\n" + root + "\nextension\n",
		"a line less":           "example.com/ledger\n3\n",
		"a root in other bytes": "example.com/ledger\n3\n" + root[:43] + "\n",
	} {
		signed, err := s.SignNote(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenCheckpoint(signed, s.vkey); fault.CodeOf(err) != fault.Verification {
			t.Errorf("OpenCheckpoint of a note with %s = %v, want code VERIFICATION_FAILED", name, err)
		}
	}
	c, err := MakeCheckpoint(s, 3, newLog(t, 3, 3).head().Root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(c.Note, other.vkey); fault.CodeOf(err) != fault.Verification {
		t.Errorf("OpenCheckpoint with another key = %v, want code VERIFICATION_FAILED", err)
	}
	for _, vkey := range []string{"", "x", s.vkey[:20]} {
		if _, err := OpenCheckpoint(c.Note, vkey); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("OpenCheckpoint with verifier key %q = %v, want code INVALID", vkey, err)
		}
	}
	if _, err := MakeCheckpoint(s, -1, c.Root); fault.CodeOf(err) != fault.Internal {
		t.Errorf("MakeCheckpoint(-1) = %v, want code INTERNAL", err)
	}
}
