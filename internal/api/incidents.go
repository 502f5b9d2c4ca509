package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type incidentsInput struct {
	Agent       string `query:"agent" maxLength:"63" doc:"Only of this agent"`
	State       string `query:"state" enum:"open,mitigated,resolved" doc:"Only in this state"`
	Environment string `query:"environment" maxLength:"63" doc:"Only in this environment"`
	Severity    string `query:"severity" enum:"sev1,sev2,sev3,sev4" doc:"Only of this severity"`
	Assignee    string `query:"assignee" maxLength:"200" doc:"Only those that this person takes care of"`
	Since       int64  `query:"since" minimum:"0" doc:"Only those opened since then, Unix milliseconds"`
	DueBefore   int64  `query:"dueBefore" minimum:"0" doc:"Only those whose prevention is not done and was due before then, Unix milliseconds"`
	PageInput
}

func (in *incidentsInput) filter() control.IncidentFilter {
	return control.IncidentFilter{Agent: in.Agent, State: in.State, Environment: in.Environment, Severity: in.Severity,
		Assignee: in.Assignee, Since: resource.Millis(in.Since), DueBefore: resource.Millis(in.DueBefore)}
}

func (s *server) incidents() {
	serve(s, operation{id: "list-incidents", method: http.MethodGet, path: "/v1/incidents", tag: "incidents",
		summary: "List incidents, newest first"},
		func(ctx context.Context, p control.Principal, in *incidentsInput) (List[resource.Incident], error) {
			items, err := s.cfg.Control.Incidents(ctx, p, in.filter(), in.page())
			return paged(items, in.PageInput, func(i resource.Incident) string { return i.ID }), err
		})
	serve(s, operation{id: "get-incident", method: http.MethodGet, path: "/v1/incidents/{id}", tag: "incidents",
		summary: "Get an incident", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.Incident, error) {
			return s.cfg.Control.Incident(ctx, p, in.ID)
		})
	serve(s, operation{id: "get-incident-report", method: http.MethodGet, path: "/v1/incidents/{id}/report", tag: "incidents",
		summary:     "Get an incident with its timeline, its impact and its failing runs by cause",
		description: "Put together from the store and the ledger; every line names the record that it is made from. What messages said is left out for those who see no payloads.",
		codes:       []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.IncidentReport, error) {
			return s.cfg.Control.IncidentReport(ctx, p, in.ID)
		})
	serve(s, operation{id: "get-postmortem", method: http.MethodGet, path: "/v1/incidents/{id}/postmortem", tag: "incidents",
		summary: "Get an incident's postmortem as Markdown", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.Postmortem, error) {
			text, err := s.cfg.Control.Postmortem(ctx, p, in.ID)
			return resource.Postmortem{Incident: in.ID, Markdown: text}, err
		})
	s.followUps()
}

// followUps are what people do about an incident.
func (s *server) followUps() {
	codes := []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}
	serveBody(s, operation{id: "record-rca", method: http.MethodPost, path: "/v1/incidents/{id}/rca", tag: "incidents",
		summary: "Record the root cause analysis", codes: codes},
		func(ctx context.Context, p control.Principal, in *idInput, b *resource.RCARequest) (resource.Incident, error) {
			return s.cfg.Control.RecordRCA(ctx, p, in.ID, b.RCA())
		})
	serveBody(s, operation{id: "triage-incident", method: http.MethodPost, path: "/v1/incidents/{id}/triage", tag: "incidents",
		summary: "Set severity and assignee, or add a note", codes: codes},
		func(ctx context.Context, p control.Principal, in *idInput, b *resource.TriageRequest) (resource.Incident, error) {
			return s.cfg.Control.TriageIncident(ctx, p, in.ID, *b)
		})
	serveBody(s, operation{id: "follow-up-incident", method: http.MethodPost, path: "/v1/incidents/{id}/follow-up", tag: "incidents",
		summary: "Report that the prevention is done", codes: codes},
		func(ctx context.Context, p control.Principal, in *idInput, b *resource.FollowUpRequest) (resource.Incident, error) {
			return s.cfg.Control.FollowUp(ctx, p, in.ID, b.Done)
		})
	serveBody(s, operation{id: "prove-guardrail", method: http.MethodPost, path: "/v1/incidents/{id}/guardrail", tag: "incidents",
		summary: "Prove what would have caught the bad version",
		description: "A scenario must fail on the bad version and pass on the one that holds it; a policy or a CRV gate must stop the recorded bad runs " +
			"and let the good ones pass. With the root cause recorded the incident is then resolved.",
		timeout: none, codes: []fault.Code{fault.NotFound, fault.Conflict, fault.Blocked, fault.Upstream, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput, b *control.GuardrailRequest) (resource.Incident, error) {
			return s.cfg.Control.ProveGuardrail(ctx, p, in.ID, *b)
		})
}
