package control

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// notify queues a notice for the webhook; without one it is only logged.
func (t *tx) notify(n Notice) error {
	if t.c.cfg.Notifier == nil {
		return nil
	}
	n.At = t.c.now()
	payload, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: jobNotify, Key: "notify/" + t.c.cfg.NewID("ntf"), Payload: payload})
}

func (c *Control) deliver(ctx context.Context, j Job) (func(*tx) error, error) {
	var n Notice
	if err := json.Unmarshal(j.Payload, &n); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload is not a notice")
	}
	if c.cfg.Notifier == nil {
		return nil, nil
	}
	if err := c.cfg.Notifier.Notify(ctx, n); err != nil {
		return nil, c.notTold(ctx, j.Key, n, err)
	}
	return func(t *tx) error { return t.recordNotice(j.Key, n, "notice.delivered", "") }, nil
}

// recordNotice records whether people were told; incidents show it.
func (t *tx) recordNotice(key string, n Notice, action, why string) error {
	return t.record(resource.Event{Actor: resource.System, Action: action, SubjectKind: "notice", SubjectID: n.Subject, Digest: n.Digest,
		Agent: n.Agent, Environment: n.Environment, Reason: why, Attrs: map[string]string{"kind": n.Kind, "notice": key}})
}

// notTold records that a notice could not be delivered, the first time: the job is
// tried again for long.
func (c *Control) notTold(ctx context.Context, key string, n Notice, cause error) error {
	err := c.update(ctx, func(t *tx) error {
		entries, err := t.EventsOf("notice", n.Subject, Page{Limit: maxPage})
		if err != nil {
			return err
		}
		said := func(e resource.LedgerEntry) bool { return e.Event.Attrs["notice"] == key }
		if slices.ContainsFunc(entries, said) {
			return nil
		}
		return t.recordNotice(key, n, "notice.failed", sentenceOf(cause))
	})
	if err != nil {
		return err
	}
	return cause
}
