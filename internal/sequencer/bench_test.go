package sequencer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/sequencer"
	"github.com/aureus-agents/aureus/resource"
)

// BenchmarkDurable appends events through durable updates, many callers at once,
// and sequences them all; one operation is one event.
func BenchmarkDurable(b *testing.B) {
	for _, c := range []struct{ callers, events int }{{1, 1}, {64, 1}, {256, 1}, {16, 32}, {1, 1000}} {
		b.Run(fmt.Sprintf("callers=%d/events=%d", c.callers, c.events), func(b *testing.B) {
			db, s := newDB(b), (*sequencer.Sequencer)(nil)
			s = sequencer.New(db, newKey(b), nil)
			ctx, stop := context.WithCancel(b.Context())
			var running, writing sync.WaitGroup
			running.Go(func() { s.Run(ctx) })
			b.ResetTimer()
			for caller := range c.callers {
				writing.Go(func() {
					for n := caller * c.events; n < b.N; n += c.callers * c.events {
						if err := db.Update(ctx, func(tx control.Tx) error { return appendEvents(tx, n, min(c.events, b.N-n)) }); err != nil {
							b.Errorf("Update() = %v", err)
						}
					}
				})
			}
			writing.Wait()
			if err := s.Flush(ctx); err != nil {
				b.Errorf("Flush() = %v", err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			stop()
			running.Wait()
		})
	}
}

func appendEvents(tx control.Tx, from, n int) error {
	for i := range n {
		err := tx.Append(resource.Event{
			ID: fmt.Sprintf("ev_%026d", from+i), Time: resource.Millis(from + i), Actor: resource.System, Action: "guard.decided",
			SubjectKind: "run", SubjectID: fmt.Sprintf("run_%026d", (from+i)/10), Agent: "refund-desk", Environment: "production",
			Digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Reason: "within budget and policy",
			Attrs: map[string]string{"tool": "lookup_order", "state": "approved", "policies": "builtin/tier", "args": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
