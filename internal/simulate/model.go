package simulate

import (
	"context"

	"github.com/aureus-agents/aureus/internal/agentrun"
)

// seededModel asks the model with the simulation's seed and moves the clock.
type seededModel struct {
	inner agentrun.Model
	seed  int64
	clock *clock
}

var _ agentrun.Model = seededModel{}

// Complete implements agentrun.Model.
func (m seededModel) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	seed := m.seed
	req.Model.Seed = &seed
	res, err := m.inner.Complete(ctx, req)
	if !m.clock.measured {
		m.clock.advance(modelStep)
	}
	return res, err
}
