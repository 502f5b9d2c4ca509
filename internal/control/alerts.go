package control

import (
	"context"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/telemetry/alert"
	"github.com/aureus-agents/aureus/resource"
)

// CheckAlerts holds the figures of what serves against its alert rules. An alert
// that begins or ends is recorded and told to people once. Call it every few
// seconds.
func (c *Control) CheckAlerts(ctx context.Context) error {
	var firing []alert.Firing
	rules := map[string]bool{} // every rule that could fire, by key
	err := c.view(ctx, func(r Reader) error {
		ds, err := r.Deployments("")
		if err != nil {
			return err
		}
		for _, d := range ds {
			for _, digest := range []string{d.Stable, d.Candidate} {
				fs, err := c.alertsOf(r, d, digest, rules)
				if err != nil {
					return err
				}
				firing = append(firing, fs...)
			}
		}
		return nil
	})
	if err != nil || len(rules) == 0 {
		return err
	}
	return c.update(ctx, func(t *tx) error { return t.moveAlerts(firing, rules) })
}

// alertKey names an alert rule of a version in an environment, as a setting that
// says whether it fires.
func alertKey(agent, env, digest, rule string) string {
	return strings.Join([]string{"alert", agent, env, digest, rule}, "\x1f")
}

func (c *Control) alertsOf(r Reader, d resource.Deployment, digest string, rules map[string]bool) (out []alert.Firing, err error) {
	if digest == "" {
		return nil, nil
	}
	v, err := r.VersionByDigest(d.Agent, digest)
	if err != nil {
		return nil, err
	}
	now := c.now()
	for _, rule := range v.Manifest.Blueprint.Spec.Monitor.Alerts {
		rules[alertKey(d.Agent, d.Environment, digest, rule.Name)] = true
		w := resource.Millis(alert.Window(rule) / time.Millisecond)
		current, err := figuresOf(r, d, digest, now-w, now+1)
		if err != nil {
			return nil, err
		}
		previous, err := figuresOf(r, d, digest, now-2*w, now-w)
		if err != nil {
			return nil, err
		}
		out = append(out, alert.Evaluate([]blueprint.Alert{rule}, now, current, previous)...)
	}
	return out, nil
}

func figuresOf(r Reader, d resource.Deployment, digest string, from, to resource.Millis) (resource.Figures, error) {
	fs, err := r.Figures(FiguresQuery{Agent: d.Agent, Environment: d.Environment, Digest: digest, From: from, To: to})
	if err != nil || len(fs) == 0 {
		return resource.Figures{Agent: d.Agent, Environment: d.Environment, Digest: digest}, err
	}
	return fs[0], nil
}

// moveAlerts records which alerts began and which ended.
func (t *tx) moveAlerts(firing []alert.Firing, rules map[string]bool) error {
	now := map[string]alert.Firing{}
	for _, f := range firing {
		now[alertKey(f.Agent, f.Environment, f.Digest, f.Rule)] = f
	}
	for key := range rules {
		was, err := t.Meta(key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		f, fires := now[key]
		switch {
		case fires && was != "firing":
			err = t.alertMoved(key, "firing", "alert.fired", f.Text)
		case !fires && was == "firing":
			err = t.alertMoved(key, "quiet", "alert.cleared", "the figures are within the rule's bounds again")
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) alertMoved(key, state, action, text string) error {
	if err := t.PutMeta(key, state); err != nil {
		return err
	}
	p := strings.Split(key, "\x1f")
	agent, env, digest, rule := p[1], p[2], p[3], p[4]
	if err := t.record(resource.Event{Actor: resource.System, Action: action, SubjectKind: "alert", SubjectID: rule, Digest: digest,
		Agent: agent, Environment: env, Reason: text}); err != nil {
		return err
	}
	return t.notify(Notice{Kind: action, Agent: agent, Environment: env, Subject: rule, Digest: digest, Text: text})
}
