package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type deploymentsInput struct {
	Agent string `query:"agent" maxLength:"63" doc:"Only this agent"`
}

type snapshotsInput struct {
	Agent       string `query:"agent" required:"true" maxLength:"63" doc:"Name of the agent"`
	Environment string `query:"environment" required:"true" maxLength:"63" doc:"Name of the environment"`
}

func (s *server) serving() {
	serve(s, operation{id: "list-environments", method: http.MethodGet, path: "/v1/environments", tag: "agents",
		summary: "List environments in promotion order"},
		func(ctx context.Context, p control.Principal, _ *nothing) (List[resource.Environment], error) {
			items, err := s.cfg.Control.Environments(ctx, p)
			return all(items), err
		})
	serve(s, operation{id: "list-deployments", method: http.MethodGet, path: "/v1/deployments", tag: "agents",
		summary: "List what serves"},
		func(ctx context.Context, p control.Principal, in *deploymentsInput) (List[resource.Deployment], error) {
			items, err := s.cfg.Control.Deployments(ctx, p, in.Agent)
			return all(items), err
		})
	serve(s, operation{id: "list-snapshots", method: http.MethodGet, path: "/v1/snapshots", tag: "agents",
		summary: "List what served, newest first", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *snapshotsInput) (List[resource.Snapshot], error) {
			items, err := s.cfg.Control.Snapshots(ctx, p, in.Agent, in.Environment)
			return all(items), err
		})
}
