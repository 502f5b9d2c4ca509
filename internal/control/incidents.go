package control

import (
	"context"
	"slices"

	"github.com/aureus-agents/aureus/internal/canary"
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

// maxFailedRuns is how many failing runs an incident itself lists.
const maxFailedRuns = 100

// openIncident opens the incident of a rollback.
func (t *tx) openIncident(r *resource.Release, ev release.Event) error {
	runs, err := t.Runs(RunFilter{Agent: r.Agent, Environment: r.Environment, Digest: r.Digest, Mode: modeOf(r.Drill), FailedOnly: true},
		Page{Limit: maxFailedRuns})
	if err != nil {
		return err
	}
	in := resource.Incident{ID: t.c.cfg.NewID("inc"), Agent: r.Agent, Environment: r.Environment, Release: r.ID, Digest: r.Digest,
		Version: r.Version, RolledBackTo: r.RolledBackTo, Cause: "manual", Summary: ev.Reason, FailedRuns: []string{}, Drill: r.Drill,
		State: incidentOpen, Notes: []resource.IncidentNote{}, Revision: 1, OpenedAt: t.c.now()}
	switch ev.Kind {
	case release.Outcome:
		in.Cause, in.Summary = "canary", canary.Harm(r.Plan, *r.Canary)
	case release.Soaked, release.Unhealthy:
		in.Cause = "soak"
	default:
		if r.Drill {
			in.Cause = "drill" // it was missed: its end takes the version back, nobody's hand does
		}
	}
	if ev.Kind == release.Outcome && ev.IsCanary && ev.Failed {
		in.FailedRuns = append(in.FailedRuns, ev.Run)
	}
	for _, run := range runs {
		if run.ID != ev.Run && run.EndedAt >= r.CreatedAt {
			in.FailedRuns = append(in.FailedRuns, run.ID)
		}
	}
	if in.FirstFailedRun, in.FirstFailedAt, err = t.FirstFailure(badRuns(*r)); err != nil {
		return err
	}
	if err := t.InsertIncident(in); err != nil {
		return err
	}
	r.Incident = in.ID
	return t.recordIncident(in, "incident.opened", ev.Actor, in.Summary)
}

// badRuns selects the runs that count of a release's version in its environment since
// the release began.
func badRuns(r resource.Release) TallyQuery {
	return TallyQuery{Agent: r.Agent, Environment: r.Environment, Digest: r.Digest, Mode: modeOf(r.Drill), Since: r.CreatedAt}
}

func (t *tx) recordIncident(in resource.Incident, action string, by resource.Actor, why string) error {
	return t.record(resource.Event{Actor: by, Action: action, SubjectKind: "incident", SubjectID: in.ID, Digest: in.Digest,
		Agent: in.Agent, Environment: in.Environment, Reason: why, Attrs: map[string]string{"release": in.Release, "state": in.State}})
}

// putIncident stores a changed incident.
func (t *tx) putIncident(in resource.Incident) (resource.Incident, error) {
	in.Revision++
	return in, t.PutIncident(in)
}

func (t *tx) markIncidentMitigated(r *resource.Release) error {
	in, err := t.Incident(r.Incident)
	if err != nil {
		return err
	}
	in.State, in.MitigatedAt = incidentMitigated, t.c.now()
	if in, err = t.putIncident(in); err != nil {
		return err
	}
	return t.recordIncident(in, "incident.mitigated", resource.System, "")
}

// Incidents lists incidents, newest first. Viewer.
func (c *Control) Incidents(ctx context.Context, p Principal, f IncidentFilter, page Page) (is []resource.Incident, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	if f.Severity != "" && !slices.Contains(resource.Severities(), f.Severity) {
		return nil, wrongSeverity(f.Severity)
	}
	err = c.view(ctx, func(r Reader) (err error) { is, err = r.Incidents(f, page); return err })
	return is, err
}

func wrongSeverity(s string) error {
	return fault.New(fault.Invalid, "%q is no severity of an incident; write sev1 (worst), sev2, sev3 or sev4", s)
}

// Incident is one incident. Viewer.
func (c *Control) Incident(ctx context.Context, p Principal, id string) (in resource.Incident, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return in, err
	}
	err = c.view(ctx, func(r Reader) (err error) { in, err = r.Incident(id); return err })
	return in, err
}
