package control

import (
	"context"
	"fmt"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// watched ends the watch of what a rollback restored: the incident says how it
// went.
func (c *Control) watched(_ context.Context, j Job) (func(*tx) error, error) {
	return func(t *tx) error {
		rel, _, err := t.armed(j) // a rolled back release moves no more
		if err != nil || rel.Incident == "" || rel.RolledBackTo == "" {
			return err
		}
		d, err := t.deployment(&rel)
		if err != nil {
			return err
		}
		in, err := t.Incident(rel.Incident)
		if err != nil || in.State == incidentResolved {
			return err
		}
		text := "The watch ended early: another version serves by now."
		if d.Stable == rel.RolledBackTo {
			f, err := figuresOf(t, d, d.Stable, rel.GoodAt, t.c.now()+1)
			if err != nil {
				return err
			}
			text = fmt.Sprintf("Watched for %s: the restored version made %d runs, %d failed.", watchTime, f.Runs, f.Failed)
		}
		return t.recordIncident(in, "incident.watched", resource.System, text)
	}, nil
}

// page calls people about an alert of what a rollback restored, while it is
// watched: nothing goes further back by itself.
func (t *tx) page(k alertKey, text string) error {
	d, err := t.Deployment(k.Agent, k.Environment)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || d.Stable != k.Digest || d.WatchedUntil <= t.c.now() {
		return err
	}
	return t.notify(Notice{Kind: "rollback.restored_failing", Agent: k.Agent, Environment: k.Environment, Subject: k.Rule, Digest: k.Digest,
		Text: "What a rollback restored is in trouble itself, and nothing is rolled back further: " + text +
			". Look now: roll back by hand, or stop the callers of the agent."})
}
