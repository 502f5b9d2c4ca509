package main

import (
	"context"
	"errors"
	"io"
	"sync"
)

var errStopped = errors.New("a signal stopped it")

// stdin is a standard input that a signal ends: a read of the process's own cannot
// be interrupted, so Ctrl-C would do nothing while a command waits for it. Nothing
// is read before a command wants to, because the rest belongs to whoever runs next.
type stdin struct {
	ctx    context.Context
	source io.Reader
	once   sync.Once
	read   *io.PipeReader
}

func (s *stdin) Read(p []byte) (int, error) {
	s.once.Do(func() {
		var write *io.PipeWriter
		s.read, write = io.Pipe()
		go func() {
			_, err := io.Copy(write, s.source)
			write.CloseWithError(err) // nil is the end of the input
		}()
		context.AfterFunc(s.ctx, func() { write.CloseWithError(errStopped) })
	})
	return s.read.Read(p)
}
