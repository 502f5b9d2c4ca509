package control

import (
	"context"
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// CheckRequest asks for a simulation or an evaluation of a version.
type CheckRequest struct {
	Version  string `json:"version"` // reference
	Seed     int64  `json:"seed,omitempty"`
	Repeats  int    `json:"repeats,omitempty"`  // of an evaluation
	Baseline string `json:"baseline,omitempty"` // reference, of an evaluation
	// Of an evaluation: nil and false take the version's own.
	Margin    *float64 `json:"margin,omitempty"`
	StopEarly bool     `json:"stopEarly,omitempty"`
	// Cache takes runs of earlier evaluations that asked for it, and keeps new ones.
	Cache bool `json:"cache,omitempty"`
}

// Simulate simulates a version and keeps the signed report. Developer.
func (c *Control) Simulate(ctx context.Context, p Principal, r CheckRequest) (CheckResult, error) {
	if err := need(p, resource.RoleDeveloper); err != nil {
		return CheckResult{}, err
	}
	v, err := c.Version(ctx, p, r.Version)
	if err != nil {
		return CheckResult{}, err
	}
	report, err := c.simulate(ctx, v, simulate.Options{Seed: r.Seed})
	if err == nil {
		err = measured(v, report.Outage())
	}
	if err != nil {
		return CheckResult{}, err
	}
	return c.keep(ctx, simulationClaim(resource.EvidenceSimulation, v, report, "", "", p.Actor))
}

func (c *Control) keep(ctx context.Context, cl claim) (CheckResult, error) {
	report, err := json.Marshal(cl.report)
	if err != nil {
		return CheckResult{}, fault.Wrap(err, fault.Internal, "the report cannot be written as JSON")
	}
	res := CheckResult{Report: report, Passed: cl.verdict == resource.Pass}
	err = c.update(ctx, func(t *tx) (err error) { res.Evidence, err = t.attest(cl); return err })
	return res, err
}

func (c *Control) simulate(ctx context.Context, v resource.Version, o simulate.Options) (simulate.Report, error) {
	m, err := c.cfg.Models.Model(v.Manifest.Blueprint.Spec.Model)
	if err != nil {
		return simulate.Report{}, err
	}
	o.Helpers = c.helpers()
	return simulate.Run(ctx, v.Manifest, v.Digest, m, o)
}

// helpers are what graders and simulated users may use here.
func (c *Control) helpers() simulate.Helpers {
	return simulate.Helpers{Models: c.cfg.Models.Model, Commands: c.cfg.Graders}
}

// checks makes the claims that the gates of a release read: validation (with
// regressions against what serves), the properties of the guard, simulation and evaluation, and the replay of
// every guardrail that an incident of the agent left behind.
func (c *Control) checks(ctx context.Context, w releaseWork) ([]claim, error) {
	base, err := c.baseline(ctx, w)
	if err != nil {
		return nil, err
	}
	rel := w.rel
	validation := Validate(&w.version.Manifest.Blueprint, nil)
	if base != nil {
		validation.Findings = append(validation.Findings, crv.CheckRegression(base.Manifest, w.version.Manifest)...)
		validation.Passed = validation.Passed && !hasErrors(validation.Findings)
	}
	properties, err := properties(w.version)
	if err != nil {
		return nil, err
	}
	rules, err := c.checkGuardrails(ctx, w)
	if err != nil {
		return nil, err
	}
	claims := []claim{
		validationClaim(w.version, validation, rel.Environment, rel.ID, resource.System),
		policyClaim(w.version, properties, rel.Environment, rel.ID, resource.System),
		rules,
	}
	sim := simulate.Report{Passed: true}
	skips := rel.Stage.Skips(resource.EvidenceSimulation)
	if !skips {
		sim, err = c.simulate(ctx, w.version, simulate.Options{Seed: 1})
		if err == nil {
			err = measured(w.version, sim.Outage())
		}
		if err != nil {
			return nil, err
		}
	}
	if err := c.addGuardrails(ctx, w, &sim); err != nil {
		return nil, err
	}
	if !skips || len(sim.Scenarios) > 0 { // no hotfix goes without what incidents left behind
		claims = append(claims, simulationClaim(resource.EvidenceSimulation, w.version, sim, rel.Environment, rel.ID, resource.System))
	}
	if rel.Stage.Skips(resource.EvidenceEvaluation) {
		return claims, nil
	}
	eval, err := c.evaluateRelease(ctx, w, base)
	if err == nil {
		err = measured(w.version, eval.Outage())
	}
	if err != nil {
		return nil, err
	}
	return append(claims, evaluationClaim(w.version, eval, rel.Environment, rel.ID, resource.System)), nil
}

func hasErrors(fs []resource.Finding) bool {
	for _, f := range fs {
		if f.Severity == "error" {
			return true
		}
	}
	return false
}

// baseline is the version that served when the release began, nil for a first one.
func (c *Control) baseline(ctx context.Context, w releaseWork) (*resource.Version, error) {
	if w.rel.Baseline == "" {
		return nil, nil
	}
	var v resource.Version
	err := c.view(ctx, func(r Reader) (err error) { v, err = r.VersionByDigest(w.rel.Agent, w.rel.Baseline); return err })
	return &v, err
}

func verdictOf(passed bool) resource.Verdict {
	if passed {
		return resource.Pass
	}
	return resource.Block
}

func validationClaim(v resource.Version, r Report, env, rel string, by resource.Actor) claim {
	failed := []string{}
	for _, f := range r.Findings {
		if f.Severity == "error" {
			failed = append(failed, f.Rule+" "+f.Path)
		}
	}
	return claim{kind: resource.EvidenceValidation, agent: v.Agent, name: v.Name, digest: v.Digest, environment: env, release: rel,
		verdict: verdictOf(r.Passed), report: r, actor: by,
		test: &testOutcome{failed: failed}}
}

func simulationClaim(kind string, v resource.Version, r simulate.Report, env, rel string, by resource.Actor) claim {
	passed, failed := []string{}, []string{}
	for _, s := range r.Scenarios {
		name := s.Suite + "/" + s.Name
		if s.Passed {
			passed = append(passed, name)
		} else {
			failed = append(failed, name)
		}
	}
	// No scenario is no evidence of anything.
	ok := r.Passed && len(r.Scenarios) > 0
	return claim{kind: kind, agent: v.Agent, name: v.Name, digest: v.Digest, environment: env, release: rel,
		verdict: verdictOf(ok), report: r, actor: by, test: &testOutcome{passed: passed, failed: failed}}
}
