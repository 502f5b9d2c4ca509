package control_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// cutOff is a context that ends when it is asked for the nth time.
type cutOff struct {
	context.Context
	mu   sync.Mutex
	n    int
	stop context.CancelFunc
}

func newCutOff(t *testing.T, n int) *cutOff {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return &cutOff{Context: ctx, n: n, stop: stop}
}

func (c *cutOff) asked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n < 0 {
		c.stop()
	}
}

// Done implements context.Context.
func (c *cutOff) Done() <-chan struct{} { c.asked(); return c.Context.Done() }

// Err implements context.Context.
func (c *cutOff) Err() error { c.asked(); return c.Context.Err() }

// TestStoppingSaysNothing: a step of a release that the server's stop cuts off,
// wherever it is, has no result. It is done again at the next start, and the
// version is not judged by answers that could not come.
func TestStoppingSaysNothing(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	rel := w.begin(w.push(lean(t, blueprint.TierMedium)), "staging")
	w.runJob("release.check", rel.ID)
	rel, err := w.Release(w.Context(), viewer, rel.ID)
	w.must(err)
	w.approve(approver, rel.Approval)
	for _, kind := range []string{"release.deploy", "release.smoke"} {
		rel, err := w.Release(w.Context(), viewer, rel.ID)
		w.must(err)
		job := control.Job{Kind: kind, Key: "test", Payload: fmt.Appendf(nil, `{"release":%q,"attempt":%d}`, rel.ID, rel.Attempt)}
		for n := 0; ; n++ {
			ctx := newCutOff(t, n)
			commit, err := w.HandleJob()(ctx, job)
			if ctx.Context.Err() == nil { // it was done before the stop
				w.must(err)
				break
			}
			if commit != nil || err == nil {
				t.Fatalf("HandleJob(%s) cut off at the look %d = a result to keep: %t, %v, want an error alone", kind, n, commit != nil, err)
			}
		}
		w.runJob(kind, rel.ID)
	}
	got, err := w.Release(w.Context(), viewer, rel.ID)
	w.must(err)
	w.expect(got, resource.ReleasePromoted)
}
