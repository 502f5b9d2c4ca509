package audit

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/fault"
)

func TestExportShape(t *testing.T) {
	l := newLog(t, 1, 1)
	want := `{"format":"aureus-ledger/v1","origin":"example.com/ledger","vkey":"` + l.signer.vkey + `","size":1}` + "\n" +
		`{"index":0,"hash":"` + tlog.RecordHash(l.leaves[0]).String() + `","leaf":` + string(l.leaves[0]) + "}\n" +
		`{"checkpoint":"` + strings.ReplaceAll(string(l.head().Note), "\n", `\n`) + `"}` + "\n"
	if got := string(l.export()); got != want {
		t.Errorf("Export =\n%s\nwant\n%s", got, want)
	}
}

// A stored leaf that is damaged is exported as it is, so that verification shows
// which one it is.
func TestExportOfADamagedLeaf(t *testing.T) {
	for name, leaf := range map[string][]byte{
		"no JSON":       []byte("\xffgarbage\n"),
		"not canonical": []byte(`{ "b":1}`),
		"nothing":       {},
	} {
		l := newLog(t, 20, 20)
		l.leaves[7] = leaf
		r := verified(t, l.export(), l.signer.vkey)
		if len(r.Problems) != 1 || r.Problems[0].Kind != KindChanged || r.Problems[0].Index != 7 || r.Problems[0].Line != 9 {
			t.Errorf("%s: Verify = %+v, want that entry 7 on line 9 was changed", name, r)
		}
	}
}

// A leaf that is no JSON and was hashed as such verifies.
func TestExportOfBytes(t *testing.T) {
	l := newLog(t, 3, 3)
	l.append([]byte("\x00\xff\n"), []byte{}, []byte("null"), []byte(`{"a":1}`))
	if r := verified(t, l.export(), l.signer.vkey); !r.Verified || r.Leaves != 7 {
		t.Errorf("Verify = %+v, want 7 verified entries", r)
	}
}

func TestExportEndsAtTheNewestCheckpoint(t *testing.T) {
	l := newLog(t, 12, 5)
	l.checkpoints = l.checkpoints[:2] // of 5 and 10; two entries came later
	if r := verified(t, l.export(), l.signer.vkey); !r.Verified || r.Leaves != 10 {
		t.Errorf("Verify = %+v, want the 10 entries that are signed", r)
	}
}

func TestExportFails(t *testing.T) {
	l := newLog(t, 5, 5)
	h := tlog.Hash{}
	cause := errors.New("disk")
	t.Run("an entry cannot be read", func(t *testing.T) {
		broken := func(yield func(Entry, error) bool) { yield(Entry{}, cause) }
		if err := Export(io.Discard, l.signer.vkey, l.checkpoints, broken); !errors.Is(err, cause) {
			t.Errorf("Export = %v, want %v", err, cause)
		}
	})
	t.Run("entries are missing", func(t *testing.T) {
		none := func(func(Entry, error) bool) {}
		if err := Export(io.Discard, l.signer.vkey, l.checkpoints, none); fault.CodeOf(err) != fault.Corrupt {
			t.Errorf("Export = %v, want code STORAGE_CORRUPT", err)
		}
	})
	t.Run("the writer fails", func(t *testing.T) {
		big := newLog(t, 800, 800)
		r, w := io.Pipe()
		_ = r.CloseWithError(cause)
		if err := Export(w, big.signer.vkey, big.checkpoints, big.entries()); !errors.Is(err, cause) {
			t.Errorf("Export = %v, want %v", err, cause)
		}
	})
	t.Run("the key is none", func(t *testing.T) {
		if _, err := NewExportWriter(io.Discard, "x", 0); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("NewExportWriter = %v, want code INVALID", err)
		}
	})
	t.Run("more than was announced", func(t *testing.T) {
		var out bytes.Buffer
		e, err := NewExportWriter(&out, l.signer.vkey, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Entry(l.leaves[0], h); fault.CodeOf(err) != fault.Internal {
			t.Errorf("Entry = %v, want code INTERNAL", err)
		}
		if err := e.Checkpoint(l.head()); fault.CodeOf(err) != fault.Internal {
			t.Errorf("Checkpoint of 5 after 0 = %v, want code INTERNAL", err)
		}
	})
}
