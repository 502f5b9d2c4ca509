package control

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/telemetry/alert"
	"github.com/aureus-agents/aureus/resource"
)

// CheckAlerts holds the figures of what serves against its alert rules. An alert
// that begins or ends is recorded and told to people once; one of a version that
// no longer serves ends. A version that soaks is rolled back by them. Call it
// every few seconds.
func (c *Control) CheckAlerts(ctx context.Context) error {
	if err := c.checkSoaks(ctx); err != nil {
		return err
	}
	firing := map[alertKey]string{}
	var before []alertKey
	err := c.view(ctx, func(r Reader) error {
		ds, err := r.Deployments("")
		if err != nil {
			return err
		}
		for _, d := range ds {
			for _, digest := range []string{d.Stable, d.Candidate} {
				if err := c.alertsOf(r, d, digest, firing); err != nil {
					return err
				}
			}
		}
		before, err = firingAlerts(r)
		return err
	})
	if err != nil || sameAlerts(before, firing) {
		return err
	}
	return c.update(ctx, func(t *tx) error { return t.moveAlerts(firing) })
}

// alertKey names an alert rule of a version in an environment.
type alertKey struct{ Agent, Environment, Digest, Rule string }

func (k alertKey) compare(o alertKey) int {
	return cmp.Or(cmp.Compare(k.Agent, o.Agent), cmp.Compare(k.Environment, o.Environment),
		cmp.Compare(k.Digest, o.Digest), cmp.Compare(k.Rule, o.Rule))
}

// metaAlerts is the setting that holds the alerts that fire, sorted.
const metaAlerts = "alerts.firing"

func firingAlerts(r Reader) (keys []alertKey, err error) {
	text, err := r.Meta(metaAlerts)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return nil, fault.Wrap(err, fault.Corrupt, "the list of firing alerts cannot be read; restore a backup")
	}
	return keys, nil
}

func sameAlerts(before []alertKey, firing map[alertKey]string) bool {
	if len(before) != len(firing) {
		return false
	}
	for _, k := range before {
		if _, ok := firing[k]; !ok {
			return false
		}
	}
	return true
}

// alertsOf adds the alerts of a version that fire, each with its text.
func (c *Control) alertsOf(r Reader, d resource.Deployment, digest string, firing map[alertKey]string) error {
	if digest == "" {
		return nil
	}
	v, err := r.VersionByDigest(d.Agent, digest)
	if err != nil {
		return err
	}
	now := c.now()
	for _, rule := range v.Manifest.Blueprint.Spec.Monitor.Alerts {
		w := resource.Millis(alert.Window(rule) / time.Millisecond)
		current, err := figuresOf(r, d, digest, now-w, now+1)
		if err != nil {
			return err
		}
		previous, err := figuresOf(r, d, digest, now-2*w, now-w)
		if err != nil {
			return err
		}
		for _, f := range alert.Evaluate([]blueprint.Alert{rule}, now, current, previous) {
			firing[alertKey{d.Agent, d.Environment, digest, f.Rule}] = f.Text
		}
	}
	return nil
}

func figuresOf(r Reader, d resource.Deployment, digest string, from, to resource.Millis) (resource.Figures, error) {
	fs, err := r.Figures(FiguresQuery{Agent: d.Agent, Environment: d.Environment, Digest: digest, From: from, To: to})
	if err != nil || len(fs) == 0 {
		return resource.Figures{Agent: d.Agent, Environment: d.Environment, Digest: digest}, err
	}
	return fs[0], nil
}

// moveAlerts records which alerts began and which ended.
func (t *tx) moveAlerts(firing map[alertKey]string) error {
	before, err := firingAlerts(t)
	if err != nil {
		return err
	}
	now := slices.SortedFunc(maps.Keys(firing), alertKey.compare)
	for _, k := range now {
		if !slices.Contains(before, k) {
			if err := t.alertMoved(k, "alert.fired", firing[k]); err != nil {
				return err
			}
			if err := t.page(k, firing[k]); err != nil {
				return err
			}
		}
	}
	for _, k := range before {
		if _, ok := firing[k]; !ok {
			if err := t.alertMoved(k, "alert.cleared", "the figures are within the rule's bounds again, or the version no longer serves"); err != nil {
				return err
			}
		}
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return t.PutMeta(metaAlerts, string(text))
}

func (t *tx) alertMoved(k alertKey, action, text string) error {
	if err := t.record(resource.Event{Actor: resource.System, Action: action, SubjectKind: "alert", SubjectID: k.Rule, Digest: k.Digest,
		Agent: k.Agent, Environment: k.Environment, Reason: text}); err != nil {
		return err
	}
	return t.notify(Notice{Kind: action, Agent: k.Agent, Environment: k.Environment, Subject: k.Rule, Digest: k.Digest, Text: text})
}
