package control

import (
	"context"
	"sync"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// hearing is a model that remembers whether its endpoint failed to answer: a test
// that fails because of that says nothing about the version.
type hearing struct {
	agentrun.Model
	mu  sync.Mutex
	err error
}

// Complete implements agentrun.Model.
func (h *hearing) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	resp, err := h.Model.Complete(ctx, req)
	if noAnswer(err) {
		h.mu.Lock()
		h.err = err
		h.mu.Unlock()
	}
	return resp, err
}

// outage is the last answer that did not come, nil when all came.
func (h *hearing) outage() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// noAnswer reports whether err is that a model or MCP server did not answer.
func noAnswer(err error) bool {
	return fault.Is(err, fault.Upstream) || fault.Is(err, fault.Unavailable)
}
