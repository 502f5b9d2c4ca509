package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// check registers a version and makes its evidence.
func (r *ciRun) check(ctx context.Context, a *ciAgent) {
	r.step(a, ci.StepPush, func(s *ci.Step) error { return r.push(ctx, a, s) })
	r.step(a, ci.StepSimulate, func(s *ci.Step) error { return r.simulate(ctx, a, s) })
	r.step(a, ci.StepEvaluate, func(s *ci.Step) error { return r.evaluate(ctx, a, s) })
}

func (r *ciRun) push(ctx context.Context, a *ciAgent, s *ci.Step) error {
	req, err := pushRequest(ctx, r.e, r.o.build, a.out.File, a.bp, a.src)
	if err != nil {
		return err
	}
	res, err := retry(ctx, r, func() (resource.PushResult, error) { return r.c.Push(ctx, req) })
	if err != nil {
		var e *client.Error
		if errors.As(err, &e) {
			for _, d := range e.Details {
				a.find(resource.Finding{Rule: d.Code, Severity: "error", Path: d.Path, Message: d.Message, Remediation: d.Fix})
			}
		}
		return err
	}
	a.version, a.out.Created = res.Version, res.Created
	a.out.Version, a.out.Digest = res.Version.Name, res.Version.Digest
	a.out.URL = r.page("agents", res.Version.Agent, "versions", fmt.Sprintf("v%d", res.Version.Number))
	s.Message = res.Version.Name + " registered"
	if !res.Created {
		s.Message = res.Version.Name + " was registered before"
	}
	return r.compare(ctx, a)
}

// page is the address of a page of the server's console.
func (r *ciRun) page(path ...string) string {
	s := strings.TrimRight(r.base, "/")
	for _, p := range path {
		s += "/" + url.PathEscape(p)
	}
	return s
}

// compare finds what serves, and what the version can do that it could not.
func (r *ciRun) compare(ctx context.Context, a *ciAgent) error {
	l, err := retry(ctx, r, func() (client.List[resource.Deployment], error) { return r.c.Deployments(ctx, a.version.Agent) })
	if err != nil {
		return err
	}
	a.serving = map[string]resource.Deployment{}
	for _, d := range l.Items {
		a.serving[d.Environment] = d
	}
	pls, err := retry(ctx, r, func() (client.List[resource.Pipeline], error) { return r.c.Pipelines(ctx) })
	if err != nil {
		return err
	}
	pl := pipeline.For(pls.Items, a.version.Agent, a.bp.Metadata.Owner)
	for _, e := range r.environments {
		rs, err := pipeline.StageOf(pl, e.Name, false)
		if err != nil {
			continue // an environment of other agents
		}
		stable := a.serving[e.Name].Stable
		d, err := r.delta(ctx, a, stable)
		if err != nil {
			return err
		}
		a.out.Asks = append(a.out.Asks, ci.Ask{Environment: e.Name, Tier: d.Tier, People: pipeline.Quorum(pipeline.Rules(rs, d, d.Tier))})
		if e.Name != r.o.environment {
			continue
		}
		a.out.Delta, a.baseline = &d, stable
		if stable != "" {
			v, err := retry(ctx, r, func() (resource.Version, error) { return r.c.Version(ctx, a.version.Agent+"@"+stable) })
			if err != nil {
				return err
			}
			a.out.Baseline = v.Name
		}
	}
	return nil
}

// delta is from a digest to the version; from "" is everything that it can do.
func (r *ciRun) delta(ctx context.Context, a *ciAgent, from string) (resource.Delta, error) {
	v := a.version
	if from != "" {
		return retry(ctx, r, func() (resource.Delta, error) { return r.c.Diff(ctx, v.Agent+"@"+from, v.Agent+"@"+v.Digest) })
	}
	if v.Manifest == nil {
		var err error
		if v, err = retry(ctx, r, func() (resource.Version, error) { return r.c.Version(ctx, v.Agent+"@"+v.Digest) }); err != nil {
			return resource.Delta{}, err
		}
	}
	return crv.Delta(nil, v.Manifest, "", v.Digest), nil
}

func (r *ciRun) simulate(ctx context.Context, a *ciAgent, s *ci.Step) error {
	var report simulate.Report
	same := func(data []byte) bool { return json.Unmarshal(data, &report) == nil && report.Seed == r.o.seed }
	res, err := r.checked(ctx, a, s, resource.EvidenceSimulation, same, func(ref string) (resource.CheckResult, error) {
		return r.c.Simulate(ctx, ref, resource.CheckOptions{Seed: r.o.seed})
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(res.Report, &report); err != nil {
		return fault.Wrap(err, fault.Internal, "the server's report cannot be read")
	}
	return a.simulated(s, report)
}

func (r *ciRun) evaluate(ctx context.Context, a *ciAgent, s *ci.Step) error {
	baseline := a.baseline
	if baseline == a.version.Digest {
		baseline = "" // it serves already
	}
	var report evaluate.Report
	same := func(data []byte) bool {
		return json.Unmarshal(data, &report) == nil && report.Seed == r.o.seed && report.Baseline == baseline &&
			(r.o.repeats == 0 || r.o.repeats == report.Repeats)
	}
	res, err := r.checked(ctx, a, s, resource.EvidenceEvaluation, same, func(ref string) (resource.CheckResult, error) {
		o := resource.CheckOptions{Seed: r.o.seed, Repeats: r.o.repeats}
		if baseline != "" {
			o.Baseline = a.version.Agent + "@" + baseline
		}
		return r.c.Evaluate(ctx, ref, o)
	})
	if err != nil {
		return err
	}
	report = evaluate.Report{}
	if err := json.Unmarshal(res.Report, &report); err != nil {
		return fault.Wrap(err, fault.Internal, "the server's report cannot be read")
	}
	return a.evaluated(s, report, res.Passed)
}

// checked is the result of a check: that of evidence which is there, verifies,
// passes, is fresh and was made the same way, or a new one.
func (r *ciRun) checked(ctx context.Context, a *ciAgent, s *ci.Step, kind string, same func([]byte) bool,
	again func(ref string) (resource.CheckResult, error)) (resource.CheckResult, error) {
	ref := a.version.Agent + "@" + a.version.Digest
	if !a.out.Created {
		l, err := retry(ctx, r, func() (client.List[resource.VerifiedEvidence], error) { return r.c.Evidence(ctx, ref) })
		if err != nil {
			return resource.CheckResult{}, err
		}
		if e, ok := newest(l.Items, kind); ok && time.Since(time.UnixMilli(int64(e.CreatedAt))) < r.o.maxAge && same(e.Report) {
			s.Reused, s.Evidence = true, e.Digest
			return resource.CheckResult{Report: e.Report, Passed: true, Evidence: e.Evidence}, nil
		}
	}
	res, err := retry(ctx, r, func() (resource.CheckResult, error) { return again(ref) })
	s.Evidence = res.Evidence.Digest
	return res, err
}

// newest is the newest evidence of a kind that no release made, when it passes
// and verifies.
func newest(list []resource.VerifiedEvidence, kind string) (resource.VerifiedEvidence, bool) {
	for _, e := range list {
		if e.Kind == kind && e.Release == "" {
			return e, e.Verified && e.Verdict == resource.Pass
		}
	}
	return resource.VerifiedEvidence{}, false
}
