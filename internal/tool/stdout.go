package tool

import (
	"errors"
	"io"
	"sync/atomic"
)

var errGarbage = errors.New("it printed something that is not MCP on stdout")

// framed passes a child's stdout on as long as each line can be a JSON-RPC
// message. A program that prints anything else there is told apart from one
// whose connection broke.
type framed struct {
	io.ReadCloser
	inLine  bool
	garbage atomic.Bool
}

func (f *framed) Read(p []byte) (int, error) {
	if f.garbage.Load() {
		return 0, errGarbage
	}
	n, err := f.ReadCloser.Read(p)
	for i, b := range p[:n] {
		switch {
		case b == '\n':
			f.inLine = false
		case f.inLine, b == ' ', b == '\t', b == '\r':
		case b == '{', b == '[':
			f.inLine = true
		default:
			f.garbage.Store(true)
			return i, errGarbage
		}
	}
	return n, err
}
