package main

import (
	"context"
	"testing"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

// TestStopInCanary asks the server to end in the middle of a canary on live
// traffic. Every run under way is answered first; started again, the canary goes on.
func TestStopInCanary(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "aureus")
	stable := w.push(w.agent())
	w.release(stable, "staging")
	w.release(stable, "production")
	c := w.customers(3)
	v := w.push(w.variant("This is a change."))
	w.release(v, "staging")
	rel := w.release(v, "production", resource.ReleaseCanary)
	target := c.count.Load() + 3
	eventually(t, "traffic goes on", func(context.Context) (bool, error) { return c.count.Load() >= target, nil })
	w.stop()
	c.stop()
	w.start()
	l, err := w.as("author").Runs(t.Context(), client.RunFilter{Mode: resource.RunLive, Environment: "production"}, client.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range l.Items {
		if c.answered[run.ID] == "" || c.answered[run.ID] != run.Outcome {
			t.Errorf("run %s ended %s and was answered %q", run.ID, run.Outcome, c.answered[run.ID])
		}
	}
	w.customers(3)
	if rel = w.follow(rel.ID); rel.State != resource.ReleasePromoted {
		t.Errorf("the release ended %s: %s; want promoted", rel.State, rel.Reason)
	}
}
