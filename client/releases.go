package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/aureus-agents/aureus/resource"
)

// ReleaseFilter selects releases; empty fields match all.
type ReleaseFilter struct {
	Agent, Environment, Digest string
	States                     []resource.ReleaseState
}

// StartRelease starts a release; its steps run in the background.
func (c *Client) StartRelease(ctx context.Context, r resource.ReleaseRequest) (resource.Release, error) {
	return post[resource.Release](ctx, c, r, "releases")
}

// Releases lists releases, newest first.
func (c *Client) Releases(ctx context.Context, f ReleaseFilter, p Page) (List[resource.Release], error) {
	q := params{}.add("agent", f.Agent).add("environment", f.Environment).add("digest", f.Digest).add("state", commas(f.States))
	return get[List[resource.Release]](ctx, c, p.params(q), "releases")
}

// Release is one release.
func (c *Client) Release(ctx context.Context, id string) (resource.Release, error) {
	return get[resource.Release](ctx, c, nil, "releases", id)
}

// MoveRelease sends pause, resume, cancel, promote or rollback to a release.
func (c *Client) MoveRelease(ctx context.Context, id, event, reason string) (resource.Release, error) {
	return post[resource.Release](ctx, c, resource.MoveRequest{Event: event, Reason: reason}, "releases", id, "events")
}

// EvaluationProgress is how far the evaluation of a release's checks is.
func (c *Client) EvaluationProgress(ctx context.Context, release string) (resource.EvaluationProgress, error) {
	return get[resource.EvaluationProgress](ctx, c, nil, "releases", release, "evaluation")
}

// ShadowResults lists the live runs that a release's shadow compared.
func (c *Client) ShadowResults(ctx context.Context, release string) (List[resource.ShadowResult], error) {
	return get[List[resource.ShadowResult]](ctx, c, nil, "releases", release, "shadow")
}

// CanaryRecord is everything that a canary's verdict follows from.
func (c *Client) CanaryRecord(ctx context.Context, release string) (resource.CanaryRecord, error) {
	all := resource.CanaryRecord{Outcomes: []resource.CanaryOutcome{}, Draws: []resource.CanaryDraw{}}
	for after := int64(0); ; {
		page, err := get[resource.CanaryRecord](ctx, c, url.Values{"after": {strconv.FormatInt(after, 10)}}, "releases", release, "canary")
		if err != nil {
			return all, err
		}
		all.Outcomes, all.Draws = append(all.Outcomes, page.Outcomes...), append(all.Draws, page.Draws...)
		if page.Next == 0 {
			return all, nil
		}
		after = page.Next
	}
}

// Verdict recomputes a canary's verdict from its outcomes.
func (c *Client) Verdict(ctx context.Context, release string) (resource.CanaryVerdict, error) {
	return get[resource.CanaryVerdict](ctx, c, nil, "releases", release, "verdict")
}

// Rollback takes an environment back to its last verified snapshot.
func (c *Client) Rollback(ctx context.Context, agent, environment, reason string) (resource.Release, error) {
	return post[resource.Release](ctx, c, resource.RollbackRequest{Environment: environment, Reason: reason}, "agents", agent, "rollback")
}
