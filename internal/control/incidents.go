package control

import (
	"context"
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// The states of an incident.
const (
	incidentOpen      = "open"      // the bad version is off traffic; the good one is being verified
	incidentMitigated = "mitigated" // the good version serves and is verified
	incidentResolved  = "resolved"  // root cause recorded, guardrail proven
)

// maxFailedRuns is how many failing runs an incident lists.
const maxFailedRuns = 100

// openIncident opens the incident of a rollback.
func (t *tx) openIncident(r *resource.Release, ev release.Event) error {
	runs, err := t.Runs(RunFilter{Agent: r.Agent, Environment: r.Environment, Digest: r.Digest, Mode: resource.RunLive, FailedOnly: true},
		Page{Limit: maxFailedRuns})
	if err != nil {
		return err
	}
	now := t.c.now()
	in := resource.Incident{ID: t.c.cfg.NewID("inc"), Agent: r.Agent, Environment: r.Environment, Release: r.ID, Digest: r.Digest,
		Version: r.Version, RolledBackTo: r.RolledBackTo, Cause: "manual", Summary: ev.Reason, FailedRuns: []string{},
		State: incidentOpen, Revision: 1, OpenedAt: now}
	if ev.Kind == release.Outcome {
		in.Cause = "canary"
		in.Summary = fmt.Sprintf("The canary of %s@v%d failed %d of %d runs while %d of %d failed beside it (E = %.0f, threshold %.0f).",
			r.Agent, r.Version, r.Canary.Canary.Failures, r.Canary.Canary.Runs, r.Canary.Control.Failures, r.Canary.Control.Runs,
			r.Canary.EHarm, 1/r.Plan.Alpha)
	}
	if ev.Kind == release.Outcome && ev.IsCanary && ev.Failed {
		in.FailedRuns = append(in.FailedRuns, ev.Run)
	}
	for _, run := range runs {
		if run.ID != ev.Run {
			in.FailedRuns = append(in.FailedRuns, run.ID)
		}
	}
	in.Timeline = []resource.IncidentNote{
		{At: r.CreatedAt, Actor: r.CreatedBy, Text: fmt.Sprintf("Release %s of %s@v%d began.", r.ID, r.Agent, r.Version)},
		{At: now, Actor: ev.Actor, Text: "Rolled back: " + in.Summary},
	}
	if err := t.InsertIncident(in); err != nil {
		return err
	}
	r.Incident = in.ID
	return t.recordIncident(in, "incident.opened", ev.Actor, in.Summary)
}

func (t *tx) recordIncident(in resource.Incident, action string, by resource.Actor, why string) error {
	return t.record(resource.Event{Actor: by, Action: action, SubjectKind: "incident", SubjectID: in.ID, Digest: in.Digest,
		Agent: in.Agent, Environment: in.Environment, Reason: why, Attrs: map[string]string{"release": in.Release, "state": in.State}})
}

// note adds a line to an incident's timeline and stores it.
func (t *tx) noteIncident(in resource.Incident, by resource.Actor, text string) (resource.Incident, error) {
	in.Timeline = append(in.Timeline, resource.IncidentNote{At: t.c.now(), Actor: by, Text: text})
	in.Revision++
	return in, t.PutIncident(in)
}

func (t *tx) markIncidentMitigated(r *resource.Release) error {
	in, err := t.Incident(r.Incident)
	if err != nil {
		return err
	}
	in.State, in.MitigatedAt = incidentMitigated, t.c.now()
	if in, err = t.noteIncident(in, resource.System, "The restored version passed its checks and serves."); err != nil {
		return err
	}
	return t.recordIncident(in, "incident.mitigated", resource.System, "")
}

// Incidents lists incidents; empty agent and state match all. Viewer.
func (c *Control) Incidents(ctx context.Context, p Principal, agent, state string, page Page) (is []resource.Incident, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { is, err = r.Incidents(agent, state, page); return err })
	return is, err
}

// Incident is one incident. Viewer.
func (c *Control) Incident(ctx context.Context, p Principal, id string) (in resource.Incident, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return in, err
	}
	err = c.view(ctx, func(r Reader) (err error) { in, err = r.Incident(id); return err })
	return in, err
}

// RecordRCA records the root cause analysis; a later one replaces it until the
// incident is resolved. Operator.
func (c *Control) RecordRCA(ctx context.Context, p Principal, id string, rca resource.RCA) (in resource.Incident, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return in, err
	}
	for _, part := range [][2]string{{"cause", rca.Cause}, {"detection", rca.Detection}, {"prevention", rca.Prevention}} {
		if strings.TrimSpace(part[1]) == "" {
			return in, fault.New(fault.Invalid, "a root cause analysis says cause, detection and prevention; %s is empty", part[0])
		}
	}
	err = c.update(ctx, func(t *tx) error {
		if in, err = t.Incident(id); err != nil {
			return err
		}
		if in.State == incidentResolved {
			return fault.New(fault.Conflict, "incident %s is resolved; its analysis is final", id)
		}
		rca.Author, rca.At = p.Actor, c.now()
		in.RCA = &rca
		if in, err = t.noteIncident(in, p.Actor, "Root cause recorded: "+rca.Cause); err != nil {
			return err
		}
		if err := t.recordIncident(in, "incident.rca_recorded", p.Actor, ""); err != nil {
			return err
		}
		in, err = t.resolveIfDone(in, p.Actor)
		return err
	})
	return in, err
}

// ProveGuardrail replays the scenario against the bad version (it must fail) and
// against the version that holds it (it must pass). The incident is resolved, and
// the quarantine ends, once its root cause is recorded too; every later release of
// the agent replays the scenario. fault.Blocked when the proof does not hold.
// Operator.
func (c *Control) ProveGuardrail(ctx context.Context, p Principal, id string, r GuardrailRequest) (in resource.Incident, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return in, err
	}
	var bad, good resource.Version
	err = c.view(ctx, func(rd Reader) error {
		if in, err = rd.Incident(id); err != nil {
			return err
		}
		if in.State == incidentResolved {
			return fault.New(fault.Conflict, "incident %s is resolved; its guardrail is final", id)
		}
		if bad, err = rd.VersionByDigest(in.Agent, in.Digest); err != nil {
			return err
		}
		good, err = resolve(rd, r.Version)
		return err
	})
	if err != nil {
		return in, err
	}
	evidence, err := c.proof(ctx, p, bad, good, r.Scenario)
	if err != nil {
		return in, err
	}
	err = c.update(ctx, func(t *tx) error {
		if in, err = t.Incident(id); err != nil {
			return err
		}
		if in.State == incidentResolved {
			return fault.New(fault.Conflict, "incident %s was resolved meanwhile", id)
		}
		if err := t.insertEvidence(evidence); err != nil {
			return err
		}
		in.Guardrail = &resource.Guardrail{Kind: "scenario", Name: r.Scenario, Version: good.Digest, Evidence: evidence.ID, At: c.now()}
		text := fmt.Sprintf("Guardrail proven: scenario %q of %s fails on %s and passes on %s.", r.Scenario, good.Name, bad.Name, good.Name)
		if in, err = t.noteIncident(in, p.Actor, text); err != nil {
			return err
		}
		if err := t.recordIncident(in, "incident.guardrail_proven", p.Actor, text); err != nil {
			return err
		}
		in, err = t.resolveIfDone(in, p.Actor)
		return err
	})
	return in, err
}

// proof replays the scenario on both versions; its evidence is about the bad one.
func (c *Control) proof(ctx context.Context, p Principal, bad, good resource.Version, scenario string) (e resource.Evidence, err error) {
	if good.Agent != bad.Agent || good.Digest == bad.Digest {
		return e, fault.New(fault.Invalid, "name a version of %s other than the bad one, %s", bad.Agent, bad.Name)
	}
	sc, err := scenarioOf(good, scenario)
	if err != nil {
		return e, err
	}
	onBad, err := c.replay(ctx, bad, sc, "guardrail")
	if err != nil {
		return e, err
	}
	onGood, err := c.replay(ctx, good, sc, "guardrail")
	if err != nil {
		return e, err
	}
	switch {
	case onBad.Passed:
		return e, fault.New(fault.Blocked, "scenario %q passes on %s: it would not have caught it; make one from a failing run with `aureus scenario from-run`", scenario, bad.Name)
	case !onGood.Passed:
		return e, fault.New(fault.Blocked, "scenario %q fails on %s as well (%s): mend the version, push it and prove again", scenario, good.Name, onGood.Scenarios[0].Message)
	}
	return c.sign(simulationClaim(resource.EvidenceSimulation, bad, onBad, "", "", p.Actor))
}

// resolveIfDone resolves an incident whose cause is recorded and whose guardrail
// is proven, and ends the quarantine.
func (t *tx) resolveIfDone(in resource.Incident, by resource.Actor) (resource.Incident, error) {
	if in.RCA == nil || in.Guardrail == nil {
		return in, nil
	}
	in.State, in.ResolvedAt = incidentResolved, t.c.now()
	in, err := t.noteIncident(in, by, "Resolved. The quarantine ends; every release of the agent replays the guardrail from now on.")
	if err != nil {
		return in, err
	}
	if err := t.SetQuarantine(in.Agent, in.Digest, nil); err != nil {
		return in, err
	}
	return in, t.recordIncident(in, "incident.resolved", by, "")
}
