package client

import (
	"context"
	"io"
	"net/http"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Invoke runs an agent on live traffic. Outcome waiting means that a person has
// to approve a call first.
func (c *Client) Invoke(ctx context.Context, agent string, r resource.InvokeRequest) (resource.Run, error) {
	return post[resource.Run](ctx, c, r, "agents", agent, "invoke")
}

// RunFilter selects runs; empty fields match all.
type RunFilter struct {
	Agent, Environment, Digest, Release, Session string
	Mode                                         resource.RunMode
	Outcomes                                     []resource.Outcome
	Failed                                       bool // only those that failed
}

// Runs lists runs, newest first, without steps and payloads.
func (c *Client) Runs(ctx context.Context, f RunFilter, p Page) (List[resource.Run], error) {
	q := params{}.add("agent", f.Agent).add("environment", f.Environment).add("digest", f.Digest).add("release", f.Release).
		add("session", f.Session).add("mode", string(f.Mode)).add("outcome", commas(f.Outcomes))
	if f.Failed {
		q.add("failed", "true")
	}
	return get[List[resource.Run]](ctx, c, p.params(q), "runs")
}

// Run is one run with its steps.
func (c *Client) Run(ctx context.Context, id string) (resource.Run, error) {
	return get[resource.Run](ctx, c, nil, "runs", id)
}

// ImportRuns stores recorded runs: JSON lines of resource.Run, at most 64 MiB.
// All of them are stored, or none.
func (c *Client) ImportRuns(ctx context.Context, lines io.Reader) (resource.ImportResult, error) {
	return fetch[resource.ImportResult](ctx, c, call{method: http.MethodPost, path: []string{"runs", "import"}, stream: lines})
}

// Scenario makes a regression scenario of a run.
func (c *Client) Scenario(ctx context.Context, run string) (blueprint.Scenario, error) {
	return get[blueprint.Scenario](ctx, c, nil, "runs", run, "scenario")
}
