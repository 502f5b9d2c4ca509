package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Folders is what a folder of blueprints that is applied as a whole needs beside
// the use cases of single things.
type Folders interface {
	PlanPush(ctx context.Context, p control.Principal, r control.PushRequest) (resource.PushPlan, error)
	Retire(ctx context.Context, p control.Principal, agent, reason string) ([]resource.Deployment, error)
	Drift(ctx context.Context, p control.Principal, agent string) (resource.AgentDrift, error)
}

func (s *server) folders() {
	serveBody(s, operation{id: "plan-push", method: http.MethodPost, path: "/v1/agents/{agent}/plan", tag: "agents",
		summary:     "Say what a push would do, without doing it",
		description: "Validates the blueprint, asks its MCP servers for their tools, and compares with the newest version and with what serves.",
		timeout:     s.cfg.PushTimeout, maxBody: MaxPushBody,
		codes: []fault.Code{fault.Blocked, fault.Upstream}},
		func(ctx context.Context, p control.Principal, in *agentInput, b *control.PushRequest) (resource.PushPlan, error) {
			if err := ofPath(in, b); err != nil {
				return resource.PushPlan{}, err
			}
			return s.cfg.Control.PlanPush(ctx, p, *b)
		})
	serveBody(s, operation{id: "retire-agent", method: http.MethodPost, path: "/v1/agents/{agent}/retire", tag: "agents",
		summary:     "Take an agent out of service in every environment",
		description: "Invokes are refused until a version is released again. Versions, evidence and runs stay. The answer lists the deployments that were stopped.",
		codes:       []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *agentInput, b *resource.RetireRequest) (List[resource.Deployment], error) {
			items, err := s.cfg.Control.Retire(ctx, p, in.Agent, b.Reason)
			return all(items), err
		})
	serve(s, operation{id: "get-drift", method: http.MethodGet, path: "/v1/agents/{agent}/drift", tag: "agents",
		summary:     "Compare the tools that serving versions have pinned with what their servers offer now",
		description: "Starts or reaches the MCP servers of every version of the agent that serves.",
		timeout:     s.cfg.PushTimeout, codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *agentInput) (resource.AgentDrift, error) {
			return s.cfg.Control.Drift(ctx, p, in.Agent)
		})
}
