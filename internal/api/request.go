package api

import (
	"context"
	"sync"
)

// request is what the middleware knows of a request; inner layers fill it in for
// the log line that the outermost writes.
type request struct {
	id string

	mu        sync.Mutex
	principal string
	err       error
}

type requestKey struct{}

// requestFrom is never nil.
func requestFrom(ctx context.Context) *request {
	if rq, ok := ctx.Value(requestKey{}).(*request); ok {
		return rq
	}
	return &request{}
}

func (rq *request) setPrincipal(name string) {
	rq.mu.Lock()
	defer rq.mu.Unlock()
	rq.principal = name
}

// fail remembers why the request failed.
func (rq *request) fail(err error) {
	rq.mu.Lock()
	defer rq.mu.Unlock()
	rq.err = err
}

func (rq *request) outcome() (principal string, err error) {
	rq.mu.Lock()
	defer rq.mu.Unlock()
	return rq.principal, rq.err
}
