package model

import (
	"context"
	"slices"
	"sync"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// Replay returns a model that gives recorded answers in their order, whatever it
// is asked. It serves one run; the request after the last answer is
// fault.Conflict: the run left its recorded path.
func Replay(answers []agentrun.ModelResponse) agentrun.Model {
	return &replay{answers: slices.Clone(answers)}
}

type replay struct {
	mu      sync.Mutex
	answers []agentrun.ModelResponse
	next    int
}

func (r *replay) Complete(ctx context.Context, _ agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	if err := ctx.Err(); err != nil {
		return agentrun.ModelResponse{}, fault.Wrap(err, fault.Upstream, "the replay was cancelled")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next >= len(r.answers) {
		return agentrun.ModelResponse{}, fault.New(fault.Conflict, "the recording holds %d model answers and the run asks for one more; it left its recorded path", len(r.answers))
	}
	r.next++
	return r.answers[r.next-1], nil
}
