package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/fault"
)

// The kinds of problems.
const (
	KindChanged    = "changed"    // an entry is not the one that was hashed
	KindMissing    = "missing"    // an entry is not there
	KindAdded      = "added"      // an entry that no signed checkpoint covers, or a second one with the same index
	KindReordered  = "reordered"  // an entry stands in the wrong place
	KindCheckpoint = "checkpoint" // a checkpoint is not signed by the key, or its root is not that of the entries
	KindFormat     = "format"     // a line cannot be read
)

// Problem is one thing that verification found.
type Problem struct {
	Index int64  `json:"index"`          // -1 when it is not about one entry
	Line  int64  `json:"line,omitempty"` // of the export, from 1; 0 when it is not about one line
	Kind  string `json:"kind"`           // changed, missing, added, reordered, checkpoint, format
	Text  string `json:"text"`
}

// Report is what verification found.
type Report struct {
	Leaves     int64     `json:"leaves"`
	Checkpoint int64     `json:"checkpoint"` // size of the newest valid checkpoint
	Root       string    `json:"root"`       // of that checkpoint, base64
	Verified   bool      `json:"verified"`
	Problems   []Problem `json:"problems"` // in the order of the export, at most 100
}

const (
	maxProblems = 100
	maxLine     = 1 << 18 // a leaf in base64 and a checkpoint are far below it
	maxIndex    = 1 << 53
)

// Verify reads an export (JSON lines: a header, entries with their leaf hash,
// checkpoints) and checks it against the log's verifier key. It needs nothing
// else, and memory that does not grow with the export. The error is for an
// unreadable export (the reader failed, or it is no export at all) and a key that
// is none; findings are in the report. An export that was cut off cleanly at an
// older checkpoint is a true ledger of that age: compare Checkpoint with one
// that you know.
func Verify(export io.Reader, vkey string) (Report, error) {
	v, err := verifier(vkey)
	if err != nil {
		return Report{}, err
	}
	c := &checker{key: v, vkey: strings.TrimSpace(vkey), declared: -1, proven: -1, displaced: map[int64]bool{}}
	in := bufio.NewReaderSize(export, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			c.line++
			c.read(line)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			c.stop = true
			c.problem(-1, KindFormat, "The line is longer than any line of an export. The rest was not read.")
		} else if err != nil {
			return Report{}, fault.Wrap(err, fault.Invalid, "The export could not be read after line %d.", c.line)
		}
		if c.stop {
			break
		}
	}
	if !c.known {
		return Report{}, fault.New(fault.Invalid, "This is not a ledger export: no line of it is a header, an entry or a checkpoint.")
	}
	return c.finish(), nil
}

// checker is the state of one verification.
type checker struct {
	key  note.Verifier
	vkey string

	line      int64
	known     bool  // a line of an export was seen
	stop      bool  // nothing more can be learned
	declared  int64 // size in the header, -1 without one
	leaves    int64 // entries seen
	next      int64 // index expected
	tree      compactRange
	gaps      gaps
	held      *early         // came too early; the next entry tells why
	displaced map[int64]bool // came too early, and are not expected any more
	torn      bool           // the tree cannot be computed: an entry was not where it belongs
	proven    int64          // size of the newest checkpoint that holds, -1 without one
	root      tlog.Hash

	problems []Problem
	dropped  int
}

func (c *checker) problem(index int64, kind, format string, args ...any) {
	c.problemAt(c.line, index, kind, format, args...)
}

func (c *checker) problemAt(line, index int64, kind, format string, args ...any) {
	if len(c.problems) >= maxProblems-1 { // one place is kept for the count of the rest
		c.dropped++
		return
	}
	c.problems = append(c.problems, Problem{Index: index, Line: line, Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// read takes one line with its newline.
func (c *checker) read(line []byte) {
	text, ended := bytes.CutSuffix(line, []byte("\n"))
	if !ended {
		c.problem(-1, KindFormat, "The last line is cut off.")
	}
	if c.line == 1 {
		var h header
		if parse(text, &h) && h.Format == exportFormat {
			c.known = true
			c.header(h)
			return
		}
		c.problem(-1, KindFormat, "The first line is not the header of a %s export.", exportFormat)
	}
	var e entryLine
	var p checkpointLine
	switch {
	case bytes.HasPrefix(text, []byte(`{"index":`)) && parse(text, &e):
		c.known = true
		c.entry(e)
	case bytes.HasPrefix(text, []byte(`{"checkpoint":`)) && parse(text, &p):
		c.known = true
		c.checkpoint(p)
	case c.line > 1:
		c.problem(-1, KindFormat, "The line is neither an entry nor a checkpoint; entry %d was expected.", c.next)
	}
}

func parse(text []byte, v any) bool {
	return jsonv2.Unmarshal(text, v, jsonv2.RejectUnknownMembers(true)) == nil
}

func (c *checker) header(h header) {
	c.declared = h.Size
	if h.Size < 0 {
		c.problem(-1, KindFormat, "The header gives the size %d.", h.Size)
	}
	if h.Origin != c.key.Name() || h.VKey != c.vkey {
		c.problem(-1, KindCheckpoint, "The header names the log %q with key %q; it is checked against %q.", h.Origin, h.VKey, c.vkey)
	}
}
