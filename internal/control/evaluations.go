package control

import (
	"context"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Evaluate evaluates a version and keeps the signed report. Developer.
func (c *Control) Evaluate(ctx context.Context, p Principal, r CheckRequest) (CheckResult, error) {
	if err := need(p, resource.RoleDeveloper); err != nil {
		return CheckResult{}, err
	}
	v, err := c.Version(ctx, p, r.Version)
	if err != nil {
		return CheckResult{}, err
	}
	var base *resource.Version
	if r.Baseline != "" {
		b, err := c.Version(ctx, p, r.Baseline)
		if err != nil {
			return CheckResult{}, err
		}
		base = &b
	}
	o := evaluate.Options{Seed: r.Seed, Repeats: r.Repeats, Margin: r.Margin, StopEarly: r.StopEarly}
	if r.Cache {
		o.Cache = keptRuns{c, cacheScope}
	}
	report, err := c.evaluate(ctx, v, base, o)
	if err == nil {
		err = measured(v, report.Outage())
	}
	if err != nil {
		return CheckResult{}, err
	}
	return c.keep(ctx, evaluationClaim(v, report, "", "", p.Actor))
}

// measured is an error when the model did not answer: nothing was learnt about the
// version, and a model that is down is no failure of the agent.
func measured(v resource.Version, outage error) error {
	if outage == nil {
		return nil
	}
	return fault.Wrap(outage, fault.Unavailable,
		"%s could not be measured: the model did not answer, so nothing was learnt about it and no evidence is kept; try again when its endpoint works", v.Name)
}

func (c *Control) evaluate(ctx context.Context, v resource.Version, base *resource.Version, o evaluate.Options) (evaluate.Report, error) {
	keeps := o.Journal != nil || o.Cache != nil
	if keeps {
		if err := c.forgetRuns(ctx); err != nil {
			return evaluate.Report{}, err
		}
	}
	candidate, err := c.subject(ctx, v, keeps)
	if err != nil {
		return evaluate.Report{}, err
	}
	var against *evaluate.Subject
	if base != nil {
		b, err := c.subject(ctx, *base, keeps)
		if err != nil {
			return evaluate.Report{}, err
		}
		against = &b
	}
	o.Helpers = c.helpers()
	o.Served = func(ctx context.Context, m blueprint.Model) (string, error) { return c.cfg.Models.Version(ctx, m), nil }
	return evaluate.Run(ctx, candidate, against, o)
}

func (c *Control) subject(ctx context.Context, v resource.Version, keeps bool) (evaluate.Subject, error) {
	spec := v.Manifest.Blueprint.Spec.Model
	m, err := c.cfg.Models.Model(spec)
	s := evaluate.Subject{Manifest: v.Manifest, Digest: v.Digest, Model: m}
	if err == nil && keeps {
		s.ModelVersion = c.cfg.Models.Version(ctx, spec)
	}
	return s, err
}

// evaluationClaim is what an evaluation says about a version. One that a person has
// to judge warns: the release then needs an approval, whatever its tier.
func evaluationClaim(v resource.Version, r evaluate.Report, env, rel string, by resource.Actor) claim {
	passed, failed := []string{}, []string{}
	for _, cs := range r.Cases {
		name := fmt.Sprintf("%s/%s", cs.Suite, cs.Name)
		if cs.Passes == len(cs.Runs) {
			passed = append(passed, name)
		} else {
			failed = append(failed, name)
		}
	}
	verdict := resource.Block
	switch d, _ := r.Decide(); {
	case len(r.Cases) == 0: // nothing tried is nothing shown
	case d == evaluate.DecidePass:
		verdict = resource.Pass
	case d == evaluate.DecideAsk:
		verdict = resource.Warn
	}
	return claim{kind: resource.EvidenceEvaluation, agent: v.Agent, name: v.Name, digest: v.Digest, environment: env, release: rel,
		verdict: verdict, report: r, actor: by, test: &testOutcome{passed: passed, failed: failed, basis: basisOf(r)}}
}

// basisOf ties the signed statement to what the evaluation rests on: the baseline,
// the cases, their graders, data sets and judges, and the models that answered.
func basisOf(r evaluate.Report) []attest.Descriptor {
	var out []attest.Descriptor
	if r.Baseline != "" {
		out = append(out, attest.Describe("baseline", r.Baseline))
	}
	b := r.Basis
	if b == nil {
		return out
	}
	out = append(out, attest.Describe("cases", b.Cases), attest.Describe("graders", b.Graders),
		attest.Descriptor{Name: "engine", Annotations: map[string]any{"version": b.Engine}})
	for _, d := range b.DataSets {
		out = append(out, attest.Describe("dataset/"+d.Name, d.Digest))
	}
	for _, j := range b.Judges {
		d := attest.Describe("judge", j.Digest)
		d.Annotations = map[string]any{"graders": texts(j.Graders), "models": texts(j.Models)}
		out = append(out, d)
	}
	out = append(out, attest.Descriptor{Name: "model", Annotations: map[string]any{"versions": texts(b.Models)}})
	if r.Baseline != "" {
		out = append(out, attest.Descriptor{Name: "baseline-model", Annotations: map[string]any{"versions": texts(b.BaselineModels)}})
	}
	return out
}

// texts is a list as JSON has it.
func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// asked is how many people at least have to approve because a check warns.
func asked(claims []claim) int {
	for _, cl := range claims {
		if cl.kind == resource.EvidenceEvaluation && cl.verdict == resource.Warn {
			return 1
		}
	}
	return 0
}
