package apitest

import (
	"context"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// What Control answers about incidents and the four keys.
var (
	IncidentReport = resource.IncidentReport{Incident: Incident, Impact: resource.IncidentImpact{Runs: 10, Failed: 3, Sessions: 9, FailedSessions: 3, ExcessFailed: 3},
		Lines:  []resource.IncidentLine{{At: 1, Kind: "change", Actor: tester, Text: "v3 was asked for.", Source: resource.LineSource{Kind: "release", ID: "rel_1"}}},
		Groups: []resource.FailureGroup{{ID: "g1", Title: "failure", Outcome: resource.OutcomeFailure, Runs: 3, StandsOut: true, Example: "run_1"}}, Grouped: 3}
	Markdown = "# Postmortem\n"
	DORA     = resource.DORA{Agent: "desk", Environment: "production", From: 1, To: 2, Deployments: 4, Promoted: 3, Failed: 1, ChangeFailureRate: 0.25}
)

// IncidentReport implements api.Incidents.
func (c *Control) IncidentReport(ctx context.Context, p control.Principal, id string) (resource.IncidentReport, error) {
	return answer(ctx, c, p, "IncidentReport", IncidentReport, id)
}

// Postmortem implements api.Incidents.
func (c *Control) Postmortem(ctx context.Context, p control.Principal, id string) (string, error) {
	return answer(ctx, c, p, "Postmortem", Markdown, id)
}

// TriageIncident implements api.Incidents.
func (c *Control) TriageIncident(ctx context.Context, p control.Principal, id string, r resource.TriageRequest) (resource.Incident, error) {
	return answer(ctx, c, p, "TriageIncident", Incident, id, r)
}

// FollowUp implements api.Incidents.
func (c *Control) FollowUp(ctx context.Context, p control.Principal, id, done string) (resource.Incident, error) {
	return answer(ctx, c, p, "FollowUp", Incident, id, done)
}

// DORA implements api.Monitor.
func (c *Control) DORA(ctx context.Context, p control.Principal, q control.FiguresQuery) ([]resource.DORA, error) {
	return answer(ctx, c, p, "DORA", []resource.DORA{DORA}, q)
}
