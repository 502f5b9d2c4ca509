package control

import (
	"context"
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/internal/telemetry/alert"
	"github.com/aureus-agents/aureus/resource"
)

// checkSoaks holds the figures of versions that soak against what their stage
// asks for and against their own alert rules; one that is over a bound is rolled
// back at once.
func (c *Control) checkSoaks(ctx context.Context) error {
	failing := map[string]string{}
	err := c.view(ctx, func(r Reader) error {
		ds, err := r.Deployments("")
		if err != nil {
			return err
		}
		for _, d := range ds {
			if !d.Soaking {
				continue
			}
			why, err := c.unhealthy(r, d)
			if err != nil { // of this one alone: the others are watched still
				c.cfg.Logger.Error("a version that soaks cannot be watched", "agent", d.Agent, "environment", d.Environment, "release", d.Release, "error", err)
			}
			failing[d.Release] = why
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id, why := range failing {
		if why == "" {
			continue
		}
		if err := c.update(ctx, func(t *tx) error { return t.rollBackSoak(id, why) }); err != nil {
			return err
		}
	}
	return nil
}

// unhealthy says why a version that soaks is to be rolled back, "" for no reason.
func (c *Control) unhealthy(r Reader, d resource.Deployment) (string, error) {
	rel, err := r.Release(d.Release)
	if err != nil {
		return "", err
	}
	for _, rule := range rel.Stage.Stage.After {
		if rule.Metric == "" {
			continue
		}
		g, err := c.metricGate(r, d, rule)
		if err == nil {
			g, err = c.waive(r, rel, g)
		}
		if err != nil {
			return "", err
		}
		if g.Verdict == resource.Block {
			return "Gate " + g.Name + ": " + g.Message, nil
		}
	}
	firing := map[alertKey]string{}
	if err := c.alertsOf(r, d, d.Stable, firing); err != nil {
		return "", err
	}
	for _, text := range firing {
		return "Alert while it soaks: " + text, nil
	}
	return "", nil
}

func (t *tx) rollBackSoak(id, why string) error {
	rel, err := t.Release(id)
	if err != nil || !release.IsSoaking(rel) {
		return err // it has ended meanwhile
	}
	_, err = t.move(rel, release.Event{Kind: release.Unhealthy, Actor: resource.System, Reason: why})
	return err
}

// soakGates are the gates at the end of a soak.
func (t *tx) soakGates(rel resource.Release) ([]resource.Gate, error) {
	v, err := t.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return nil, err
	}
	d, err := t.deployment(&rel)
	if err != nil {
		return nil, err
	}
	gates := []resource.Gate{t.c.quarantineGate(v)}
	for _, rule := range rel.Stage.Stage.After {
		var g resource.Gate
		if rule.Metric != "" {
			if g, err = t.c.metricGate(t, d, rule); err == nil {
				g, err = t.c.waive(t, rel, g)
			}
		} else {
			g, err = t.c.externalGate(t, rel, rule)
		}
		if err != nil {
			return nil, err
		}
		if g.Verdict == resource.Block && g.Code == resource.MissingData {
			g.Verdict = resource.Pending // nothing bad is known: people are asked, and nothing is rolled back
		}
		gates = append(gates, g)
	}
	return gates, nil
}

// metricGate holds a figure of the version, since it has all traffic or over the
// rule's window, against the rule's bound. Too few runs are no verdict.
func (c *Control) metricGate(r Reader, d resource.Deployment, rule blueprint.GateRule) (resource.Gate, error) {
	g := resource.Gate{Name: rule.Name, Verdict: resource.Pending, Code: resource.MissingData, At: c.now()}
	snap, err := r.Snapshot(d.Snapshot)
	if err != nil {
		return g, err
	}
	from := snap.CreatedAt
	if w := resource.Millis(rule.Window.D(0) / time.Millisecond); w > 0 {
		from = max(from, g.At-w)
	}
	f, err := figuresOf(r, d, d.Stable, from, g.At+1)
	if err != nil {
		return g, err
	}
	least := int64(rule.MinRuns)
	if least <= 0 {
		least = alert.DefaultMinRuns
	}
	value, known := alert.Figure(rule.Metric, f)
	switch {
	case !known || rule.Above == nil:
		g.Message = fmt.Sprintf("it asks for the metric %q with no bound, or one that nobody measures", rule.Metric)
		g.Remediation = "promote the release with a reason, or roll it back, and correct the pipeline"
	case f.Runs < least:
		g.Message = fmt.Sprintf("%s was measured over %d runs; %d are needed", rule.Metric, f.Runs, least)
		g.Remediation = "send more traffic, or promote the release with a reason"
	case value > *rule.Above:
		g.Verdict, g.Code = resource.Block, resource.PolicyViolation
		g.Message = fmt.Sprintf("%s is %.4g over %d runs, above %.4g", rule.Metric, value, f.Runs, *rule.Above)
	default:
		g.Verdict, g.Code = resource.Pass, ""
		g.Message = fmt.Sprintf("%s is %.4g over %d runs, within %.4g", rule.Metric, value, f.Runs, *rule.Above)
	}
	return g, nil
}
