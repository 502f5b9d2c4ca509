package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Drills rehearses rollbacks.
type Drills interface {
	StartDrill(ctx context.Context, p control.Principal, agent string, r control.DrillRequest) (resource.Drill, error)
	Drill(ctx context.Context, p control.Principal, release string) (resource.Drill, error)
	Drills(ctx context.Context, p control.Principal, agent string, page control.Page) ([]resource.Drill, error)
}

type drillsInput struct {
	Agent string `path:"agent" maxLength:"63" doc:"Its name"`
	PageInput
}

func (s *server) drills() {
	serveBody(s, operation{id: "start-drill", method: http.MethodPost, path: "/v1/agents/{agent}/drills", tag: "releases",
		summary: "Start a drill: a version that is bad on purpose beside what serves", status: http.StatusCreated,
		description: "Its traffic is its own and its effects are captured; follow it with the drill. Never in the last environment.",
		codes:       []fault.Code{fault.NotFound, fault.Blocked, fault.Conflict, fault.Verification, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *agentInput, b *control.DrillRequest) (resource.Drill, error) {
			return s.cfg.Control.StartDrill(ctx, p, in.Agent, *b)
		})
	serve(s, operation{id: "list-drills", method: http.MethodGet, path: "/v1/agents/{agent}/drills", tag: "releases",
		summary: "List an agent's drills, newest first", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *drillsInput) (List[resource.Drill], error) {
			items, err := s.cfg.Control.Drills(ctx, p, in.Agent, in.page())
			return paged(items, in.PageInput, func(d resource.Drill) string { return d.ID }), err
		})
	serve(s, operation{id: "get-drill", method: http.MethodGet, path: "/v1/drills/{id}", tag: "releases",
		summary: "Get a drill with what was measured", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.Drill, error) {
			return s.cfg.Control.Drill(ctx, p, in.ID)
		})
}
