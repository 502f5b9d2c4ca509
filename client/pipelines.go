package client

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Pipelines lists pipelines, the built-in one with them unless it was replaced.
func (c *Client) Pipelines(ctx context.Context) (List[resource.Pipeline], error) {
	return get[List[resource.Pipeline]](ctx, c, nil, "pipelines")
}

// Pipeline is one pipeline by name.
func (c *Client) Pipeline(ctx context.Context, name string) (resource.Pipeline, error) {
	return get[resource.Pipeline](ctx, c, nil, "pipelines", name)
}

// PutPipeline puts a pipeline, or a new revision of one. revision is the one that
// was read, 0 for whatever is there.
func (c *Client) PutPipeline(ctx context.Context, p blueprint.Pipeline, revision int64) (resource.Pipeline, error) {
	return fetch[resource.Pipeline](ctx, c, call{method: http.MethodPut, path: []string{"pipelines", p.Metadata.Name},
		body: resource.PipelineRequest{Pipeline: p, Revision: revision}})
}

// DeletePipeline deletes a pipeline that nothing needs.
func (c *Client) DeletePipeline(ctx context.Context, name string) error {
	res, err := c.send(ctx, call{method: http.MethodDelete, path: []string{"pipelines", name}})
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// AddEvidence submits somebody else's verdict on a version.
func (c *Client) AddEvidence(ctx context.Context, ref string, r resource.ExternalEvidenceRequest) (resource.Evidence, error) {
	return post[resource.Evidence](ctx, c, r, "versions", ref, "evidence")
}

// WaiverFilter selects waivers; empty fields match all.
type WaiverFilter struct {
	Agent, Digest, State string
}

// Waivers lists waivers, newest first.
func (c *Client) Waivers(ctx context.Context, f WaiverFilter, p Page) (List[resource.Waiver], error) {
	return get[List[resource.Waiver]](ctx, c, p.params(params{}.add("agent", f.Agent).add("digest", f.Digest).add("state", f.State)), "waivers")
}

// RequestWaiver asks that releases of a version may pass a gate for a while.
func (c *Client) RequestWaiver(ctx context.Context, r resource.WaiverRequest) (resource.Waiver, error) {
	return post[resource.Waiver](ctx, c, r, "waivers")
}

// RevokeWaiver ends a waiver.
func (c *Client) RevokeWaiver(ctx context.Context, id, reason string) (resource.Waiver, error) {
	return post[resource.Waiver](ctx, c, resource.RevokeRequest{Reason: reason}, "waivers", id, "revoke")
}
