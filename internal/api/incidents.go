package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type incidentsInput struct {
	Agent string `query:"agent" maxLength:"63" doc:"Only of this agent"`
	State string `query:"state" enum:"open,mitigated,resolved" doc:"Only in this state"`
	PageInput
}

func (s *server) incidents() {
	serve(s, operation{id: "list-incidents", method: http.MethodGet, path: "/v1/incidents", tag: "incidents",
		summary: "List incidents, newest first"},
		func(ctx context.Context, p control.Principal, in *incidentsInput) (List[resource.Incident], error) {
			items, err := s.cfg.Control.Incidents(ctx, p, in.Agent, in.State, in.page())
			return paged(items, in.PageInput, func(i resource.Incident) string { return i.ID }), err
		})
	serve(s, operation{id: "get-incident", method: http.MethodGet, path: "/v1/incidents/{id}", tag: "incidents",
		summary: "Get an incident with its timeline", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.Incident, error) {
			return s.cfg.Control.Incident(ctx, p, in.ID)
		})
	serveBody(s, operation{id: "record-rca", method: http.MethodPost, path: "/v1/incidents/{id}/rca", tag: "incidents",
		summary: "Record the root cause analysis", codes: []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput, b *resource.RCARequest) (resource.Incident, error) {
			return s.cfg.Control.RecordRCA(ctx, p, in.ID, resource.RCA{Cause: b.Cause, Detection: b.Detection, Prevention: b.Prevention})
		})
	serveBody(s, operation{id: "prove-guardrail", method: http.MethodPost, path: "/v1/incidents/{id}/guardrail", tag: "incidents",
		summary:     "Prove that a scenario would have caught the bad version",
		description: "The scenario must fail on the bad version and pass on the one that holds it; then the incident is resolved.",
		timeout:     none, codes: []fault.Code{fault.NotFound, fault.Conflict, fault.Blocked, fault.Upstream, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput, b *control.GuardrailRequest) (resource.Incident, error) {
			return s.cfg.Control.ProveGuardrail(ctx, p, in.ID, *b)
		})
}
