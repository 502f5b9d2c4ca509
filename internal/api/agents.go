package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// agentInput names an agent.
type agentInput struct {
	Agent string `path:"agent" maxLength:"63" doc:"Name of the agent"`
}

func (s *server) agents() {
	serve(s, operation{id: "list-agents", method: http.MethodGet, path: "/v1/agents", tag: "agents",
		summary: "List agents with what serves and what moves"},
		func(ctx context.Context, p control.Principal, _ *nothing) (List[control.AgentSummary], error) {
			items, err := s.cfg.Control.Agents(ctx, p)
			return all(items), err
		})
	serve(s, operation{id: "get-agent", method: http.MethodGet, path: "/v1/agents/{agent}", tag: "agents",
		summary: "Get an agent", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *agentInput) (control.AgentSummary, error) {
			return s.cfg.Control.Agent(ctx, p, in.Agent)
		})
	serveBody(s, operation{id: "rollback-agent", method: http.MethodPost, path: "/v1/agents/{agent}/rollback", tag: "agents",
		summary:     "Roll an environment back to its last verified snapshot",
		description: "Traffic is on the good version when this returns; its verification goes on in the background.",
		codes:       []fault.Code{fault.NotFound, fault.Conflict, fault.Blocked, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *agentInput, b *resource.RollbackRequest) (resource.Release, error) {
			return s.cfg.Control.Rollback(ctx, p, in.Agent, b.Environment, b.Reason)
		})
	serveBody(s, operation{id: "invoke-agent", method: http.MethodPost, path: "/v1/agents/{agent}/invoke", tag: "runs",
		summary: "Run an agent on live traffic", timeout: none, maxBody: MaxInvokeBody,
		description: "The session picks the version: the same session keeps it. Outcome waiting means that a person has to approve a call first.",
		codes: []fault.Code{fault.NotFound, fault.Conflict, fault.Blocked, fault.Verification, fault.Upstream,
			fault.RateLimited, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *agentInput, b *control.InvokeRequest) (resource.Run, error) {
			return s.cfg.Control.Invoke(ctx, p, in.Agent, *b)
		})
}
