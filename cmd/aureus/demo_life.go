package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// firstVersion takes version 1 from a template to production.
func (d *demo) firstVersion(ctx context.Context) error {
	d.show.chapter("v1: from a template to production")
	var gen resource.GenerationRecord
	command := fmt.Sprintf("aureus generate --template support-desk --param name=%s --param 'server=%s'", demoAgent, demoShopCommand)
	if err := d.step("generate", "v1 is generated", command, func() (string, error) {
		a, rec, err := d.fromTemplate()
		if err != nil {
			return "", err
		}
		gen, d.versions[1] = rec, a
		return fmt.Sprintf("template support-desk, %d tools, %d suites", len(a.Spec.Tools), len(a.Spec.Evaluation.Suites)), nil
	}); err != nil {
		return err
	}
	if err := d.step("validate", "v1 is validated", "aureus validate refund-desk.v1.yaml", func() (string, error) {
		r := control.Validate(d.versions[1], nil)
		if !r.Passed {
			return "", fault.New(fault.Blocked, "the template does not validate: %v", r.Findings)
		}
		return fmt.Sprintf("schema, tiers, permissions, policies and phases hold (%d notes)", len(r.Findings)), nil
	}); err != nil {
		return err
	}
	if err := d.push(ctx, 1, d.versions[1], &gen); err != nil {
		return err
	}
	if err := d.throughBoth(ctx, 1, resource.ReleasePromoted); err != nil {
		return err
	}
	return d.step("traffic", "customers arrive", "aureus invoke "+demoAgent+` --input '{"message":"..."}'`, func() (string, error) {
		d.traffic = startTraffic(context.WithoutCancel(ctx), d.as("shop-app"), demoCustomers, 0)
		return fmt.Sprintf("%d at a time, each keeps the version of its session", demoCustomers), d.served(ctx, 1)
	})
}

// throughBoth takes a version through staging into production.
func (d *demo) throughBoth(ctx context.Context, n int, want resource.ReleaseState) error {
	if _, err := d.release(ctx, n, "staging", resource.ReleasePromoted); err != nil {
		return err
	}
	rel, err := d.release(ctx, n, "production", want)
	if want == resource.ReleaseRolledBack {
		d.bad = rel
	}
	return err
}

// served waits for a run of version n that succeeded.
func (d *demo) served(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		runs, err := d.as("author").Runs(ctx, client.RunFilter{Agent: demoAgent, Outcomes: []resource.Outcome{resource.OutcomeSuccess}}, client.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(runs.Items) > 0 && runs.Items[0].Version == n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.Failed, "no run of v%d succeeded in time", n)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// secondVersion adds a tool.
func (d *demo) secondVersion(ctx context.Context) error {
	d.show.chapter("v2: a new tool raises the approval tier")
	a, err := withVoucher(d.versions[1])
	if err != nil {
		return err
	}
	if err := d.push(ctx, 2, a, nil); err != nil {
		return err
	}
	return d.throughBoth(ctx, 2, resource.ReleasePromoted)
}

// badVersion goes out with a fault that no scenario covers; the canary finds it.
func (d *demo) badVersion(ctx context.Context) error {
	d.show.chapter("v3: a well-meant sentence breaks three refunds in ten")
	a, err := withRegression(d.versions[2])
	if err != nil {
		return err
	}
	if err := d.push(ctx, 3, a, nil); err != nil {
		return err
	}
	if err := d.throughBoth(ctx, 3, resource.ReleaseRolledBack); err != nil {
		return err
	}
	if err := d.step("rollback", "the canary's verdict took v3 off traffic", "aureus release verdict "+d.bad.ID, func() (string, error) {
		return d.measureRollback(ctx)
	}); err != nil {
		return err
	}
	return d.step("quarantine", "v3 cannot go out again", fmt.Sprintf("aureus release start %s@v3 --env production", demoAgent), func() (string, error) {
		_, err := d.as("author").StartRelease(ctx, resource.ReleaseRequest{Version: demoAgent + "@v3", Environment: "production", Reason: "again"})
		if err == nil {
			return "", fault.New(fault.Failed, "a quarantined version could be released")
		}
		return "refused: " + err.Error(), nil
	})
}

// measureRollback counts what the bad version did.
func (d *demo) measureRollback(ctx context.Context) (string, error) {
	verdict, err := d.as("author").Verdict(ctx, d.bad.ID)
	if err != nil {
		return "", err
	}
	if !verdict.Agrees {
		return "", fault.New(fault.Verification, "the verdict recomputed from the outcomes is another one")
	}
	r := &d.result.Rollback
	last := d.bad.GoodAt
	for run, err := range client.All(func(after string) (client.List[resource.Run], error) {
		return d.as("author").Runs(ctx, client.RunFilter{Agent: demoAgent, Digest: d.bad.Digest, Mode: resource.RunLive, Environment: "production"}, client.Page{Limit: 1000, After: after})
	}) {
		if err != nil {
			return "", err
		}
		r.RunsOnBadVersion++
		if run.Outcome.Failed() {
			r.FailedOnBad++
		}
		last = max(last, run.StartedAt)
	}
	control := verdict.Stored.Control
	expected := float64(r.RunsOnBadVersion) * float64(control.Failures) / float64(max(control.Runs, 1))
	r.ExcessFailedRuns = float64(r.FailedOnBad) - expected
	r.MsToGoodVersion = int64(last - d.bad.DecidedAt)
	r.VerifiedAgainInMs = int64(d.bad.UpdatedAt - d.bad.DecidedAt)
	return fmt.Sprintf("%d of %d runs failed on v3 (%.1f more than v2 would have), E = %.0f over a threshold of %.0f\n"+
		"all traffic on v2 after %d ms, v2 verified again after %d ms; the verdict recomputes from its outcomes",
		r.FailedOnBad, r.RunsOnBadVersion, r.ExcessFailedRuns, verdict.Stored.EHarm, 1/verdict.Plan.Alpha, r.MsToGoodVersion, r.VerifiedAgainInMs), nil
}

// mend closes the incident and takes version 4 to production.
func (d *demo) mend(ctx context.Context) error {
	d.show.chapter("v4: the incident becomes a guardrail")
	if err := d.step("rca", "the root cause is recorded", "aureus incident rca "+d.bad.Incident+" --cause ... --detection ... --prevention ...", func() (string, error) {
		in, err := d.as("operator").RecordRCA(ctx, d.bad.Incident, resource.RCARequest{
			Cause:      "The instructions told the agent to refund shipping on top of a total that includes it; the shop refused those refunds.",
			Detection:  "The canary, after a few failed runs; no scenario had an order with shipping costs.",
			Prevention: "A failing run becomes a regression scenario, and the instructions say what the total includes.",
		})
		return in.ID + ": " + in.Summary, err
	}); err != nil {
		return err
	}
	if err := d.lesson(ctx); err != nil {
		return err
	}
	if err := d.push(ctx, 4, d.versions[4], nil); err != nil {
		return err
	}
	if err := d.step("guardrail", "the guardrail is proven", fmt.Sprintf("aureus incident guardrail %s --version %s@v4 --scenario '%s' --group %s",
		d.bad.Incident, demoAgent, d.lessonName(), d.cause.ID), func() (string, error) {
		in, err := d.as("operator").ProveGuardrail(ctx, d.bad.Incident, resource.GuardrailRequest{Version: demoAgent + "@v4", Name: d.lessonName(), Groups: []string{d.cause.ID}})
		return "the scenario fails on v3 as the recorded runs did and passes on v4, as the good runs do; the incident is " + in.State, err
	}); err != nil {
		return err
	}
	if err := d.throughBoth(ctx, 4, resource.ReleasePromoted); err != nil {
		return err
	}
	if err := d.traffic.err(); err != nil {
		return fmt.Errorf("a customer got no answer: %w", err)
	}
	return nil
}

func (d *demo) lessonName() string {
	suites := d.versions[4].Spec.Evaluation.Suites
	return suites[len(suites)-1].Scenarios[0].Name
}

// telling is the group of failing runs that shows the cause: of an account that was
// closed the shop refuses a refund of any version.
func (d *demo) telling(ctx context.Context) (resource.FailureGroup, error) {
	rep, err := d.as("operator").IncidentReport(ctx, d.bad.Incident)
	if err != nil {
		return resource.FailureGroup{}, err
	}
	for _, g := range rep.Groups {
		if strings.Contains(g.Title, "more than") {
			return g, nil
		}
	}
	return resource.FailureGroup{}, fault.New(fault.Failed, "no run of the incident was refused a refund over the total")
}

// lesson makes version 4 of version 2 and a failing run.
func (d *demo) lesson(ctx context.Context) error {
	var err error
	if d.cause, err = d.telling(ctx); err != nil {
		return err
	}
	run := d.cause.Example
	return d.step("scenario", "a failing run becomes a regression scenario", "aureus scenario from-run "+run, func() (string, error) {
		sc, err := d.as("author").Scenario(ctx, run)
		if err != nil {
			return "", err
		}
		if d.versions[4], err = mended(d.versions[2], sc); err != nil {
			return "", err
		}
		return fmt.Sprintf("%q, with what %d tool calls answered", sc.Name, len(sc.Fixtures)), nil
	})
}
