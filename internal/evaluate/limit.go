package evaluate

import (
	"context"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
)

// tokenBurst is how much of a minute's tokens may be used at once.
const tokenBurst = 1.0 / 12

// limiter holds requests back so that the models are asked no faster than the
// limits say, all of an evaluation together. Requests are spaced evenly; of tokens
// nobody knows how many a request will use, so it is charged the mean of those
// before it, and the rest when it ends.
type limiter struct {
	now  func() time.Time
	wait func(ctx context.Context, d time.Duration) error

	mu       sync.Mutex
	requests bucket
	tokens   bucket
	spent    float64 // tokens of ended requests
	ended    float64
}

// bucket fills by rate a second up to most, and may be owed.
type bucket struct {
	rate, most, level float64
	at                time.Time
}

// take takes n out and says how long to wait until they were there.
func (b *bucket) take(now time.Time, n float64) time.Duration {
	if b.rate == 0 {
		return 0
	}
	if !b.at.IsZero() {
		b.level = min(b.level+b.rate*now.Sub(b.at).Seconds(), b.most)
	}
	b.at = now
	b.level -= n
	if b.level >= -1e-9 {
		return 0
	}
	return time.Duration(-b.level / b.rate * float64(time.Second))
}

func newLimiter(l blueprint.EvaluationLimits, now func() time.Time, wait func(context.Context, time.Duration) error) *limiter {
	perMinute := float64(l.TokensPerMinute)
	return &limiter{now: now, wait: wait,
		requests: bucket{rate: float64(l.RequestsPerMinute) / 60, most: 1, level: 1},
		tokens:   bucket{rate: perMinute / 60, most: perMinute * tokenBurst, level: perMinute * tokenBurst}}
}

// enter waits for a request's turn and returns the tokens that it was charged.
func (l *limiter) enter(ctx context.Context) (charged float64, err error) {
	l.mu.Lock()
	now := l.now()
	if l.ended > 0 {
		charged = l.spent / l.ended
	}
	d := max(l.requests.take(now, 1), l.tokens.take(now, charged))
	l.mu.Unlock()
	if d > 0 {
		err = l.wait(ctx, d)
	}
	return charged, err
}

// leave charges what a request used beyond what it was charged before.
func (l *limiter) leave(charged float64, used int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent += float64(used)
	l.ended++
	l.tokens.take(l.now(), float64(used)-charged)
}

// limited is a model behind a limiter.
type limited struct {
	inner   agentrun.Model
	limiter *limiter
}

var _ agentrun.Model = limited{}

// Complete implements agentrun.Model.
func (m limited) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	charged, err := m.limiter.enter(ctx)
	if err != nil {
		return agentrun.ModelResponse{}, err
	}
	resp, err := m.inner.Complete(ctx, req)
	m.limiter.leave(charged, resp.PromptTokens+resp.CompletionTokens)
	return resp, err
}

// limit puts every model of the evaluation, also those of judges and simulated
// users, behind one limiter.
func (e *evaluation) limit() {
	if e.Limits == nil {
		return
	}
	shared := newLimiter(*e.Limits, e.Now, e.Wait)
	for i := range e.arms {
		e.arms[i].model = limited{inner: e.arms[i].model, limiter: shared}
	}
	open := e.Helpers.Models
	if open == nil {
		return
	}
	e.Helpers.Models = func(m blueprint.Model) (agentrun.Model, error) {
		inner, err := open(m)
		if err != nil {
			return nil, err
		}
		return limited{inner: inner, limiter: shared}, nil
	}
}
