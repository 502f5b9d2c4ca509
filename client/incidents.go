package client

import (
	"context"
	"net/url"

	"github.com/aureus-agents/aureus/resource"
)

// IncidentFilter selects incidents; empty fields match all.
type IncidentFilter struct {
	Agent, State, Environment, Severity, Assignee string
	Since                                         resource.Millis // opened since then
	DueBefore                                     resource.Millis // with a prevention that is not done and was due before
}

func (f IncidentFilter) params() params {
	return params{}.add("agent", f.Agent).add("state", f.State).add("environment", f.Environment).add("severity", f.Severity).
		add("assignee", f.Assignee).num("since", int64(f.Since)).num("dueBefore", int64(f.DueBefore))
}

// Incidents lists incidents, newest first.
func (c *Client) Incidents(ctx context.Context, f IncidentFilter, p Page) (List[resource.Incident], error) {
	return get[List[resource.Incident]](ctx, c, p.params(f.params()), "incidents")
}

// Incident is one incident.
func (c *Client) Incident(ctx context.Context, id string) (resource.Incident, error) {
	return get[resource.Incident](ctx, c, nil, "incidents", id)
}

// IncidentReport is an incident with its timeline, its impact and its failing runs
// by cause.
func (c *Client) IncidentReport(ctx context.Context, id string) (resource.IncidentReport, error) {
	return get[resource.IncidentReport](ctx, c, nil, "incidents", id, "report")
}

// Postmortem is an incident as Markdown.
func (c *Client) Postmortem(ctx context.Context, id string) (resource.Postmortem, error) {
	return get[resource.Postmortem](ctx, c, nil, "incidents", id, "postmortem")
}

// RecordRCA records the root cause analysis of an incident.
func (c *Client) RecordRCA(ctx context.Context, incident string, r resource.RCARequest) (resource.Incident, error) {
	return post[resource.Incident](ctx, c, r, "incidents", incident, "rca")
}

// TriageIncident sets severity and assignee, or adds a note.
func (c *Client) TriageIncident(ctx context.Context, incident string, r resource.TriageRequest) (resource.Incident, error) {
	return post[resource.Incident](ctx, c, r, "incidents", incident, "triage")
}

// FollowUp reports that the prevention of an incident is done.
func (c *Client) FollowUp(ctx context.Context, incident, done string) (resource.Incident, error) {
	return post[resource.Incident](ctx, c, resource.FollowUpRequest{Done: done}, "incidents", incident, "follow-up")
}

// ProveGuardrail proves what would have caught the bad version, which resolves the
// incident once its root cause is recorded.
func (c *Client) ProveGuardrail(ctx context.Context, incident string, r resource.GuardrailRequest) (resource.Incident, error) {
	return post[resource.Incident](ctx, c, r, "incidents", incident, "guardrail")
}

// DORA are the four keys; see FiguresQuery for the window, whose Digest is not used.
func (c *Client) DORA(ctx context.Context, f FiguresQuery) (List[resource.DORA], error) {
	f.Digest = ""
	return get[List[resource.DORA]](ctx, c, url.Values(f.params()), "figures", "dora")
}
