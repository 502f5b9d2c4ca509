package control

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// notifyJob is the payload of a job that tells one receiver.
type notifyJob struct {
	To     string `json:"to"`
	Notice Notice `json:"notice"`
}

// notify queues a notice, a job for each receiver; without one nobody is told.
func (t *tx) notify(n Notice) error {
	n.At = t.c.now()
	return t.notifyAt(n)
}

// notifyAt is notify for a notice that says when it was.
func (t *tx) notifyAt(n Notice) error {
	for _, to := range slices.Sorted(maps.Keys(t.c.cfg.Notifiers)) {
		payload, err := json.Marshal(notifyJob{To: to, Notice: n})
		if err != nil {
			return err
		}
		if err := t.Enqueue(Job{Kind: jobNotify, Key: "notify/" + t.c.cfg.NewID("ntf"), Payload: payload}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Control) deliver(ctx context.Context, j Job) (func(*tx) error, error) {
	var n notifyJob
	if err := json.Unmarshal(j.Payload, &n); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload is not a notice")
	}
	if n.To == "" {
		return c.deliverEach(j)
	}
	to, ok := c.cfg.Notifiers[n.To]
	if !ok {
		return nil, nil // it is set up no more
	}
	if err := to.Notify(ctx, n.Notice); err != nil {
		return nil, c.notTold(ctx, j.Key, n, err)
	}
	return func(t *tx) error { return t.recordNotice(j.Key, n, "notice.delivered", "") }, nil
}

// deliverEach tells every receiver of a notice that an earlier build queued: its job
// is the notice itself, for all of them.
func (c *Control) deliverEach(j Job) (func(*tx) error, error) {
	var n Notice
	if err := json.Unmarshal(j.Payload, &n); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload is not a notice")
	}
	return func(t *tx) error { return t.notifyAt(n) }, nil
}

// recordNotice records whether people were told; incidents show it.
func (t *tx) recordNotice(key string, j notifyJob, action, why string) error {
	n := j.Notice
	return t.record(resource.Event{Actor: resource.System, Action: action, SubjectKind: "notice", SubjectID: n.Subject, Digest: n.Digest,
		Agent: n.Agent, Environment: n.Environment, Reason: why, Attrs: map[string]string{"kind": n.Kind, "notice": key, "to": j.To}})
}

// notTold records that a notice could not be delivered, the first time: the job is
// tried again for long.
func (c *Control) notTold(ctx context.Context, key string, n notifyJob, cause error) error {
	err := c.update(ctx, func(t *tx) error {
		entries, err := t.EventsOf("notice", n.Notice.Subject, Page{Limit: maxPage})
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
