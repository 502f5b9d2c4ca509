package apitest

import (
	"context"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// The answers of the use cases of folders.
var (
	PushPlan = resource.PushPlan{Agent: "desk", Digest: Version.Digest, Version: Version.Name, Latest: Version.Name, Findings: []resource.Finding{},
		Delta: Delta, Serving: []resource.ServingPlan{{Environment: "production", Digest: Version.Digest, Version: Version.Name, Same: true, Delta: Delta}}}
	Drift = resource.AgentDrift{Agent: "desk", Tools: []resource.ToolDrift{{Environments: []string{"production"}, Version: Version.Name,
		Server: "shop", Tool: "refund", Kind: "input", Message: "its input schema changed"}}}
)

// PlanPush implements api.Folders.
func (c *Control) PlanPush(ctx context.Context, p control.Principal, r control.PushRequest) (resource.PushPlan, error) {
	return answer(ctx, c, p, "PlanPush", PushPlan, r)
}

// Retire implements api.Folders.
func (c *Control) Retire(ctx context.Context, p control.Principal, agent, reason string) ([]resource.Deployment, error) {
	return answer(ctx, c, p, "Retire", []resource.Deployment{Deployment}, agent, reason)
}

// Drift implements api.Folders.
func (c *Control) Drift(ctx context.Context, p control.Principal, agent string) (resource.AgentDrift, error) {
	return answer(ctx, c, p, "Drift", Drift, agent)
}
