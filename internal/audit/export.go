package audit

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"iter"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/fault"
)

// exportFormat names the export's format and version.
const exportFormat = "aureus-ledger/v1"

// header is the first line of an export.
type header struct {
	Format string `json:"format"`
	Origin string `json:"origin"`
	VKey   string `json:"vkey"`
	Size   int64  `json:"size"`
}

// entryLine is one leaf: its exact bytes, embedded when they are compact JSON.
type entryLine struct {
	Index     int64          `json:"index"`
	Hash      string         `json:"hash"`
	Leaf      jsontext.Value `json:"leaf,omitzero"`
	LeafBytes *string        `json:"leafBytes,omitempty"` // base64
}

// checkpointLine is one signed note.
type checkpointLine struct {
	Checkpoint string `json:"checkpoint"`
}

// Entry is a leaf as it is stored, with the leaf hash that the tree stores.
type Entry struct {
	Leaf []byte
	Hash tlog.Hash
}

// Export writes the entries that the newest checkpoint covers, with every
// checkpoint in its place. checkpoints are ascending by size; entries are read in
// order from index 0 and no further than needed.
func Export(w io.Writer, vkey string, checkpoints []Checkpoint, entries iter.Seq2[Entry, error]) error {
	var size int64
	if len(checkpoints) > 0 {
		size = checkpoints[len(checkpoints)-1].Size
	}
	out, err := NewExportWriter(w, vkey, size)
	if err != nil {
		return err
	}
	if checkpoints, err = out.due(checkpoints); err != nil {
		return err
	}
	for e, err := range entries {
		if err != nil {
			return err
		}
		if out.next == size {
			break
		}
		if err := out.Entry(e.Leaf, e.Hash); err != nil {
			return err
		}
		if checkpoints, err = out.due(checkpoints); err != nil {
			return err
		}
	}
	return out.Close()
}

// due writes the checkpoints of the entries written so far and returns the rest.
func (e *ExportWriter) due(checkpoints []Checkpoint) ([]Checkpoint, error) {
	for len(checkpoints) > 0 && checkpoints[0].Size <= e.next {
		if err := e.Checkpoint(checkpoints[0]); err != nil {
			return nil, err
		}
		checkpoints = checkpoints[1:]
	}
	return checkpoints, nil
}

// ExportWriter writes an export: a header, then entries from index 0 on, each
// checkpoint right after the last entry that it covers, then Close.
type ExportWriter struct {
	out  *bufio.Writer
	size int64
	next int64
}

// NewExportWriter writes the header. size is the number of entries that will be
// written: that of the newest checkpoint, because nothing later is proven. vkey
// is the log's verifier key.
func NewExportWriter(w io.Writer, vkey string, size int64) (*ExportWriter, error) {
	v, err := verifier(vkey)
	if err != nil {
		return nil, err
	}
	e := &ExportWriter{out: bufio.NewWriterSize(w, 64<<10), size: size}
	return e, e.line(header{Format: exportFormat, Origin: v.Name(), VKey: vkey, Size: size})
}

// Entry writes the next entry. hash is the leaf hash that the tree stores, not
// one computed from leaf now: the two together show which entry was changed.
func (e *ExportWriter) Entry(leaf []byte, hash tlog.Hash) error {
	if e.next >= e.size {
		return fault.New(fault.Internal, "The export was begun for %d entries and is given more.", e.size)
	}
	l := entryLine{Index: e.next, Hash: hash.String()}
	if compact(leaf) {
		l.Leaf = leaf
	} else {
		encoded := base64.StdEncoding.EncodeToString(leaf)
		l.LeafBytes = &encoded
	}
	e.next++
	return e.line(l)
}

// Checkpoint writes a checkpoint of exactly the entries written so far.
func (e *ExportWriter) Checkpoint(c Checkpoint) error {
	if c.Size != e.next {
		return fault.New(fault.Internal, "A checkpoint of %d entries cannot be written after %d entries.", c.Size, e.next)
	}
	return e.line(checkpointLine{Checkpoint: string(c.Note)})
}

// Close ends the export. It does not close the underlying writer.
func (e *ExportWriter) Close() error {
	if e.next != e.size {
		return fault.New(fault.Corrupt, "The ledger has %d of the %d entries that its checkpoint covers: restore the database from a backup.", e.next, e.size)
	}
	return exportError(e.out.Flush())
}

// line writes v without letting the encoder touch the bytes of a leaf.
func (e *ExportWriter) line(v any) error {
	var err error
	if l, ok := v.(entryLine); ok && l.Leaf != nil {
		err = e.embedded(l)
	} else {
		var b []byte
		if b, err = json.Marshal(v); err == nil {
			_, err = e.out.Write(append(b, '\n'))
		}
	}
	return exportError(err)
}

func (e *ExportWriter) embedded(l entryLine) error {
	head, err := json.Marshal(struct {
		Index int64  `json:"index"`
		Hash  string `json:"hash"`
	}{l.Index, l.Hash})
	if err != nil {
		return err
	}
	for _, part := range [][]byte{head[:len(head)-1], []byte(`,"leaf":`), l.Leaf, []byte("}\n")} {
		if _, err := e.out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func exportError(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "The export could not be written.")
}

// compact reports whether leaf is canonical JSON, which is one line and can be
// embedded as it is.
func compact(leaf []byte) bool {
	v := jsontext.Value(append([]byte(nil), leaf...))
	return v.Canonicalize() == nil && string(v) == string(leaf)
}
