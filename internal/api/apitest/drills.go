package apitest

import (
	"context"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// Drill is the sample of drills.
var Drill = resource.Drill{ID: "rel_2", Agent: "desk", Environment: "staging", State: resource.DrillPassed, Version: 4, Digest: digest,
	Good: digest, By: tester, Within: 300_000, Runs: 60, FailedRuns: 5, StartedAt: 1, FirstFailedAt: 2, DecidedAt: 3, GoodAt: 3, VerifiedAt: 4,
	RecoveryMs: 2, EndedAt: 4, Incident: "inc_2", Evidence: "evd_2"}

// StartDrill implements api.Drills.
func (c *Control) StartDrill(ctx context.Context, p control.Principal, agent string, r control.DrillRequest) (resource.Drill, error) {
	return answer(ctx, c, p, "StartDrill", Drill, agent, r)
}

// Drill implements api.Drills.
func (c *Control) Drill(ctx context.Context, p control.Principal, release string) (resource.Drill, error) {
	return answer(ctx, c, p, "Drill", Drill, release)
}

// Drills implements api.Drills.
func (c *Control) Drills(ctx context.Context, p control.Principal, agent string, page control.Page) ([]resource.Drill, error) {
	return answer(ctx, c, p, "Drills", []resource.Drill{Drill}, agent, page)
}
