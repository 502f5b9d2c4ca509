package main

import (
	"context"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// The rules of findings about scenarios.
const (
	ruleScenario = "simulation/scenario"
	ruleCase     = "evaluation/case"
)

// validate checks the blueprint and proves its policies, offline.
func (r *ciRun) validate(a *ciAgent) {
	r.step(a, ci.StepValidate, func(s *ci.Step) error {
		bp, src, err := readBlueprint(r.e, a.out.File)
		if err != nil {
			if report, form := control.ValidateError(err); form {
				a.out.Findings = report.Findings
				return fault.New(fault.Invalid, "it is no blueprint: %d problems", len(report.Findings))
			}
			return err
		}
		a.bp, a.src, a.out.Agent = bp, src, bp.Metadata.Name
		report := control.Validate(bp, src)
		a.out.Findings = append(a.out.Findings, report.Findings...)
		s.Message = fmt.Sprintf("tier %s, %d findings", report.Tier, len(report.Findings))
		if !report.Passed {
			return fault.New(fault.Blocked, "it does not pass validation: %d findings", len(report.Findings))
		}
		if len(report.Findings) > 0 {
			s.Verdict = ci.Warn
		}
		return nil
	})
	r.step(a, ci.StepPolicy, func(s *ci.Step) error {
		g, err := guard.Compile(&resource.Manifest{Blueprint: *a.bp})
		if err != nil {
			return err
		}
		report := g.CheckProperties(a.bp, "")
		failed := 0
		for _, p := range report.Properties {
			c := ci.Case{Name: p.ID, Verdict: ci.Pass}
			if p.Failed() {
				failed++
				c.Verdict, c.Message = ci.Block, p.Sentence+" ("+p.Verdict+")"
			}
			s.Cases = append(s.Cases, c)
		}
		for _, f := range report.Findings {
			a.find(f)
		}
		s.Message = fmt.Sprintf("%d properties, %d states", len(report.Properties), report.States)
		if failed > 0 {
			return fault.New(fault.Blocked, "%d of %d properties of the guard fail", failed, len(report.Properties))
		}
		return nil
	})
}

// find adds a finding at the place where its field was written.
func (a *ciAgent) find(f resource.Finding) {
	if f.File == "" || f.Line == 0 {
		p := a.src.TextPosition(f.Path, f.Line)
		f.File, f.Line, f.Column = p.File, p.Line, p.Column
	}
	a.out.Findings = append(a.out.Findings, f)
}

// checkHere simulates and evaluates without a server.
func (r *ciRun) checkHere(ctx context.Context, a *ciAgent) {
	if r.e.getenv("AUREUS_MODEL_URL") == "" {
		for _, name := range []string{ci.StepSimulate, ci.StepEvaluate} {
			a.out.Steps = append(a.out.Steps, ci.Step{Name: name, Verdict: ci.Skip, Message: "not made: AUREUS_MODEL_URL names no model"})
		}
		return
	}
	var subject evaluate.Subject
	r.step(a, ci.StepSimulate, func(s *ci.Step) error {
		m, digest, mod, err := localVersion(ctx, r.e, a.out.File)
		if err != nil {
			return err
		}
		subject = evaluate.Subject{Manifest: m, Digest: digest, Model: mod}
		a.out.Digest = digest
		delta := crv.Delta(nil, m, "", digest)
		a.out.Delta = &delta
		helpers, err := localHelpers(r.e)
		if err != nil {
			return err
		}
		report, err := simulate.Run(ctx, m, digest, mod, simulate.Options{Seed: r.o.seed, Servers: privateServers{}, Helpers: helpers})
		if err != nil {
			return err
		}
		return a.simulated(s, report)
	})
	r.step(a, ci.StepEvaluate, func(s *ci.Step) error {
		helpers, err := localHelpers(r.e)
		if err != nil {
			return err
		}
		report, err := evaluate.Run(ctx, subject, nil, evaluate.Options{Seed: r.o.seed, Repeats: r.o.repeats, Helpers: helpers})
		if err != nil {
			return err
		}
		return a.evaluated(s, report, report.Passed)
	})
}

// simulated puts a simulation's report into the step.
func (a *ciAgent) simulated(s *ci.Step, report simulate.Report) error {
	if cause := report.Outage(); cause != nil {
		return fault.Wrap(cause, fault.Unavailable, "the model did not answer, so nothing was learnt about the agent")
	}
	failed := 0
	for _, sc := range report.Scenarios {
		c := ci.Case{Name: sc.Suite + "/" + sc.Name, Verdict: ci.Pass}
		if !sc.Passed {
			failed++
			c.Verdict, c.Message = ci.Block, sc.Message
			a.scenario(ruleScenario, sc.Suite, sc.Name, "the scenario fails: "+sc.Message)
		}
		s.Cases = append(s.Cases, c)
	}
	s.Message = fmt.Sprintf("%d of %d scenarios pass", len(report.Scenarios)-failed, len(report.Scenarios))
	if !report.Passed {
		return fault.New(fault.Blocked, "%s", report.Message)
	}
	return nil
}

// evaluated puts an evaluation's report into the step; passed is its verdict, the
// comparison included.
func (a *ciAgent) evaluated(s *ci.Step, report evaluate.Report, passed bool) error {
	if cause := report.Outage(); cause != nil {
		return fault.Wrap(cause, fault.Unavailable, "the model did not answer, so the agent could not be measured")
	}
	e := &ci.Evaluation{Runs: report.Runs, PassRate: report.PassRate, PassK: report.PassK, CostUSD: report.CostUSD, P95Ms: report.P95Ms}
	for _, cs := range report.Cases {
		c := ci.Case{Name: cs.Suite + "/" + cs.Name, Verdict: ci.Pass}
		for _, run := range cs.Runs {
			c.Ms += run.LatencyMs
			if !run.Passed && c.Message == "" {
				c.Message = fmt.Sprintf("%d of %d repeats pass: %s", cs.Passes, len(cs.Runs), run.Message)
			}
		}
		if cs.Passes < len(cs.Runs) && !passed {
			c.Verdict = ci.Block
			a.scenario(ruleCase, cs.Suite, cs.Name, c.Message)
		} else if cs.Passes < len(cs.Runs) {
			c.Verdict = ci.Warn
		}
		s.Cases = append(s.Cases, c)
	}
	s.Message = fmt.Sprintf("%.1f %% of %d cases pass in every repeat", 100*report.PassRate, len(report.Cases))
	if c := report.Compare; c != nil {
		e.Verdict, e.BaselinePassRate, e.CandidatePassRate, e.PValue = c.Verdict, c.BaselinePassRate, c.CandidatePassRate, c.PValue
		e.Fixed, e.Broken = c.Fixed, c.Broken
		s.Message += "; against what serves: " + c.Verdict
	}
	a.out.Evaluation = e
	if passed {
		return nil
	}
	why := report.Message
	if why == "" {
		why = s.Message
	}
	return fault.New(fault.Blocked, "%s", why)
}

// scenario adds a finding about a scenario, at the line where it is written.
func (a *ciAgent) scenario(rule, suite, name, message string) {
	f := resource.Finding{Rule: rule, Severity: "error", Code: resource.PolicyViolation, Path: scenarioPath(a.bp, suite, name), Message: message,
		Remediation: "aureus simulate " + a.out.File}
	a.find(f)
}

// scenarioPath is the field of a scenario, "spec.evaluation" for one that is not
// the blueprint's own.
func scenarioPath(bp *blueprint.Agent, suite, name string) string {
	for i, s := range bp.Spec.Evaluation.Suites {
		for j, sc := range s.Scenarios {
			if s.Name == suite && sc.Name == name {
				return fmt.Sprintf("spec.evaluation.suites[%d].scenarios[%d]", i, j)
			}
		}
	}
	return "spec.evaluation"
}
