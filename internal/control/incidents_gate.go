package control

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// guardrailClaim is the claim of a proof, or of a release's replay of the
// guardrails.
func guardrailClaim(v resource.Version, env, rel string, verdict resource.Verdict, report any, tests *testOutcome, by resource.Actor) claim {
	if tests == nil {
		tests = &testOutcome{}
	}
	return claim{kind: resource.EvidenceGuardrail, agent: v.Agent, name: v.Name, digest: v.Digest, environment: env, release: rel,
		verdict: verdict, report: report, actor: by, test: tests}
}

// checkGuardrails replays the policy and CRV guardrails of the agent's resolved
// incidents through a version: what was stopped once has to be stopped by whatever
// the version has, or by the unchanged rule where the runs are no longer kept.
// Scenarios are replayed with the simulation.
func (c *Control) checkGuardrails(ctx context.Context, w releaseWork) (claim, error) {
	report := resource.GuardrailReplay{Version: w.version.Digest, Guardrails: []resource.GuardrailCheck{}, Passed: true}
	tests := &testOutcome{}
	proven, err := c.provenRules(ctx, w.rel.Agent)
	if err != nil {
		return claim{}, err
	}
	var rules backtest.Rules
	if len(proven) > 0 {
		if rules, err = stoppersOf(w.version); err != nil {
			return claim{}, err
		}
	}
	for _, p := range proven {
		check, err := c.checkGuardrail(ctx, w.version, rules, p)
		if err != nil {
			return claim{}, err
		}
		report.Guardrails = append(report.Guardrails, check)
		name := check.Incident + "/" + check.Kind + "/" + check.Name
		if check.Passed {
			tests.passed = append(tests.passed, name)
		} else {
			tests.failed, report.Passed = append(tests.failed, name), false
		}
	}
	return guardrailClaim(w.version, w.rel.Environment, w.rel.ID, verdictOf(report.Passed), report, tests, resource.System), nil
}

// failedGuardrails says what fails in the evidence of a release's guardrails.
func failedGuardrails(e resource.Evidence) string {
	var r resource.GuardrailReplay
	if e.Kind != resource.EvidenceGuardrail || json.Unmarshal(e.Report, &r) != nil {
		return ""
	}
	for _, g := range r.Guardrails {
		if !g.Passed {
			return ": " + g.Message
		}
	}
	return ""
}

// provenRule is a proof with the evidence that it was read from.
type provenRule struct {
	resource.GuardrailProof
	evidence string
}

// provenRules are the verified proofs of the agent's resolved incidents.
func (c *Control) provenRules(ctx context.Context, agent string) (proven []provenRule, err error) {
	err = c.view(ctx, func(r Reader) error {
		return eachIncident(r, IncidentFilter{Agent: agent, State: incidentResolved}, func(in resource.Incident) error {
			if in.Guardrail == nil || in.Guardrail.Kind == resource.GuardrailScenario {
				return nil
			}
			proof, err := c.proofOf(r, in)
			proven = append(proven, provenRule{proof, in.Guardrail.Evidence})
			return err
		})
	})
	return proven, err
}

// eachIncident reads all incidents of a filter, newest first.
func eachIncident(r Reader, f IncidentFilter, do func(resource.Incident) error) error {
	page := Page{Limit: maxPage}
	for {
		list, err := r.Incidents(f, page)
		if err != nil {
			return err
		}
		for _, in := range list {
			if err := do(in); err != nil {
				return err
			}
			page.After = in.ID
		}
		if len(list) < page.Limit {
			return nil
		}
	}
}

// proofOf reads an incident's proof from its evidence, which has to verify.
func (c *Control) proofOf(r Reader, in resource.Incident) (proof resource.GuardrailProof, err error) {
	e, err := r.EvidenceByID(in.Guardrail.Evidence)
	if err != nil {
		return proof, err
	}
	if err := c.checkFound(e, EvidenceFilter{Subject: in.Digest, Kind: resource.EvidenceGuardrail}); err != nil {
		return proof, err
	}
	if err := json.Unmarshal(e.Report, &proof); err != nil {
		return proof, fault.Wrap(err, fault.Corrupt, "the proof of incident %s cannot be read", in.ID)
	}
	return proof, nil
}

// checkGuardrail replays the bad runs of one proof.
func (c *Control) checkGuardrail(ctx context.Context, v resource.Version, rules backtest.Rules, p provenRule) (resource.GuardrailCheck, error) {
	check := resource.GuardrailCheck{Incident: p.Incident, Kind: p.Kind, Name: p.Name, Proof: p.evidence, Runs: []resource.ReplayedRun{}}
	if digest, err := ruleDigest(v, p.Kind, p.Name); err == nil {
		check.Kept = digest == p.Rule
	}
	through := ""
	for _, bad := range p.Stop {
		var run resource.Run
		err := c.view(ctx, func(r Reader) (err error) { run, err = r.Run(bad.Run); return err })
		if fault.Is(err, fault.NotFound) {
			check.Gone++
			continue
		}
		if err != nil {
			return check, err
		}
		x, err := replayedRun(run, rules.Stops(run), anyStop)
		if err != nil {
			return check, err
		}
		x.Group = bad.Group
		if x.Digest != bad.Digest {
			x.Stopped, x.Why = false, "the recorded run is not the one of the proof any more"
		}
		if !x.Stopped && through == "" {
			through = x.Run
		}
		check.Runs = append(check.Runs, x)
	}
	check.Passed, check.Message = kept(check, v.Name, through)
	return check, nil
}

// kept judges a replayed guardrail: no run gets through, and where runs are gone
// the rule itself is still there.
func kept(g resource.GuardrailCheck, version, through string) (bool, string) {
	rule := fmt.Sprintf("%s %q of incident %s", g.Kind, g.Name, g.Incident)
	switch {
	case through != "":
		return false, fmt.Sprintf("the recorded bad run %s gets through %s: put %s back, or another rule that stops it", through, version, rule)
	case g.Gone > 0 && !g.Kept:
		return false, fmt.Sprintf("%d bad runs of the proof are not kept any more, and %s is not in %s as it was proven: put it back", g.Gone, rule, version)
	}
	return true, fmt.Sprintf("%d recorded bad runs are stopped", len(g.Runs))
}

// addGuardrails runs the scenarios that proved a guardrail in a resolved incident
// of the agent, whether or not the version still has them: what went wrong once
// cannot go out again. A model that does not answer is no failure of the version.
func (c *Control) addGuardrails(ctx context.Context, w releaseWork, report *simulate.Report) error {
	type guardrail struct {
		incident  string
		scenarios []blueprint.Scenario
	}
	var todo []guardrail
	err := c.view(ctx, func(r Reader) error {
		return eachIncident(r, IncidentFilter{Agent: w.rel.Agent, State: incidentResolved}, func(in resource.Incident) error {
			if in.Guardrail == nil || in.Guardrail.Kind != resource.GuardrailScenario {
				return nil
			}
			v, err := r.VersionByDigest(w.rel.Agent, in.Guardrail.Version)
			if err != nil {
				return err
			}
			list, err := replayedScenarios(v, *in.Guardrail)
			todo = append(todo, guardrail{in.ID, list})
			return err
		})
	})
	for _, g := range todo {
		if err != nil {
			return err
		}
		var played []simulate.Played
		played, err = c.playOn(ctx, w.version, "guardrail of "+g.incident, g.scenarios)
		for _, x := range played {
			report.Scenarios = append(report.Scenarios, x.Report)
			report.Passed = report.Passed && x.Report.Passed
		}
	}
	return err
}
