package simulate

import (
	"context"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// seededModel asks the model with the simulation's seed, moves the clock, and
// remembers whether the model's endpoint failed to answer. It belongs to one run.
type seededModel struct {
	inner  agentrun.Model
	seed   int64
	clock  *clock
	outage error
}

var _ agentrun.Model = (*seededModel)(nil)

// Complete implements agentrun.Model.
func (m *seededModel) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	seed := m.seed
	req.Model.Seed = &seed
	res, err := m.inner.Complete(ctx, req)
	if fault.Is(err, fault.Upstream) || fault.Is(err, fault.Unavailable) {
		m.outage = err
	}
	if !m.clock.measured {
		m.clock.advance(modelStep)
	}
	return res, err
}
