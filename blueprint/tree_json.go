package blueprint

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/aureus-agents/aureus/internal/fault"
)

// jsonTree reads one JSON document.
func jsonTree(file string, data []byte) (*node, []fault.Detail) {
	r := &jsonReader{builder: builder{file: file}, data: data,
		dec: jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))}
	root := r.value("", 0)
	if root == nil {
		return nil, r.problems
	}
	line, col := r.start()
	if _, err := r.dec.ReadToken(); !errors.Is(err, io.EOF) {
		r.problem(line, col, "", "there is more after the end of the document", "keep one document in a file")
		return nil, r.problems
	}
	return root, r.problems
}

type jsonReader struct {
	builder
	data []byte
	dec  *jsontext.Decoder
	// The place of the offset that was asked for last, so that finding all places
	// is one pass over the text.
	off, line, col int
}

// place turns a byte offset into line and column, both from 1.
func (r *jsonReader) place(offset int64) (line, col int) {
	o := min(int(offset), len(r.data))
	if o < r.off {
		r.off, r.line, r.col = 0, 0, 0
	}
	for ; r.off < o; r.off++ {
		switch c := r.data[r.off]; {
		case c == '\n':
			r.line++
			r.col = 0
		case utf8.RuneStart(c):
			r.col++
		}
	}
	return r.line + 1, r.col + 1
}

// start is the place of the value that comes next: the offset after the last
// token, moved over white space and separators.
func (r *jsonReader) start() (line, col int) {
	o := r.dec.InputOffset()
	for int(o) < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[o]) >= 0 {
		o++
	}
	return r.place(o)
}

// value reads one value; nil after a problem that ends reading.
func (r *jsonReader) value(path string, depth int) *node {
	n := &node{size: 1}
	n.line, n.col = r.start()
	if depth > maxDepth || !r.count(1) {
		r.problem(n.line, n.col, path, "the document is nested too deeply or holds too many values",
			"keep to "+strconv.Itoa(maxDepth)+" levels and "+strconv.Itoa(maxNodes)+" values")
		return nil
	}
	tok, err := r.dec.ReadToken()
	if err != nil {
		r.syntax(err)
		return nil
	}
	switch tok.Kind() {
	case '{':
		return r.object(n, path, depth)
	case '[':
		return r.array(n, path, depth)
	case '"':
		n.kind, n.text = kindString, tok.String()
	case '0':
		r.number(n, path, tok.String())
	case 't', 'f':
		n.kind, n.text = kindBool, tok.String()
	default:
		n.kind = kindNull
	}
	return n
}

func (r *jsonReader) object(n *node, path string, depth int) *node {
	n.kind = kindObject
	seen := map[string]nodeKey{}
	for r.dec.PeekKind() != '}' {
		k := nodeKey{}
		k.line, k.col = r.start()
		tok, err := r.dec.ReadToken()
		if err != nil {
			r.syntax(err)
			return nil
		}
		k.name = tok.String()
		fresh := r.key(n, seen, k, path)
		kid := r.value(joinKey(path, k.name), depth+1)
		if kid == nil {
			return nil
		}
		if fresh {
			n.kids = append(n.kids, kid)
			n.size += kid.size
		}
	}
	return r.end(n)
}

func (r *jsonReader) array(n *node, path string, depth int) *node {
	n.kind = kindArray
	for r.dec.PeekKind() != ']' {
		kid := r.value(joinIndex(path, len(n.kids)), depth+1)
		if kid == nil {
			return nil
		}
		n.kids = append(n.kids, kid)
		n.size += kid.size
	}
	return r.end(n)
}

func (r *jsonReader) end(n *node) *node {
	if _, err := r.dec.ReadToken(); err != nil {
		r.syntax(err)
		return nil
	}
	return n
}

func (r *jsonReader) syntax(err error) {
	var se *jsontext.SyntacticError
	if errors.As(err, &se) && !errors.Is(err, io.ErrUnexpectedEOF) {
		line, col := r.place(se.ByteOffset)
		r.problem(line, col, "", "this is not JSON: "+se.Err.Error(), "correct the JSON at this place")
		return
	}
	line, col := r.place(int64(len(r.data)))
	r.problem(line, col, "", "the JSON ends before it is complete", "close every bracket and quote")
}
